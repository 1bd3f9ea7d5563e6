"""`RandomFlip`: images mirrored at random."""

from __future__ import annotations

from typing import Literal, Unpack

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.base import (
    BaseImagePreprocessingLayer,
    Boxes,
    BoxOptions,
    Sample,
    Transformation,
)
from keraslite.layers.preprocessing.images.data import real
from keraslite.layers.preprocessing.images.moving import moved_boxes
from keraslite.layers.types import DataFormat
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["RandomFlip"]

_MODES = ("horizontal", "vertical", "horizontal_and_vertical")


@builtin("keras.layers")
class RandomFlip(BaseImagePreprocessingLayer):
    """Mirrors each image at random in training, with a chance of one half per direction.

    Bounding boxes and segmentation masks are mirrored with their images.

    Args:
        mode: "horizontal" swaps left and right, "vertical" top and bottom, "horizontal_and_vertical" decides about both
            on their own. Default: "horizontal_and_vertical".
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

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> images = np.arange(4.0).reshape(1, 1, 4, 1)
        >>> flipped = layers.RandomFlip("horizontal", seed=1)(images)
        >>> sorted(ops.convert_to_numpy(flipped).ravel().tolist())
        [0.0, 1.0, 2.0, 3.0]
    """

    argument_checks = ranges.checks(mode=ranges.one_of(*_MODES))

    def __init__(
        self,
        mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.mode = mode
        self.seed = seed
        self.generator = random.SeedGenerator(seed)

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        if not training:
            return None
        images, height, width = self._sizes(data)
        across, down = ops.unstack(ops.greater_equal(self._uniform((2, images), 0, 1, seed), 0.5), 2)
        return {"flips": {"horizontal": across, "vertical": down}, "input_shape": (images, height, width)}

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        if transformation is None or not training:
            return images
        for way, axis in (("horizontal", self.width_axis), ("vertical", self.height_axis)):
            if way in self.mode:
                chosen = ops.reshape(_chosen(transformation, way), (-1, 1, 1, 1))
                images = ops.where(chosen, ops.flip(images, axis), images)
        return images

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Transformation, training: bool = True
    ) -> Tensor:
        return self.transform_images(segmentation_masks, transformation, training)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        if transformation is None or not training:
            return bounding_boxes
        height, width = real(*transformation["input_shape"][1:3])

        def flipped(x0: Tensor, y0: Tensor, x1: Tensor, y1: Tensor) -> tuple[Tensor, ...]:
            across, down = (ops.reshape(_chosen(transformation, way), (-1, 1)) for way in ("horizontal", "vertical"))
            if "horizontal" in self.mode:
                x0, x1 = ops.where(across, width - x1, x0), ops.where(across, width - x0, x1)
            if "vertical" in self.mode:
                y0, y1 = ops.where(down, height - y1, y0), ops.where(down, height - y0, y1)
            return x0, y0, x1, y1

        return moved_boxes(bounding_boxes, self.bounding_box_format, (height, width), flipped)


def _chosen(transformation: Transformation, way: str) -> Tensor:
    """For each image whether it is mirrored that way. Keras has one decision for both."""
    flips = transformation["flips"]
    return flips[way] if isinstance(flips, dict) else flips
