"""Histograms of images, and contrasts that follow from them."""

from __future__ import annotations

from typing import cast

from keraslite import ops
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.tones import NUDGE, ValueRange, levels
from keraslite.ops.dimension import Size, apply

__all__ = ["equalized", "locally_equalized"]

_LEVELS = 256


def equalized(images: Tensor, value_range: ValueRange, bins: int) -> Tensor:
    """Images whose levels are about equally frequent in each channel.

    Args:
        images: floats `(batch, channels, height, width)`.
        value_range: the range of values.
        bins: how many levels there are.

    Returns:
        The same shape; each value is one of 256 levels of the range. Channels of one level stay as they are.
    """
    low, high = value_range
    batch, channels, height, width = ops.shape(images)
    found = ops.reshape(levels(images, value_range, bins), (batch * channels, height * width))
    below = ops.cumsum(ops.cast(_counts(found, batch * channels, bins), "float32"), -1)
    pixels = below[:, -1:]
    first = ops.min(ops.where(below > 0, below, pixels), -1, keepdims=True)
    steps = ops.floor(ops.divide_no_nan(below - first, pixels - first) * 255.0 + (0.5 + NUDGE))
    table = steps * ((high - low) / 255.0) + low
    result = ops.reshape(ops.take_along_axis(table, found, -1), (batch, channels, height, width))
    even = ops.reshape(ops.equal(first, pixels), (batch, channels, 1, 1))
    return ops.where(even, images, ops.cast(result, ops.dtype(images)))


def locally_equalized(images: Tensor, value_range: ValueRange, clip_limit: float, grid: tuple[int, int]) -> Tensor:
    """Images equalized tile by tile, with limited contrast (Zuiderveld, 1994).

    Args:
        images: floats `(batch, channels, height, width)`.
        value_range: the range of values.
        clip_limit: how many times the mean count a level may count; what is above is spread over all levels. 0 or less
            for no limit.
        grid: the numbers of tiles (down, to the side). Where they do not divide the sizes, the last rows and columns
            are repeated.

    Returns:
        The same shape. Between the middles of tiles, their tables are mixed in proportion to the distance.
    """
    low, high = value_range
    batch, channels, height, width = ops.shape(images)
    rows = batch * channels
    found = ops.reshape(levels(images, value_range), (rows, height, width))
    down, across = (_Tiles(size, count) for size, count in zip((height, width), grid, strict=True))
    tiles = ops.reshape(_tables(found, down, across, clip_limit), (-1,))
    row = ops.reshape(ops.arange(rows, dtype="int32"), (-1, 1, 1)) * (grid[0] * grid[1])
    result = 0.0
    for y, y_share in down.neighbours():
        for x, x_share in across.neighbours():
            tile = row + ops.reshape(y, (-1, 1)) * grid[1] + x
            result = result + ops.take(tiles, tile * _LEVELS + found) * (ops.reshape(y_share, (-1, 1)) * x_share)
    result = ops.reshape(result * ((high - low) / 255.0) + low, (batch, channels, height, width))
    return ops.cast(result, ops.dtype(images))


class _Tiles:
    """Tiles along one axis."""

    def __init__(self, size: Size, count: int):
        self.size, self.count = cast("int", size), count  # while shapes are inferred, ops take sizes that are unknown
        self.length = cast("int", apply("//", size + count - 1, count))

    def places(self) -> tuple[Tensor, Tensor]:
        """For each place of whole tiles: the place in the image, which its last one fills up, and the tile."""
        every = ops.arange(self.length * self.count, dtype="int32")
        return ops.minimum(every, self.size - 1), ops.floor_divide(every, self.length)

    def neighbours(self) -> list[tuple[Tensor, Tensor]]:
        """The two tiles whose middles are around each place of the image, with their shares."""
        middle = ops.arange(self.size, dtype="float32") / ops.cast(self.length, "float32") - 0.5
        before = ops.floor(middle)
        share = middle - before
        tiles = (ops.clip(ops.cast(before, "int32") + k, 0, self.count - 1) for k in (0, 1))
        return list(zip(tiles, (1.0 - share, share), strict=True))


def _tables(found: Tensor, down: _Tiles, across: _Tiles, clip_limit: float) -> Tensor:
    """What each level becomes in each tile, from 0 to 255: `(rows, tiles, levels)`."""
    (rows, row_tiles), (columns, column_tiles) = down.places(), across.places()
    whole = ops.take(ops.take(found, rows, 1), columns, 2)
    tile = ops.reshape(row_tiles, (-1, 1)) * across.count + column_tiles
    count, pixels = ops.shape(found)[0], down.length * down.count * across.length * across.count
    shape = (count, down.count * across.count * _LEVELS)
    places = ops.reshape(tile * _LEVELS + whole, (count, pixels))
    counts = ops.cast(ops.reshape(_counts(places, *shape), (count, -1, _LEVELS)), "float32")
    total = ops.sum(counts, -1, keepdims=True)
    if clip_limit > 0:
        kept = ops.minimum(counts, ops.floor(clip_limit * total / _LEVELS))
        counts = kept + (total - ops.sum(kept, -1, keepdims=True)) / _LEVELS
    below = ops.cumsum(counts, -1)
    return ops.divide_no_nan(below - below[..., :1], total - below[..., :1]) * 255.0


def _counts(places: Tensor, rows: Size, count: int) -> Tensor:
    """How often each of `count` places occurs in each row, `(rows, count)`."""
    flat = places + ops.reshape(ops.arange(rows, dtype="int32"), (-1, 1)) * count
    flat = ops.reshape(flat, (-1,))
    return ops.reshape(ops.segment_sum(ops.ones_like(flat), flat, cast("int", rows) * count), (rows, count))
