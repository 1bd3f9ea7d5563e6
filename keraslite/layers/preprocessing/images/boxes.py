"""Bounding boxes: their formats, and how they move with an image."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from keraslite import check, ops
from keraslite.backend import dtypes
from keraslite.backend.contract import DTypeLike, Tensor, TensorLike
from keraslite.errors import ArgumentError

__all__ = ["FORMATS", "affine_transform", "clip_to_image_size", "convert_format", "corners", "crop", "pad", "size_of"]

FORMATS = ("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")
#: Boxes, alone or with what belongs to them, under "boxes".
BoxesLike = TypeVar("BoxesLike", bound="TensorLike | Mapping[str, object]")
_Size = float | Tensor | None


def convert_format(
    boxes: BoxesLike,
    source: str,
    target: str,
    height: int | Tensor | None = None,
    width: int | Tensor | None = None,
    dtype: DTypeLike = "float32",
) -> BoxesLike:
    """Convert boxes from one format to another.

    In the formats, x counts columns from the left and y rows from the top. "xyxy" is (left, top, right, bottom), "yxyx"
    (top, left, bottom, right), "xywh" (left, top, width, height), "center_xywh" and "center_yxhw" have the centre in
    place of the corner. With "rel_" in front, numbers are fractions of the image's width and height.

    Args:
        boxes: an array or tensor `(..., 4)`, or a dict with such "boxes".
        source: the format of `boxes`, in any case: one of those above, "rel_" with the first four.
        target: the format of the result.
        height: rows of the image: an int or a tensor that broadcasts to one number per box. Default: None; needed if
            one format is relative and the other is not.
        width: columns of the image, as `height`.
        dtype: of the result. Default: "float32".

    Returns:
        The boxes in the shape of `boxes`. A dict keeps what else is in it.

    Raises:
        ArgumentError: for an unknown format, a last axis of another size than 4, or sizes that are missing.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> from keraslite.utils import bounding_boxes
        >>> boxes = bounding_boxes.convert_format(np.array([[10, 20, 30, 60]]), "xyxy", "center_xywh")
        >>> ops.convert_to_numpy(boxes).tolist()
        [[20.0, 40.0, 20.0, 40.0]]
    """
    source, target = _known(source, "source"), _known(target, "target")
    sizes: tuple[float | Tensor, float | Tensor] = (1, 1)  # where both count in the same way
    if height is not None and width is not None:
        sizes = (height, width)
    elif source.startswith("rel_") != target.startswith("rel_"):
        raise ArgumentError(
            f"`convert_format` needs `height` and `width` to convert from {source!r} to {target!r}. Received "
            f"height={height}, width={width}."
        )
    name = dtypes.canonical(dtype)

    def convert(values: TensorLike) -> Tensor:
        values = ops.cast(_four(values, "convert_format"), name if dtypes.is_float(name) else "float32")
        both = [size if isinstance(size, (int, float)) else ops.cast(size, ops.dtype(values)) for size in sizes]
        return ops.cast(_from_corners(corners(values, source, *both), target, *both), name)

    return _on_boxes(convert, boxes)


def clip_to_image_size(
    bounding_boxes: Mapping[str, object],
    height: int | Tensor | None = None,
    width: int | Tensor | None = None,
    bounding_box_format: str = "xyxy",
) -> dict[str, object]:
    """Cut boxes at the borders of the image. Boxes without an area get the label -1.

    Args:
        bounding_boxes: a dict with "boxes" `(boxes, 4)` or `(batch, boxes, 4)` and "labels" `(boxes,)` or
            `(batch, boxes)`.
        height: rows of the image. Default: None; needed for a format that is not relative.
        width: columns of the image. Default: None, as `height`.
        bounding_box_format: as in `convert_format`. Default: "xyxy".

    Returns:
        The dict with new boxes and labels, in their dtypes.

    Raises:
        ArgumentError: for an unknown format, or sizes that are missing.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> from keraslite.utils import bounding_boxes
        >>> boxes = {"boxes": np.array([[-5, 10, 20, 200], [110, 0, 120, 9]]), "labels": np.array([1, 2])}
        >>> clipped = bounding_boxes.clip_to_image_size(boxes, height=100, width=100)
        >>> ops.convert_to_numpy(clipped["labels"]).tolist()
        [1, -1]
    """
    form = _known(bounding_box_format, "bounding_box_format", "clip_to_image_size")
    relative = form.startswith("rel_")
    if not relative and (height is None or width is None):
        raise ArgumentError(
            f"`clip_to_image_size` needs `height` and `width` for bounding_box_format={form!r}. Received "
            f"height={height}, width={width}."
        )
    boxes = _four(cast("TensorLike", bounding_boxes["boxes"]), "clip_to_image_size")
    across, down = (1, 1) if relative else (size_of(width, boxes), size_of(height, boxes))
    x0, y0, x1, y1 = ops.unstack(corners(boxes, form, 1, 1), 4, -1)
    x0, x1 = _between(x0, across), _between(x1, across)
    y0, y1 = _between(y0, down), _between(y1, down)
    result = ops.cast(_from_corners(ops.stack([x0, y0, x1, y1], -1), form, 1, 1), ops.dtype(boxes))
    empty = ops.less_equal((x1 - x0) * (y1 - y0), 0)
    clipped: dict[str, object] = {**bounding_boxes, "boxes": result}
    if "labels" in bounding_boxes:
        labels = ops.convert_to_tensor(bounding_boxes["labels"])
        clipped["labels"] = ops.where(empty, ops.cast(-1, ops.dtype(labels)), labels)
    return clipped


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
    form, boxes = _absolute(bounding_box_format, "crop"), _four(boxes, "crop")
    x0, y0, x1, y1 = ops.unstack(corners(boxes, form, 1, 1), 4, -1)
    top, left, height, width = (size_of(each, boxes) for each in (top, left, height, width))
    x0, x1 = (_between(x - left, width) for x in (x0, x1))
    y0, y1 = (_between(y - top, height) for y in (y0, y1))
    return ops.cast(_from_corners(ops.stack([x0, y0, x1, y1], -1), form, 1, 1), ops.dtype(boxes))


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
    form, boxes = _absolute(bounding_box_format, "pad"), _four(boxes, "pad")
    x0, y0, x1, y1 = ops.unstack(corners(boxes, form, 1, 1), 4, -1)
    top, left = size_of(top, boxes), size_of(left, boxes)
    moved = ops.stack([x0 + left, y0 + top, x1 + left, y1 + top], -1)
    return ops.cast(_from_corners(moved, form, 1, 1), ops.dtype(boxes))


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
    form = _known(bounding_box_format, "bounding_box_format", "affine_transform")
    boxes = _four(boxes, "affine_transform")
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
    return ops.cast(_from_corners(found, form, down, across), name)


# ---- parts ------------------------------------------------------------------------------------------------------


def corners(boxes: Tensor, form: str, height: float | Tensor, width: float | Tensor) -> Tensor:
    """Boxes of a format as (left, top, right, bottom), in pixels if the sizes of the image are given."""
    a, b, c, d = ops.unstack(boxes, 4, -1)
    kind = form.removeprefix("rel_")
    if kind in ("yxyx", "center_yxhw"):
        a, b, c, d = b, a, d, c
    if kind.startswith("center_"):
        a, b = a - c / 2, b - d / 2
    if "h" in kind:
        c, d = a + c, b + d
    if form.startswith("rel_"):
        a, b, c, d = a * width, b * height, c * width, d * height
    return ops.stack([a, b, c, d], -1)


def _from_corners(boxes: Tensor, form: str, height: float | Tensor, width: float | Tensor) -> Tensor:
    a, b, c, d = ops.unstack(boxes, 4, -1)
    kind = form.removeprefix("rel_")
    if form.startswith("rel_"):
        a, b, c, d = a / width, b / height, c / width, d / height
    if "h" in kind:
        c, d = c - a, d - b
    if kind.startswith("center_"):
        a, b = a + c / 2, b + d / 2
    if kind in ("yxyx", "center_yxhw"):
        a, b, c, d = b, a, d, c
    return ops.stack([a, b, c, d], -1)


def size_of(value: _Size, boxes: Tensor) -> Tensor:
    """A number, or one per image, so that it broadcasts to the boxes without their last axis."""
    if value is None or isinstance(value, (int, float)):
        return cast("Tensor", value)
    rank = len(ops.shape(boxes)) - 1
    value = ops.cast(value, ops.dtype(boxes))
    shape = ops.shape(value)
    if len(shape) == 0 or len(shape) > rank:
        return ops.reshape(value, ()) if len(shape) == 0 else value
    return ops.reshape(value, (*shape, *[1] * (rank - len(shape))))


def _wide(x: Tensor) -> Tensor:
    """For each corner of each box."""
    return ops.expand_dims(x, -1) if len(ops.shape(x)) else x


def _tangent(degrees: Tensor) -> Tensor:
    return ops.tan(ops.multiply(ops.cast(degrees, "float32"), math.pi / 180))


def _between(x: Tensor, high: float | Tensor) -> Tensor:
    return ops.minimum(ops.maximum(x, 0), high)


def _four(boxes: TensorLike, where: str) -> Tensor:
    found: Tensor = ops.convert_to_tensor(boxes)
    if not len(ops.shape(found)) or ops.shape(found)[-1] != 4:
        raise ArgumentError(f"`{where}` needs boxes with a last axis of size 4. Received shape {tuple(found.shape)}.")
    return found


def _known(form: str, name: str, where: str = "convert_format") -> str:
    return check.one_of(form.lower() if isinstance(form, str) else form, FORMATS, name, where)


def _absolute(form: str, where: str) -> str:
    form = _known(form, "bounding_box_format", where)
    if form.startswith("rel_"):
        raise ArgumentError(f"`{where}` needs boxes in pixels. Received bounding_box_format={form!r}. Convert them.")
    return form


def _on_boxes(fn: Callable[[TensorLike], Tensor], boxes: BoxesLike) -> BoxesLike:
    if isinstance(boxes, Mapping):
        return cast("BoxesLike", {**boxes, "boxes": fn(cast("TensorLike", boxes["boxes"]))})
    return cast("BoxesLike", fn(cast("TensorLike", boxes)))
