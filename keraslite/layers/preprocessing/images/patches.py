"""Rectangles in images, as masks."""

from __future__ import annotations

from keraslite import ops
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.data import Length

__all__ = ["permuted", "rectangles"]


def rectangles(
    top: Tensor, left: Tensor, height: Tensor, width: Tensor, size: tuple[Length, Length], data_format: str
) -> Tensor:
    """Masks with one axis of channels of size 1: True from `top` and `left` on, for `height` rows and `width` columns.

    Args:
        top: the first row per image, `(batch,)`, as the next three whole numbers in floats.
        left: the first column.
        height: rows.
        width: columns.
        size: (height, width) of the images.
        data_format: of the masks.
    """
    rows, columns = (_inside(*each) for each in ((top, height, size[0]), (left, width, size[1])))
    both = ops.logical_and(ops.expand_dims(rows, 2), ops.expand_dims(columns, 1))
    return ops.expand_dims(both, -1 if data_format == "channels_last" else -3)


def _inside(start: Tensor, count: Tensor, length: Length) -> Tensor:
    start, count = ops.reshape(start, (-1, 1)), ops.reshape(count, (-1, 1))
    places = ops.reshape(ops.arange(0, length, dtype="float32"), (1, -1))
    return ops.logical_and(ops.greater_equal(places, start), ops.less(places, start + count))


def permuted(drawn: Tensor) -> Tensor:
    """A random order of as many indices as numbers were drawn."""
    return ops.cast(ops.argsort(drawn), "int32")
