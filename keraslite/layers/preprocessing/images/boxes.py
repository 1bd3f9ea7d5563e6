"""Bounding boxes: their formats, and the borders of an image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from keraslite import check, ops
from keraslite.backend import dtypes
from keraslite.backend.contract import DTypeLike, Tensor, TensorLike
from keraslite.errors import ArgumentError

__all__ = [
    "FORMATS",
    "between",
    "clip_to_image_size",
    "convert_format",
    "corners",
    "four",
    "from_corners",
    "known",
    "size_of",
]

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
    source, target = known(source, "source"), known(target, "target")
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
        values = ops.cast(four(values, "convert_format"), name if dtypes.is_float(name) else "float32")
        both = [size if isinstance(size, (int, float)) else ops.cast(size, ops.dtype(values)) for size in sizes]
        return ops.cast(from_corners(corners(values, source, *both), target, *both), name)

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
    form = known(bounding_box_format, "bounding_box_format", "clip_to_image_size")
    relative = form.startswith("rel_")
    if not relative and (height is None or width is None):
        raise ArgumentError(
            f"`clip_to_image_size` needs `height` and `width` for bounding_box_format={form!r}. Received "
            f"height={height}, width={width}."
        )
    boxes = four(cast("TensorLike", bounding_boxes["boxes"]), "clip_to_image_size")
    across, down = (1, 1) if relative else (size_of(width, boxes), size_of(height, boxes))
    x0, y0, x1, y1 = ops.unstack(corners(boxes, form, 1, 1), 4, -1)
    x0, x1 = between(x0, across), between(x1, across)
    y0, y1 = between(y0, down), between(y1, down)
    result = ops.cast(from_corners(ops.stack([x0, y0, x1, y1], -1), form, 1, 1), ops.dtype(boxes))
    empty = ops.less_equal((x1 - x0) * (y1 - y0), 0)
    clipped: dict[str, object] = {**bounding_boxes, "boxes": result}
    if "labels" in bounding_boxes:
        labels = ops.convert_to_tensor(bounding_boxes["labels"])
        clipped["labels"] = ops.where(empty, ops.cast(-1, ops.dtype(labels)), labels)
    return clipped


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


def from_corners(boxes: Tensor, form: str, height: float | Tensor, width: float | Tensor) -> Tensor:
    """Boxes (left, top, right, bottom) in a format, relative to the sizes of the image if the format is."""
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


def between(x: Tensor, high: float | Tensor) -> Tensor:
    """`x`, but at least 0 and at most `high`."""
    return ops.minimum(ops.maximum(x, 0), high)


def four(boxes: TensorLike, where: str) -> Tensor:
    """Boxes as a tensor; an error unless each has four numbers."""
    found: Tensor = ops.convert_to_tensor(boxes)
    if not len(ops.shape(found)) or ops.shape(found)[-1] != 4:
        raise ArgumentError(f"`{where}` needs boxes with a last axis of size 4. Received shape {tuple(found.shape)}.")
    return found


def known(form: str, name: str, where: str = "convert_format") -> str:
    """The name of a format in lower case; an error if there is no such format."""
    return check.one_of(form.lower() if isinstance(form, str) else form, FORMATS, name, where)


def _on_boxes(fn: Callable[[TensorLike], Tensor], boxes: BoxesLike) -> BoxesLike:
    if isinstance(boxes, Mapping):
        return cast("BoxesLike", {**boxes, "boxes": fn(cast("TensorLike", boxes["boxes"]))})
    return cast("BoxesLike", fn(cast("TensorLike", boxes)))
