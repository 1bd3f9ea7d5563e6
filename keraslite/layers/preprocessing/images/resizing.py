"""`Resizing`: images of another size."""

from __future__ import annotations

from typing import Literal, TypeAlias, Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.base import (
    BaseImagePreprocessingLayer,
    Boxes,
    BoxOptions,
    Sample,
    Transformation,
)
from keraslite.layers.preprocessing.images.data import Length, real
from keraslite.layers.preprocessing.images.moving import moved_boxes
from keraslite.layers.types import DataFormat
from keraslite.ops.sizes import larger, smaller
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["Resizing", "fitted"]

Method: TypeAlias = Literal["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "area"]


@builtin("keras.layers")
class Resizing(BaseImagePreprocessingLayer):
    """Resizes images, with their bounding boxes and segmentation masks.

    Args:
        height: rows of the result, a positive int.
        width: columns of the result, a positive int.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3", "lanczos5" or "area", as in `ops.image.resize`.
            Masks take the nearest pixel. Default: "bilinear".
        crop_to_aspect_ratio: whether the image is first cut to the largest middle part that has the ratio of the
            result. Default: False.
        pad_to_aspect_ratio: whether images are first padded on both sides to the ratio of the result. Default: False.
        fill_mode: "constant", what images are padded with. Default: "constant".
        fill_value: the number that images are padded with. Default: 0.0.
        antialias: whether pixels of a larger image are averaged, for "bilinear", "bicubic" and the "lanczos" ones.
            Default: False.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `bounding_box_format` for data with boxes; `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes, a batch of 4 axes, a list of images of any sizes, or a dict with "images" and any of
        "labels", "bounding_boxes" and "segmentation_masks". A list of images becomes a batch.

    Output:
        the same with rows and columns as `height` and `width` say, in the compute dtype; integers keep their dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> tuple(layers.Resizing(4, 6)(np.zeros((2, 8, 8, 3), "uint8")).shape)
        (2, 4, 6, 3)
    """

    keeps_integers = makes_one_size = True
    argument_checks = ranges.checks(
        height=ranges.positive_int,
        width=ranges.positive_int,
        interpolation=ranges.one_of("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "area"),
        crop_to_aspect_ratio=ranges.flag,
        pad_to_aspect_ratio=ranges.flag,
        fill_mode=ranges.one_of("constant"),
        fill_value=ranges.number(),
        antialias=ranges.flag,
    )

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: Method = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: Literal["constant"] = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width, self.interpolation, self.antialias = height, width, interpolation, antialias
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = crop_to_aspect_ratio, pad_to_aspect_ratio
        self.fill_mode, self.fill_value = fill_mode, fill_value

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        return self._sizes(data)[1:]

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        return self._resized(images, self.interpolation, self.antialias)

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Transformation, training: bool = True
    ) -> Tensor:
        return self._resized(segmentation_masks, "nearest", False)

    def _resized(self, images: Tensor, interpolation: str, antialias: bool) -> Tensor:
        return ops.image.resize(
            images,
            (self.height, self.width),
            interpolation,
            antialias,
            self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio,
            self.fill_mode,
            self.fill_value,
            self.data_format,
        )

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        height, width = old = tuple(transformation)
        top, left = 0, 0  # what is added on these sides, negative if it is cut off
        if self.crop_to_aspect_ratio or self.pad_to_aspect_ratio:
            ways = fitted(old, (self.height, self.width), self.pad_to_aspect_ratio)
            (top, height), (left, width) = ways
        (top, left), (height, width) = real(top, left), real(height, width)

        def resized(x0: Tensor, y0: Tensor, x1: Tensor, y1: Tensor) -> tuple[Tensor, ...]:
            across, down = self.width / width, self.height / height
            return (x0 + left) * across, (y0 + top) * down, (x1 + left) * across, (y1 + top) * down

        return moved_boxes(bounding_boxes, self.bounding_box_format, old, resized, (self.height, self.width))


def fitted(
    old: tuple[Length, Length], new: tuple[int, int], pad: bool
) -> tuple[tuple[Length, Length], tuple[Length, Length]]:
    """Per axis what `ops.image.resize` adds in front (negative: cuts off) for the ratio of `new`, and the size then."""
    height, width = old
    down, across = larger(width * new[0] // new[1], 1), larger(height * new[1] // new[0], 1)
    if pad:
        top, left = larger(down - height, 0) // 2, larger(across - width, 0) // 2
        return (top, height + 2 * top), (left, width + 2 * left)
    kept = smaller(height, down), smaller(width, across)
    return (-((height - kept[0]) // 2), kept[0]), (-((width - kept[1]) // 2), kept[1])
