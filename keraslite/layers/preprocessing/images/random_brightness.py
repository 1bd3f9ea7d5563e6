"""`RandomBrightness`: images made darker or brighter at random."""

from __future__ import annotations

from typing import Unpack

from keraslite import ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import tones
from keraslite.layers.preprocessing.images.base import ImageOptions, Transformation
from keraslite.layers.preprocessing.images.on_values import RandomOnValues
from keraslite.layers.preprocessing.images.tones import ValueRange
from keraslite.layers.types import Factor
from keraslite.ops.dimension import Size
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin


@builtin("keras.layers")
class RandomBrightness(RandomOnValues):
    """Makes each image darker or brighter at random in training.

    The same number is added to all values of an image.

    Args:
        factor: how much is added, as a share of the range of values: a number f in [-1, 1] for (-f, f), or a pair
            (lower, upper) that it is drawn from. -1 makes images black, 1 white.
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
        >>> images = np.array([[[[100.0, 200.0, 250.0]]]])
        >>> brighter = layers.RandomBrightness((0.1, 0.1))(images)
        >>> ops.convert_to_numpy(brighter).ravel().tolist()
        [125.5, 225.5, 255.0]
    """

    argument_checks = ranges.checks(factor=ranges.interval(-1, 1))

    def __init__(
        self,
        factor: Factor,
        value_range: ValueRange = (0, 255),
        seed: int | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(factor=factor, value_range=value_range, seed=seed, **kwargs)

    def drawn(self, count: Size, seed: Seed) -> Transformation:
        return {"rgb_delta": brightness_delta(self, count, self.factor, seed)}

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        return tones.brightened(images, transformation["rgb_delta"], self.value_range)


def brightness_delta(layer: RandomOnValues, count: Size, factor: tuple[float, float], seed: Seed) -> Tensor:
    """What is added to each image, `(count, 1, 1, 1)`."""
    low, high = layer.value_range
    return layer.per_image(count, factor, seed) * (high - low)
