"""Bounding boxes that move with an image."""

from __future__ import annotations

import math

from keraslite import ops
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.layers.preprocessing.images.boxes import between, corners, four, from_corners, known, size_of

__all__ = ["affine_transform", "crop", "pad"]

_Size = float | Tensor | None


def crop(
    boxes: TensorLike, top: _Size, left: _Size, height: _Size, width: _Size, bounding_box_format: str = "xyxy"
) -> Tensor:
    """Move boxes with an image that a window is cut out of, and cut them at its borders.

    Args:
        boxes: `(boxes, 4)` or `(batch, boxes, 4)`.
        top: the first row of the window: a number, or a tensor of one per image.
        left: its first column, as `top`.
        height: rows of the window.
        width: columns of the window.
        bounding_box_format: as in `convert_format`, but not relative. Default: "xyxy".

    Returns:
        The boxes in the shape and dtype of `boxes`.

    Raises:
        ArgumentError: for an unknown or a relative format.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> from keraslite.utils import bounding_boxes
        >>> boxes = bounding_boxes.crop(np.array([[10, 20, 50, 60]]), top=10, left=20, height=40, width=25)
        >>> ops.convert_to_numpy(boxes).tolist()
        [[0, 10, 25, 40]]
    """
    form, boxes = _absolute(bounding_box_format, "crop"), four(boxes, "crop")
    x0, y0, x1, y1 = ops.unstack(corners(boxes, form, 1, 1), 4, -1)
    top, left, height, width = (size_of(each, boxes) for each in (top, left, height, width))
    x0, x1 = (between(x - left, width) for x in (x0, x1))
    y0, y1 = (between(y - top, height) for y in (y0, y1))
    return ops.cast(from_corners(ops.stack([x0, y0, x1, y1], -1), form, 1, 1), ops.dtype(boxes))


def pad(
    boxes: TensorLike,
    top: _Size,
    left: _Size,
    height: _Size = None,
    width: _Size = None,
    bounding_box_format: str = "xyxy",
) -> Tensor:
    """Move boxes with an image that rows and columns are put around.

    Args:
        boxes: `(boxes, 4)` or `(batch, boxes, 4)`.
        top: rows above the image: a number, or a tensor of one per image.
        left: columns to its left, as `top`.
        height: rows of the image, accepted as in Keras, without effect. Default: None.
        width: columns of the image, accepted as in Keras, without effect. Default: None.
        bounding_box_format: as in `convert_format`, but not relative. Default: "xyxy".

    Returns:
        The boxes in the shape and dtype of `boxes`.

    Raises:
        ArgumentError: for an unknown or a relative format.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> from keraslite.utils import bounding_boxes
        >>> ops.convert_to_numpy(bounding_boxes.pad(np.array([[10, 20, 30, 40]]), top=5, left=1)).tolist()
        [[11, 25, 31, 45]]
    """
    form, boxes = _absolute(bounding_box_format, "pad"), four(boxes, "pad")
    x0, y0, x1, y1 = ops.unstack(corners(boxes, form, 1, 1), 4, -1)
    top, left = size_of(top, boxes), size_of(left, boxes)
    moved = ops.stack([x0 + left, y0 + top, x1 + left, y1 + top], -1)
    return ops.cast(from_corners(moved, form, 1, 1), ops.dtype(boxes))


def affine_transform(
    boxes: TensorLike,
    angle: _Size,
    translate_x: _Size,
    translate_y: _Size,
    scale: _Size,
    shear_x: _Size,
    shear_y: _Size,
    height: int | Tensor,
    width: int | Tensor,
    center_x: _Size = None,
    center_y: _Size = None,
    bounding_box_format: str = "xyxy",
) -> Tensor:
    """Move boxes with an image that is shifted, turned and scaled about a centre, and sheared, in this order.

    The new box is the smallest one around the four moved corners. Rows lean before columns do. Where columns lean and
    the image is turned as well, Keras's boxes lean the wrong way in part.

    Args:
        boxes: `(boxes, 4)` or `(batch, boxes, 4)`.
        angle: degrees, anticlockwise. This and the next five are numbers, or tensors of one per image.
        translate_x: shift to the right, as a part of `width - 1`.
        translate_y: shift downwards, as a part of `height - 1`.
        scale: factor of sizes.
        shear_x: angle in degrees by which columns lean.
        shear_y: angle in degrees by which rows lean.
        height: rows of the image.
        width: columns of the image.
        center_x: the centre, as a part of `width - 1`. Default: None, 0.5.
        center_y: the centre, as a part of `height - 1`. Default: None, 0.5.
        bounding_box_format: as in `convert_format`. Default: "xyxy".

    Returns:
        The boxes as floats, in the shape of `boxes`.

    Raises:
        ArgumentError: for an unknown format.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> from keraslite.utils import bounding_boxes
        >>> boxes = np.array([[10.0, 20.0, 30.0, 40.0]], "float32")
        >>> moved = bounding_boxes.affine_transform(boxes, 0.0, 0.1, 0.0, 1.0, 0.0, 0.0, height=101, width=101)
        >>> ops.convert_to_numpy(moved).round(3).tolist()
        [[20.0, 20.0, 40.0, 40.0]]
    """
    form = known(bounding_box_format, "bounding_box_format", "affine_transform")
    boxes = four(boxes, "affine_transform")
    name = ops.dtype(boxes) if dtypes.is_float(ops.dtype(boxes)) else "float32"
    boxes = ops.cast(boxes, name)
    down, across = size_of(height, boxes), size_of(width, boxes)
    turn, move_x, move_y, scale, lean_x, lean_y, cx, cy = (
        size_of(each, boxes)
        for each in (angle, translate_x, translate_y, scale, shear_x, shear_y,
                     0.5 if center_x is None else center_x, 0.5 if center_y is None else center_y)
    )  # fmt: skip
    last_x, last_y = across - 1, down - 1
    x0, y0, x1, y1 = ops.unstack(corners(boxes, form, down, across), 4, -1)
    x = ops.stack([x0, x1, x1, x0], -1) - _wide(cx * last_x)
    y = ops.stack([y0, y0, y1, y1], -1) - _wide(cy * last_y)
    x, y = x + _wide(move_x * last_x), y + _wide(move_y * last_y)
    turn = ops.cast(ops.multiply(turn, math.pi / 180), name)
    cos, sin = _wide(scale * ops.cos(turn)), _wide(scale * ops.sin(turn))
    x, y = cos * x + sin * y, cos * y - sin * x
    y = y + _wide(_tangent(lean_y)) * x
    x = x + _wide(_tangent(lean_x)) * y + _wide(cx * last_x)
    y = y + _wide(cy * last_y)
    found = ops.stack([ops.min(x, -1), ops.min(y, -1), ops.max(x, -1), ops.max(y, -1)], -1)
    return ops.cast(from_corners(found, form, down, across), name)


# ---- parts ------------------------------------------------------------------------------------------------------


def _wide(x: Tensor) -> Tensor:
    """For each corner of each box."""
    return ops.expand_dims(x, -1) if len(ops.shape(x)) else x


def _tangent(degrees: Tensor) -> Tensor:
    return ops.tan(ops.multiply(ops.cast(degrees, "float32"), math.pi / 180))


def _absolute(form: str, where: str) -> str:
    form = known(form, "bounding_box_format", where)
    if form.startswith("rel_"):
        raise ArgumentError(f"`{where}` needs boxes in pixels. Received bounding_box_format={form!r}. Convert them.")
    return form
