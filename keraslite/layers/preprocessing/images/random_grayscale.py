"""`RandomGrayscale`: some images made grey."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import tones
from keraslite.layers.preprocessing.images.base import BoxOptions, Transformation
from keraslite.layers.preprocessing.images.on_values import RandomOnValues
from keraslite.layers.types import DataFormat
from keraslite.ops.dimension import Size
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin


@builtin("keras.layers")
class RandomGrayscale(RandomOnValues):
    """Makes some images grey in training; they keep their number of channels.

    Grey is `0.2989 * red + 0.587 * green + 0.114 * blue` (the luma of ITU-R BT.601).

    Args:
        factor: the chance of each image to become grey, in [0, 1]. Default: 0.5.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `bounding_box_format` for data with boxes, `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes with 3 channels, a batch of 4 axes, or a dict with "images" and any of "labels",
        "bounding_boxes" and "segmentation_masks", which stay as they are.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range, or images have neither 3 channels nor 1.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> images = np.array([[[[200.0, 100.0, 0.0]]]])
        >>> ops.convert_to_numpy(layers.RandomGrayscale(1.0)(images)).round().ravel().tolist()
        [118.0, 118.0, 118.0]
    """

    argument_checks = ranges.checks(factor=ranges.fraction)

    def __init__(
        self,
        factor: float = 0.5,
        data_format: DataFormat = None,
        seed: int | None = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.factor = factor

    def drawn(self, count: Size, seed: Seed) -> Transformation:
        return self.chosen(count, self.factor, seed)

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        if self.need_channels(images, 3, 1) == 1:
            return images
        return ops.where(tones.are_chosen(transformation), tones.grey(images, self.axes), images)
