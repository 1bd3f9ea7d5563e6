"""`CenterCrop` and `RandomCrop`: windows cut out of images."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, Unpack, cast

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.base import (
    BaseImagePreprocessingLayer,
    Boxes,
    BoxOptions,
    Sample,
    Transformation,
    UnnamedBoxOptions,
)
from keraslite.layers.preprocessing.images.data import Length, real
from keraslite.layers.preprocessing.images.moving import moved_boxes
from keraslite.layers.preprocessing.images.resizing import fitted
from keraslite.layers.types import DataFormat
from keraslite.ops.sizes import is_known
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["CenterCrop", "RandomCrop"]


R = TypeVar("R")


class Crop(BaseImagePreprocessingLayer):
    """What the two share: the size of the window."""

    height: int
    width: int
    makes_one_size = True
    argument_checks = ranges.checks(height=ranges.positive_int, width=ranges.positive_int)

    def _fits(self, height: Length, width: Length) -> bool | Tensor:
        """Whether images are as large as the window: a bool, or a tensor where only the running graph knows."""
        if is_known(height) and is_known(width):
            return bool(height >= self.height and width >= self.width)
        return ops.logical_and(height >= self.height, width >= self.width)

    def _windows(self, images: Tensor, top: Tensor, left: Tensor) -> Tensor:
        """Windows of the images, whose places are given: one for all images, or one per image."""
        for start, length, axis in ((top, self.height, self.height_axis), (left, self.width, self.width_axis)):
            places = ops.expand_dims(start, -1) + ops.arange(0, length, dtype="int32")
            if len(ops.shape(start)) == 0:
                images = ops.take(images, places, axis)
                continue
            shape = [ops.shape(images)[0], 1, 1, 1]
            shape[axis] = length
            images = ops.take_along_axis(images, ops.reshape(places, shape), axis=axis)
        return images

    def _fitted(self, images: Tensor, interpolation: str) -> Tensor:
        """The middle of the images in the ratio of the window, resized to it."""
        return ops.image.resize(
            images, (self.height, self.width), interpolation, crop_to_aspect_ratio=True, data_format=self.data_format
        )

    def _fitted_boxes(self, boxes: Boxes, height: Length, width: Length) -> Boxes:
        new = (self.height, self.width)
        (top, rows), (left, columns) = fitted((height, width), new, pad=False)
        rows, columns = real(rows, columns)
        return self._moved(boxes, (height, width), (-top, -left), (self.height / rows, self.width / columns))

    def _moved(
        self,
        boxes: Boxes,
        old: tuple[Length, Length],
        start: tuple[Length, Length],
        scale: tuple[float | Tensor, float | Tensor] = (1, 1),
    ) -> Boxes:
        (top, left), (down, across) = real(*start), scale

        def cut(x0: Tensor, y0: Tensor, x1: Tensor, y1: Tensor) -> tuple[Tensor, ...]:
            return (x0 - left) * across, (y0 - top) * down, (x1 - left) * across, (y1 - top) * down

        return moved_boxes(boxes, self.bounding_box_format, old, cut, (self.height, self.width))


@builtin("keras.layers")
class CenterCrop(Crop):
    """Cuts the middle out of images, with their bounding boxes and segmentation masks.

    An image that is smaller than the window is cut to the window's proportions, about its middle, and resized.

    Args:
        height: rows of the result, a positive int.
        width: columns of the result, a positive int.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `bounding_box_format` for data with boxes; `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes, a batch of 4 axes, a list of images of any sizes, or a dict with "images" and any of
        "labels", "bounding_boxes" and "segmentation_masks". A list of images becomes a batch.

    Output:
        the same with rows and columns as `height` and `width` say, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> images = np.arange(16.0).reshape(1, 4, 4, 1)
        >>> ops.convert_to_numpy(layers.CenterCrop(2, 2)(images)).reshape(2, 2).tolist()
        [[5.0, 6.0], [9.0, 10.0]]
    """

    def __init__(self, height: int, width: int, data_format: DataFormat = None, **kwargs: Unpack[BoxOptions]) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width = height, width

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        return {"input_shape": self._sizes(data)}

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        return self._middle(images, "bilinear")

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Transformation, training: bool = True
    ) -> Tensor:
        return self._middle(segmentation_masks, "nearest")

    def _middle(self, images: Tensor, interpolation: str) -> Tensor:
        _, height, width = self._sizes(images)
        top, left = (height - self.height) // 2, (width - self.width) // 2
        return either(
            self._fits(height, width),
            lambda: self._same_windows(images, top, left),
            lambda: self._fitted(images, interpolation),
        )

    def _same_windows(self, images: Tensor, top: Length, left: Length) -> Tensor:
        if not (is_known(top) and is_known(left)):
            return self._windows(images, cast("Tensor", top), cast("Tensor", left))
        return ops.image.crop_images(
            images,
            top_cropping=cast("int", top),
            left_cropping=cast("int", left),
            target_height=self.height,
            target_width=self.width,
            data_format=self.data_format,
        )

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        height, width = transformation["input_shape"][1:3]
        start = ((height - self.height) // 2, (width - self.width) // 2)
        return either(
            self._fits(height, width),
            lambda: self._moved(bounding_boxes, (height, width), start),
            lambda: self._fitted_boxes(bounding_boxes, height, width),
        )


@builtin("keras.layers")
class RandomCrop(Crop):
    """Cuts a window out of each image in training, each at a random place, with its boxes and its mask.

    Outside of training, the image is cut to the window's proportions, about its middle, and resized to the window, so
    that all results have one size. In training, the same happens to an image that is smaller than the window.

    Args:
        height: rows of the result, a positive int.
        width: columns of the result, a positive int.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        name: the name of the layer. Default: None, one made from that of the class.
        **kwargs: `bounding_box_format` for data with boxes; `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes, a batch of 4 axes, a list of images of any sizes, or a dict with "images" and any of
        "labels", "bounding_boxes" and "segmentation_masks". A list of images becomes a batch.

    Output:
        the same with rows and columns as `height` and `width` say, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> tuple(layers.RandomCrop(2, 3)(np.ones((4, 8, 8, 3))).shape)
        (4, 2, 3, 3)
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: DataFormat = None,
        name: str | None = None,
        **kwargs: Unpack[UnnamedBoxOptions],
    ) -> None:
        super().__init__(data_format=data_format, name=name, **kwargs)
        self.height, self.width, self.seed = height, width, seed
        self.generator = random.SeedGenerator(seed)

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        images, height, width = shape = self._sizes(data)
        fits = training and self._fits(height, width)
        if fits is False:
            return {"input_shape": shape}
        room = ops.stack([ops.cast(length, "float32") for length in (height - self.height + 1, width - self.width + 1)])
        start = ops.floor(ops.multiply(self._uniform((images, 2), 0, 1, seed), room))
        top, left = ops.unstack(ops.cast(start, "int32"), 2, 1)
        found = {"top": top, "left": left, "input_shape": shape}
        return found if fits is True else {**found, "fits": fits}

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        return self._window(images, transformation, "bilinear")

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Transformation, training: bool = True
    ) -> Tensor:
        return self._window(segmentation_masks, transformation, "nearest")

    def _window(self, images: Tensor, transformation: Transformation, interpolation: str) -> Tensor:
        return either(
            transformation.get("fits", "top" in transformation),
            lambda: self._windows(images, transformation["top"], transformation["left"]),
            lambda: self._fitted(images, interpolation),
        )

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        height, width = transformation["input_shape"][1:3]
        return either(
            transformation.get("fits", "top" in transformation),
            lambda: self._moved(bounding_boxes, (height, width), self._starts(transformation)),
            lambda: self._fitted_boxes(bounding_boxes, height, width),
        )

    def _starts(self, transformation: Transformation) -> tuple[Tensor, Tensor]:
        top, left = (ops.reshape(ops.cast(transformation[name], "float32"), (-1, 1)) for name in ("top", "left"))
        return top, left


def either(decided: bool | Tensor, first: Callable[[], R], second: Callable[[], R]) -> R:
    """The results of one of two functions, also where only the running graph can decide."""
    if isinstance(decided, bool):
        return first() if decided else second()
    return ops.cond(decided, first, second)
