"""`RandomContrast`: contrast changed at random."""

from __future__ import annotations

from typing import Unpack

from keraslite import ranges
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError
from keraslite.layers.preprocessing.images import tones
from keraslite.layers.preprocessing.images.base import ImageOptions, Transformation
from keraslite.layers.preprocessing.images.on_values import RandomOnValues
from keraslite.layers.preprocessing.images.tones import ValueRange
from keraslite.layers.types import Factor
from keraslite.ops.dimension import Size
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin


@builtin("keras.layers")
class RandomContrast(RandomOnValues):
    """Changes the contrast of each image at random in training.

    The difference of each value to the mean of its channel is multiplied by a factor.

    A single number f stands for factors in [1 - f, 1 + f]. Keras 3.15 documents that, but draws from [1, 1 + f].

    Args:
        factor: a pair (lower, upper) of numbers of at least 0 for factors from [1 - lower, 1 + upper], with lower at
            most 1; or one number in [0, 1] for both.
        value_range: (lower, upper), the range of the values of images. Results are kept in it. Default: (0, 255).
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `data_format`; `bounding_box_format` for data with boxes; `name`, `dtype` and the other keywords of
            every layer (see `Layer`).

    Input:
        an image of 3 axes, a batch of 4 axes, or a dict with "images" and any of "labels", "bounding_boxes" and
        "segmentation_masks", which stay as they are.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> images = np.array([[[[100.0], [200.0]]]])
        >>> changed = ops.convert_to_numpy(layers.RandomContrast(0.5, seed=1)(images)).ravel()
        >>> bool(50 <= changed[1] - changed[0] <= 150), round(float(changed.mean()))
        (True, 150)
    """

    argument_checks = ranges.checks(factor=ranges.fraction | ranges.items(ranges.unsigned, 2))

    def __init__(
        self,
        factor: Factor,
        value_range: ValueRange = (0, 255),
        seed: int | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(factor=contrast_bounds(factor), value_range=value_range, seed=seed, **kwargs)
        if self.factor[0] > 1:
            raise ArgumentError(
                f"`RandomContrast` needs the lower bound of `factor` to be at most 1. Received factor={factor}."
            )

    def drawn(self, count: Size, seed: Seed) -> Transformation:
        return {"contrast_factor": contrast_factor(self, count, self.factor, seed)}

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        return tones.contrasted(images, transformation["contrast_factor"], self.value_range, self.axes)


def contrast_bounds(factor: Factor) -> tuple[float, float]:
    """How far factors may lie (below, above) 1."""
    return (factor, factor) if isinstance(factor, (int, float)) else (factor[0], factor[1])


def contrast_factor(layer: RandomOnValues, count: Size, bounds: tuple[float, float], seed: Seed) -> Tensor:
    """The factor of each image, `(count, 1, 1, 1)`."""
    return layer.per_image(count, (1 - bounds[0], 1 + bounds[1]), seed)
