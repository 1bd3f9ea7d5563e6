"""`RandomErasing`: rectangles of images replaced at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.base import BaseImagePreprocessingLayer, BoxOptions, Part, Transformation
from keraslite.layers.preprocessing.images.data import Sample
from keraslite.layers.preprocessing.images.patches import rectangles
from keraslite.layers.types import DataFormat, Factor
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["RandomErasing"]


@builtin("keras.layers")
class RandomErasing(BaseImagePreprocessingLayer):
    """Replaces a rectangle of some images at random in training, by noise or by one value.

    Labels, bounding boxes and segmentation masks stay.

    Args:
        factor: the chance of an image to be changed, which is drawn itself: a pair (lower, upper) of [0, 1], or a
            number f for (0, f). Default: 1.0, so about half of the images are changed; (1, 1) changes all.
        scale: the area of the rectangle as a part of the image: a number, or a pair (lower, upper) that it is drawn
            from, in [0, 1]. Default: (0.02, 0.33).
        fill_value: a number that the rectangle is filled with. Default: None, uniform noise over `value_range`.
        value_range: (lowest, highest) value of a pixel. Default: (0, 255).
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `bounding_box_format` for data with boxes; `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes, a batch of 4 axes, or a dict with "images" and any of "labels", "bounding_boxes" and
        "segmentation_masks".

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Source:
        Zhong et al., "Random erasing data augmentation", 2020.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> images = np.ones((1, 8, 8, 1))
        >>> erased = layers.RandomErasing(scale=(0.25, 0.25), fill_value=0.0)(images)
        >>> float(ops.sum(erased))
        48.0
    """

    factor_bounds = (0.0, 1.0)
    argument_checks = ranges.checks(
        factor=ranges.interval(0.0, 1.0),
        scale=ranges.interval(0.0, 1.0),
        fill_value=ranges.number() | None,
        value_range=ranges.items(ranges.number(), 2),
    )

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: Factor = (0.02, 0.33),
        fill_value: float | None = None,
        value_range: Sequence[float] = (0, 255),
        seed: int | None = None,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.scale = scale if isinstance(scale, (int, float)) else tuple(scale)
        self.fill_value, self.value_range, self.seed = fill_value, tuple(value_range), seed
        self.generator = random.SeedGenerator(seed)

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        if not training:
            return None
        images, height, width = self._sizes(data)
        drawn = self._uniform((5, images), 0, 1, seed)
        low, high = self._bounds(self.factor)
        small, large = (self.scale, self.scale) if isinstance(self.scale, (int, float)) else self.scale
        side = ops.sqrt(drawn[2] * (large - small) + small)
        rows, columns = (ops.round(side * ops.cast(length, "float32")) for length in (height, width))
        top, left = (
            ops.floor(place * (ops.cast(length, "float32") - count + 1))
            for place, length, count in ((drawn[3], height, rows), (drawn[4], width, columns))
        )
        size = (height, width)
        chosen = ops.less(drawn[0], drawn[1] * (high - low) + low)
        masks = rectangles(top, left, rows, columns, size, self.data_format)
        return {"apply_erasing": chosen, "batch_masks": masks, "fill_value": self._filling(data, seed)}

    def _filling(self, data: Sample, seed: Seed) -> Part | float:
        low, high = self.value_range
        if self.fill_value is not None:
            return min(max(self.fill_value, low), high)
        images = data["images"] if isinstance(data, Mapping) else data
        shape = ops.shape(images)
        return self._uniform(shape if len(shape) == 4 else (1, *shape), low, high, seed)

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        if transformation is None or not training:
            return images
        chosen = ops.reshape(transformation["apply_erasing"], (-1, 1, 1, 1))
        filling = ops.cast(transformation["fill_value"], ops.dtype(images))
        return ops.where(ops.logical_and(chosen, transformation["batch_masks"]), filling, images)
