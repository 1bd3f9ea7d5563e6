"""`AugMix`: images mixed with several changed versions of themselves."""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import Literal, Unpack

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.augmentations import TONES, Augmenting
from keraslite.layers.preprocessing.images.base import BoxOptions, Transformation
from keraslite.layers.preprocessing.images.on_values import share_bounds
from keraslite.layers.preprocessing.images.tones import ValueRange
from keraslite.layers.types import DataFormat, Factor
from keraslite.ops.symbolic import is_symbolic
from keraslite.random import generators
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["AugMix"]


@builtin("keras.layers")
class AugMix(Augmenting):
    """Mixes images with several changed versions of themselves in training.

    Each version comes from a chain of changes. The versions are mixed with weights of a Dirichlet distribution, and the
    result with the image by a share of a beta distribution. Chains, weights and shares are drawn for the whole batch,
    and how far each change goes per image.

    The changes are those of `RandAugment`. Bounding boxes and segmentation masks stay as they are, because a mixed
    image keeps its objects. Keras 3.15 changes masks as if they were images.

    Args:
        value_range: (lower, upper), the range of the values of images. Default: (0, 255).
        num_chains: number of changed versions, a positive int. Default: 3.
        chain_depth: largest number of changes per version, a positive int; each version has 1 to `chain_depth`.
            Default: 3.
        factor: the strength: a number f in [0, 1] for (0, f), or a pair (lower, upper) that it is drawn from. Default:
            0.3.
        alpha: the parameter of both distributions, positive. Default: 1.
        all_ops: whether brightness, contrast, sharpness and colourfulness may change too. Default: True.
        interpolation: how pixels are read between others: "nearest" or "bilinear". Default: "bilinear".
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `bounding_box_format` for data with boxes; `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes with 3 channels or 1, a batch of 4 axes, or a dict with "images" and any of "labels",
        "bounding_boxes" and "segmentation_masks", which stay as they are.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Source:
        Hendrycks et al., "AugMix: a simple data processing method to improve robustness and uncertainty", 2020.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> images = np.arange(2.0 * 8 * 8 * 3).reshape(2, 8, 8, 3) % 256
        >>> tuple(layers.AugMix(seed=1)(images).shape)
        (2, 8, 8, 3)
    """

    argument_checks = ranges.checks(
        value_range=ranges.items(ranges.number(), 2),
        num_chains=ranges.positive_int,
        chain_depth=ranges.positive_int,
        factor=ranges.interval(0, 1),
        alpha=ranges.positive,
        all_ops=ranges.flag,
        interpolation=ranges.one_of("nearest", "bilinear"),
    )
    factor_bounds = (0.0, 1.0)

    def __init__(
        self,
        value_range: ValueRange = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Factor = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: Literal["nearest", "bilinear"] = "bilinear",
        seed: int | None = None,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(factor=share_bounds(factor), data_format=data_format, **kwargs)
        self.value_range, self.interpolation = value_range, interpolation
        self.num_chains, self.chain_depth = num_chains, chain_depth
        self.alpha, self.all_ops = alpha, all_ops
        self.seed = seed
        self.generator = random.SeedGenerator(seed)
        self._make()

    def get_random_transformation(self, data: object, training: bool = True, seed: Seed = None) -> Transformation:
        if not training:
            return None
        seed = self.generator if seed is None else seed
        shape, names = (self.num_chains, self.chain_depth), self._names()
        with generators.portable():
            weights = random.gamma((self.num_chains,), self.alpha, dtype="float32", seed=seed)
            share = random.beta((), self.alpha, self.alpha, dtype="float32", seed=seed)
            chosen = random.randint(shape, 0, len(names), seed=seed)
            depths = random.randint((self.num_chains, 1), 1, self.chain_depth + 1, seed=seed)
            draws = random.randint(shape, 0, 2**31 - 1, seed=seed)
        chosen = ops.where(ops.arange(self.chain_depth) < depths, chosen, len(names))  # beyond the depth: no change
        return {
            "chain_mixing_weights": weights / ops.sum(weights),
            "weight_sample": share,
            "chain_layers": chosen,
            "chain_positions": draws,
        }

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        if transformation is None or not training:
            return images
        weights = ops.cast(transformation["chain_mixing_weights"], ops.dtype(images))
        mixed = self._mixed(images, weights, transformation)
        share = ops.cast(transformation["weight_sample"], ops.dtype(images))
        return images * share + mixed * (1 - share)

    def _names(self) -> list[str]:
        return [name for name in self.augmentations if self.all_ops or name not in TONES]

    def _mixed(self, images: Tensor, weights: Tensor, transformation: Transformation) -> Tensor:
        """The changed versions of images, mixed: in a loop, so that each layer is compiled once."""
        layers = ops.reshape(transformation["chain_layers"], (-1,))
        positions = ops.reshape(transformation["chain_positions"], (-1,))
        branches = [functools.partial(self._changed, name) for name in self._names()]

        def step(k: Tensor, carried: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
            version, mixed = carried
            version = ops.where(ops.equal(k % self.chain_depth, 0), images, version)  # a new chain begins
            version = ops.switch(ops.take(layers, k), [*branches, lambda x, _: x], version, ops.take(positions, k))
            ends = ops.cast(ops.equal((k + 1) % self.chain_depth, 0), ops.dtype(images))
            return version, mixed + version * (ops.take(weights, k // self.chain_depth) * ends)

        count = self.num_chains * self.chain_depth
        return ops.fori_loop(0, count, step, (images, ops.zeros_like(images)))[1]

    def _changed(self, name: str, images: Tensor, position: Tensor) -> Tensor:
        """Images changed by a layer, which draws by the position."""
        layer = self.augmentations[name]
        with nullcontext() if is_symbolic(position) else random.position(position), generators.portable():
            drawn = layer.get_random_transformation(images, training=True)
        return layer.transform_images(images, drawn, training=True)
