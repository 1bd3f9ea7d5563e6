"""`RandomPosterization`: fewer levels per channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import tones
from keraslite.layers.preprocessing.images.base import BoxOptions, Transformation
from keraslite.layers.preprocessing.images.on_values import RandomOnValues
from keraslite.layers.preprocessing.images.tones import ValueRange
from keraslite.layers.types import DataFormat
from keraslite.ops.dimension import Size
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin


@builtin("keras.layers")
class RandomPosterization(RandomOnValues):
    """Reduces the number of bits of each image's channels at random in training.

    Values are taken as integers from 0 to 255, of which the highest bits stay. All numbers of bits in the bounds occur;
    Keras 3.15 never draws the upper one, unless it is the lower one too.

    Args:
        factor: the number of bits that stay: an int n from 1 to 8 for (1, n), or a pair (lower, upper) of them that it
            is drawn from.
        value_range: (lower, upper), the range of the values of images. Default: (0, 255).
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `bounding_box_format` for data with boxes, `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes, a batch of 4 axes, or a dict with "images" and any of "labels", "bounding_boxes" and
        "segmentation_masks", which stay as they are.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Source:
        Cubuk et al., "AutoAugment: learning augmentation policies from data", 2019.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> images = np.array([[[[200.0, 100.0, 10.0]]]])
        >>> ops.convert_to_numpy(layers.RandomPosterization((2, 2))(images)).ravel().tolist()
        [192.0, 64.0, 0.0]
    """

    argument_checks = ranges.checks(factor=ranges.integer(1, 8) | ranges.items(ranges.integer(1, 8), 2))

    def __init__(
        self,
        factor: int | Sequence[int],
        value_range: ValueRange = (0, 255),
        data_format: DataFormat = None,
        seed: int | None = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        bounds = (1, factor) if isinstance(factor, int) else factor
        super().__init__(factor=bounds, value_range=value_range, data_format=data_format, seed=seed, **kwargs)

    def drawn(self, count: Size, seed: Seed) -> Transformation:
        fewest, most = self.factor
        bits = ops.floor(self.per_image(count, (fewest, most + 1), seed))
        return {"shift_factor": ops.cast(ops.reshape(8 - ops.minimum(bits, most), (-1,)), "uint8")}

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        return tones.posterized(images, transformation["shift_factor"], self.value_range)
