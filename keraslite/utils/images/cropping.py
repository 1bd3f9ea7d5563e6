"""The part of an image that has given proportions, or the place of a whole image in a frame that has."""

from __future__ import annotations

from typing import TypeVar, cast

from keraslite.ops.dimension import Size
from keraslite.ops.sizes import smaller

__all__ = ["centre", "inside"]

S = TypeVar("S", bound=Size)


def centre(height: S, width: S, to_height: int, to_width: int) -> tuple[S, S, S, S]:
    """The largest part in the middle that has the proportions of a target: top, left, height and width."""
    rows = smaller(height, cast("S", width * to_height // to_width))
    columns = smaller(width, cast("S", height * to_width // to_height))
    return cast("tuple[S, S, S, S]", ((height - rows) // 2, (width - columns) // 2, rows, columns))


def inside(height: int, width: int, to_height: int, to_width: int) -> tuple[int, int, int, int]:
    """The size of a whole image in the middle of a target, with its proportions: top, left, height and width."""
    ratio = max(height / to_height, width / to_width)
    rows, columns = height / ratio, width / ratio
    return int((to_height - rows) / 2), int((to_width - columns) / 2), max(int(rows), 1), max(int(columns), 1)
