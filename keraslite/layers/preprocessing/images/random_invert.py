"""`RandomInvert`: some images inverted."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import tones
from keraslite.layers.preprocessing.images.base import BoxOptions, Transformation
from keraslite.layers.preprocessing.images.on_values import SHARE, RandomOnValues, share_bounds
from keraslite.layers.preprocessing.images.tones import ValueRange
from keraslite.layers.types import DataFormat, Factor
from keraslite.ops.dimension import Size
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin


@builtin("keras.layers")
class RandomInvert(RandomOnValues):
    """Inverts some images in training: x becomes `lower + upper - x`.

    Args:
        factor: the chance of each image to be inverted: a number f in [0, 1] for a chance drawn from (0, f), or a pair
            (lower, upper) that it is drawn from. Default: 1.
        value_range: (lower, upper), the range of the values of images. Default: (0, 255).
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `bounding_box_format` for data with boxes, `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

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
        >>> ops.convert_to_numpy(layers.RandomInvert((1.0, 1.0))(images)).ravel().tolist()
        [55.0, 155.0, 255.0]
    """

    argument_checks = ranges.checks(factor=SHARE)

    def __init__(
        self,
        factor: Factor = 1.0,
        value_range: ValueRange = (0, 255),
        seed: int | None = None,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(
            factor=share_bounds(factor), value_range=value_range, seed=seed, data_format=data_format, **kwargs
        )

    def drawn(self, count: Size, seed: Seed) -> Transformation:
        chosen = self.chosen(count, self.per_image(count, self.factor, seed), seed)
        return {"apply_inversion": ops.reshape(chosen, (-1,))}

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        chosen = tones.are_chosen(transformation["apply_inversion"])
        return ops.where(chosen, tones.inverted(images, self.value_range), images)
