"""`RandAugment`: a few changes, drawn from many."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Literal, TypeVar, Unpack

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.augmentations import MOVING, Augmenting
from keraslite.layers.preprocessing.images.base import Boxes, BoxOptions, Transformation
from keraslite.layers.preprocessing.images.data import Sample
from keraslite.layers.preprocessing.images.on_values import share_bounds
from keraslite.layers.preprocessing.images.tones import ValueRange
from keraslite.layers.types import DataFormat, Factor
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["RandAugment"]

_Part = TypeVar("_Part")


@builtin("keras.layers")
class RandAugment(Augmenting):
    """Applies a few changes to images in training, drawn from many.

    They are drawn for the whole batch from `RandomShear`, `RandomTranslation`, `RandomRotation`, `RandomBrightness`,
    `RandomColorDegeneration`, `RandomContrast`, `RandomSharpness`, `RandomPosterization`, `Solarization`,
    `AutoContrast` and `Equalization`. How far each goes is drawn per image. Bounding boxes and segmentation masks move
    with their images.

    Args:
        value_range: (lower, upper), the range of the values of images. Default: (0, 255).
        num_ops: how many changes are applied, one after the other; a positive int. Default: 2.
        factor: the strength: a number f in [0, 1] for (0, f), or a pair (lower, upper) that it is drawn from. Default:
            0.5.
        interpolation: how pixels are read between others: "nearest" or "bilinear". Default: "bilinear".
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `bounding_box_format` for data with boxes; `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes with 3 channels or 1, a batch of 4 axes, or a dict with "images" and any of "labels",
        "bounding_boxes" and "segmentation_masks".

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Source:
        Cubuk et al., "RandAugment: practical automated data augmentation with a reduced search space", 2020.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> images = np.arange(2.0 * 8 * 8 * 3).reshape(2, 8, 8, 3) % 256
        >>> tuple(layers.RandAugment(seed=1)(images).shape)
        (2, 8, 8, 3)
    """

    argument_checks = ranges.checks(
        value_range=ranges.items(ranges.number(), 2),
        num_ops=ranges.positive_int,
        factor=ranges.interval(0, 1),
        interpolation=ranges.one_of("nearest", "bilinear"),
    )
    factor_bounds = (0.0, 1.0)

    def __init__(
        self,
        value_range: ValueRange = (0, 255),
        num_ops: int = 2,
        factor: Factor = 0.5,
        interpolation: Literal["nearest", "bilinear"] = "bilinear",
        seed: int | None = None,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(factor=share_bounds(factor), data_format=data_format, **kwargs)
        self.value_range, self.num_ops, self.interpolation = value_range, num_ops, interpolation
        self.seed = seed
        self.generator = random.SeedGenerator(seed)
        self._make()

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        if not training:
            return None
        count = len(self.augmentations)
        chosen = ops.floor(self._uniform((self.num_ops,), 0, count, seed))
        return {
            "transforms": {
                name: layer.get_random_transformation(
                    data, training=True, seed=self.generator if seed is None else seed
                )
                for name, layer in self.augmentations.items()
            },
            "layer_idxes": ops.minimum(ops.cast(chosen, "int32"), count - 1),
        }

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        return self._one_by_one("transform_images", images, transformation, training, len(self.augmentations))

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Transformation, training: bool = True
    ) -> Tensor:
        return self._one_by_one(
            "transform_segmentation_masks", segmentation_masks, transformation, training, len(MOVING)
        )

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        return self._one_by_one("transform_bounding_boxes", bounding_boxes, transformation, training, len(MOVING))

    def _one_by_one(self, method: str, part: _Part, drawn: Transformation, training: bool, count: int) -> _Part:
        """A part of the data after all changes. Only the first `count` layers change it."""
        if drawn is None or not training:
            return part
        branches: list[Callable[[_Part], _Part]] = [
            functools.partial(_applied, getattr(layer, method), drawn["transforms"][name])
            for name, layer in list(self.augmentations.items())[:count]
        ]
        if count < len(self.augmentations):
            branches.append(lambda x: x)  # for all the others: an index beyond the last branch is the last one
        steps = drawn["layer_idxes"]  # in a loop, so that each layer is compiled once
        return ops.fori_loop(0, self.num_ops, lambda k, x: ops.switch(ops.take(steps, k), branches, x), part)


def _applied(method: Callable[..., _Part], drawn: Transformation, part: _Part) -> _Part:
    return method(part, drawn, training=True)
