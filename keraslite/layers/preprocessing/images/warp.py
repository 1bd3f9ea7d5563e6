"""`Warp`: the base of layers that move the pixels of images by a linear map."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.layers.preprocessing.images.base import BaseImagePreprocessingLayer, Boxes, Transformation
from keraslite.layers.preprocessing.images.data import Length
from keraslite.layers.preprocessing.images.moving import around, moved_boxes

__all__ = ["FILL_MODE", "INTERPOLATION", "FillMode", "Interpolation", "Warp", "centre_of"]

FillMode: TypeAlias = Literal["reflect", "constant", "wrap", "nearest", "mirror"]
Interpolation: TypeAlias = Literal["nearest", "bilinear"]
FILL_MODE = ranges.one_of("reflect", "constant", "wrap", "nearest", "mirror")
INTERPOLATION = ranges.one_of("nearest", "bilinear")


class Warp(BaseImagePreprocessingLayer):
    """A layer that in training moves pixels by a linear map, which differs from image to image.

    A subclass says by `_matrix` where each pixel of the result comes from. Masks take the nearest pixel. A moved box is
    the smallest one around the moved corners.
    """

    fill_mode: FillMode
    interpolation: Interpolation
    fill_value: float
    seed: int | None
    argument_checks = ranges.checks(
        fill_mode=FILL_MODE, interpolation=INTERPOLATION, fill_value=ranges.number(), seed=ranges.unsigned_int | None
    )
    #: For subclasses that fill with one value only.
    only_constant: ClassVar[bool] = False

    def _keep(self, fill_mode: FillMode, interpolation: Interpolation, fill_value: float, seed: int | None) -> None:
        """Set what subclasses' constructors take."""
        self.fill_mode, self.interpolation, self.fill_value, self.seed = fill_mode, interpolation, fill_value, seed
        self.generator = random.SeedGenerator(seed)

    def _matrix(self, transformation: Transformation) -> Tensor:
        """`(batch, 6)`: pixel (x, y) of the result is the image's at (a0 x + a1 y + a2, b0 x + b1 y + b2)."""
        raise NotImplementedError(f"{type(self).__name__} needs a method `_matrix`.")

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        return self._warped(images, transformation, training, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Transformation, training: bool = True
    ) -> Tensor:
        return self._warped(segmentation_masks, transformation, training, "nearest")

    def get_transformed_x_y(self, x: TensorLike, y: TensorLike, transform: TensorLike) -> tuple[Tensor, Tensor]:
        """Return where a transform takes a point.

        Args:
            x: how far the point is to the right, a number.
            y: how far it is down, a number.
            transform: `(8,)` or `(batch, 8)`, as `ops.image.affine_transform` takes it.

        Returns:
            x and y, each `(batch, 1)`.
        """
        a0, a1, a2, b0, b1, b2, c0, c1 = ops.unstack(ops.reshape(ops.convert_to_tensor(transform), (-1, 8, 1)), 8, 1)
        scale = c0 * x + c1 * y + 1
        return (a0 * x + a1 * y + a2) / scale, (b0 * x + b1 * y + b2) / scale

    def get_shifted_bbox(self, bounding_boxes: Boxes, w_shift_factor: TensorLike, h_shift_factor: TensorLike) -> Boxes:
        """Return boxes moved to the left and up. They are not cut at the borders.

        Args:
            bounding_boxes: a dict with "boxes" `(batch, boxes, 4)`: left, top, right and bottom.
            w_shift_factor: by how much they go left, a number or `(batch, 1)`.
            h_shift_factor: by how much they go up, likewise.
        """
        boxes = ops.convert_to_tensor(bounding_boxes["boxes"])
        left, up = (ops.reshape(ops.cast(by, boxes.dtype), (-1, 1)) for by in (w_shift_factor, h_shift_factor))
        x0, y0, x1, y1 = ops.unstack(boxes, 4, -1)
        return {**bounding_boxes, "boxes": ops.stack([x0 - left, y0 - up, x1 - left, y1 - up], -1)}

    def _warped(self, images: Tensor, transformation: Transformation, training: bool, interpolation: str) -> Tensor:
        if transformation is None or not training:
            return images
        matrix = self._matrix(transformation)
        matrix = ops.concatenate([matrix, ops.zeros_like(matrix[:, :2])], 1)
        return ops.image.affine_transform(
            images, matrix, interpolation, self.fill_mode, self.fill_value, self.data_format
        )

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        if transformation is None or not training:
            return bounding_boxes
        size = transformation["input_shape"][1:3]
        a0, a1, a2, b0, b1, b2 = (
            ops.reshape(part, (-1, 1, 1)) for part in ops.unstack(self._matrix(transformation), 6, 1)
        )
        area = a0 * b1 - a1 * b0

        def moved(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
            x, y = x - a2, y - b2
            return (b1 * x - a1 * y) / area, (a0 * y - b0 * x) / area

        return moved_boxes(bounding_boxes, self.bounding_box_format, size, around(moved))


def centre_of(transformation: Transformation) -> tuple[Tensor | float, Tensor | float]:
    """The middle of the images of a transformation: x and y, in pixels whose centres are at 0, 1, ..."""
    height, width = transformation["input_shape"][1:3]
    return _half(width), _half(height)


def _half(length: Length) -> Tensor | float:
    return ops.multiply(ops.cast(length - 1, "float32"), 0.5) if not isinstance(length, int) else (length - 1) / 2
