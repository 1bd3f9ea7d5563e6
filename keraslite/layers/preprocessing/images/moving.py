"""Bounding boxes moved with their images by the layers."""

from __future__ import annotations

from collections.abc import Callable

from keraslite import ops
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import boxes as formats
from keraslite.layers.preprocessing.images.data import Boxes, Length

__all__ = ["moved_boxes"]

Corners = Callable[[Tensor, Tensor, Tensor, Tensor], "tuple[Tensor, ...]"]


def moved_boxes(
    boxes: Boxes,
    form: str | None,
    size: tuple[Length, Length],
    move: Corners,
    new_size: tuple[Length, Length] | None = None,
    clip: bool = True,
) -> Boxes:
    """Boxes whose corners were moved. Those that fill up a batch, of label -1, stay as they are.

    Args:
        boxes: "boxes" `(batch, boxes, 4)`, "labels" `(batch, boxes)`.
        form: the format of "boxes".
        size: (height, width) of the images.
        move: what becomes of left, top, right and bottom, in pixels.
        new_size: (height, width) of the images afterwards; None for `size`.
        clip: whether boxes are cut at the borders of the image, and those left without an area get the label -1.
    """
    form = (form or "xyxy").lower()
    old, name = boxes["boxes"], ops.dtype(boxes["boxes"])
    values = ops.cast(old, name if dtypes.is_float(name) else "float32")
    found = formats.convert_format(values, form, "xyxy", *size, dtype=ops.dtype(values))
    moved: Boxes = {**boxes, "boxes": ops.stack(move(*ops.unstack(found, 4, -1)), -1)}
    height, width = size if new_size is None else new_size
    if clip:
        moved = formats.clip_to_image_size(moved, height, width)
    result = formats.convert_format(moved["boxes"], "xyxy", form, height, width, dtype=ops.dtype(values))
    if "labels" in boxes:
        result = ops.where(ops.expand_dims(ops.equal(boxes["labels"], -1), -1), values, result)
    return {**moved, "boxes": result}
