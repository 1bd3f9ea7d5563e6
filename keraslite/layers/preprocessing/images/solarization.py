"""`Solarization`: bright values inverted."""

from __future__ import annotations

from typing import Unpack

from keraslite import ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import tones
from keraslite.layers.preprocessing.images.base import ImageOptions, Transformation
from keraslite.layers.preprocessing.images.on_values import RandomOnValues, share_bounds
from keraslite.layers.preprocessing.images.tones import ValueRange
from keraslite.layers.types import Factor
from keraslite.ops.dimension import Size
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin


@builtin("keras.layers")
class Solarization(RandomOnValues):
    """Inverts the values of each image that reach a threshold, at random in training.

    A number is first added to all values, which are kept in their range. The factors are shares of the range of values.
    Keras 3.15 documents pairs as here, but takes the lower one for 0.

    Args:
        addition_factor: what is added: a number f in [0, 1] for (0, f), or a pair (lower, upper) that it is drawn from.
            Default: 0.
        threshold_factor: from where on values are inverted: a number f in [0, 1] for (0, f), or a pair (lower, upper)
            that it is drawn from. Default: 0, all values are inverted.
        value_range: (lower, upper), the range of the values of images. Default: (0, 255).
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
        >>> images = np.array([[[[200.0, 100.0, 0.0]]]])
        >>> ops.convert_to_numpy(layers.Solarization(threshold_factor=(0.5, 0.5))(images)).ravel().tolist()
        [55.0, 100.0, 0.0]
    """

    argument_checks = ranges.checks(addition_factor=ranges.interval(0, 1), threshold_factor=ranges.interval(0, 1))

    def __init__(
        self,
        addition_factor: Factor = 0.0,
        threshold_factor: Factor = 0.0,
        value_range: ValueRange = (0, 255),
        seed: int | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(value_range=value_range, seed=seed, **kwargs)
        self.addition_factor, self.threshold_factor = share_bounds(addition_factor), share_bounds(threshold_factor)

    def drawn(self, count: Size, seed: Seed) -> Transformation:
        return {
            "additions": self.per_image(count, self.addition_factor, seed) * 255,
            "thresholds": self.per_image(count, self.threshold_factor, seed) * 255,
        }

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        return tones.solarized(images, transformation["additions"], transformation["thresholds"], self.value_range)
