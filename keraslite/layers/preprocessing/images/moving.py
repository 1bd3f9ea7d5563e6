"""Bounding boxes moved with their images by the layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from keraslite import ops
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import boxes as formats
from keraslite.layers.preprocessing.images.data import Boxes, Length

__all__ = ["around", "moved_boxes"]

Corners = Callable[[Tensor, Tensor, Tensor, Tensor], "tuple[Tensor, ...]"]


def moved_boxes(
    boxes: Boxes,
    form: str | None,
    size: tuple[Length, Length],
    move: Corners,
    new_size: tuple[Length, Length] | None = None,
) -> Boxes:
    """Boxes whose corners were moved, cut at the borders of the image. Those left without an area get the label -1.

    Boxes that fill up a batch, of label -1, stay as they are.

    Args:
        boxes: "boxes" `(batch, boxes, 4)`, "labels" `(batch, boxes)`.
        form: the format of "boxes".
        size: (height, width) of the images.
        move: what becomes of left, top, right and bottom, in pixels.
        new_size: (height, width) of the images afterwards; None for `size`.
    """
    form = (form or "xyxy").lower()
    old, name = boxes["boxes"], ops.dtype(boxes["boxes"])
    values = ops.cast(old, name if dtypes.is_float(name) else "float32")
    name = ops.dtype(values)
    found = ops.cast(formats.convert_format(values, form, "xyxy", *size, dtype=name), "float32")
    moved: Boxes = {**boxes, "boxes": ops.stack(move(*ops.unstack(found, 4, -1)), -1)}
    height, width = size if new_size is None else new_size
    moved = cast("Boxes", formats.clip_to_image_size(moved, height, width))
    result = formats.convert_format(moved["boxes"], "xyxy", form, height, width, dtype=name)
    if "labels" in boxes:
        result = ops.where(ops.expand_dims(ops.equal(boxes["labels"], -1), -1), values, result)
    return {**moved, "boxes": result}


def around(move: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> Corners:
    """What becomes of a box if `move` says what becomes of points: the smallest one around its four corners.

    `move` takes and returns x and y, `(batch, boxes, 4)`.
    """

    def corners(x0: Tensor, y0: Tensor, x1: Tensor, y1: Tensor) -> tuple[Tensor, ...]:
        x, y = move(ops.stack([x0, x1, x1, x0], -1), ops.stack([y0, y0, y1, y1], -1))
        return ops.min(x, -1), ops.min(y, -1), ops.max(x, -1), ops.max(y, -1)

    return corners
