"""Images seen through projective transforms, in parts that stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .quiet import quiet as _quiet

_SMALL, _LARGE = 1 << 15, 1 << 18  # pixels of a part: small images go together, large ones are cut into rows


@_quiet
def warp_images(images: Any, transform: Any, order: Any, mode: Any, value: Any) -> Any:
    result = np.empty(images.shape, images.dtype)
    if not result.size:
        return result
    transform = np.broadcast_to(transform, (len(images), 8))
    for some, rows in _parts(*images.shape[:3]):
        x, y = _places(transform[some], rows, images.shape[2])
        _draw(result[some, rows], images[some], (x, y), order, mode, value)
    return result


def _parts(count: int, height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Which images and which rows to draw at once."""
    together, rows = max(_SMALL // (height * width), 1), min(max(_LARGE // width, 1), height)
    for image in range(0, count, together):
        for row in range(0, height, rows):
            yield slice(image, image + together), slice(row, min(row + rows, height))


def _places(transform: np.ndarray, rows: slice, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns and rows that the pixels of a part come from, each `(images, rows, width)`."""
    a0, a1, a2, b0, b1, b2, c0, c1 = transform.T[..., None, None]
    x = np.arange(width, dtype=transform.dtype)
    y = np.arange(rows.start, rows.stop, dtype=transform.dtype)[:, None]

    def plane(across: np.ndarray, down: np.ndarray, offset: np.ndarray | int) -> np.ndarray:
        result = across * x + down * y
        result += offset
        return result

    columns, lines = plane(a0, a1, a2), plane(b0, b1, b2)
    if c0.any() or c1.any():
        scale = plane(c0, c1, 1)
        scale[scale == 0] = 1e-12  # the horizon
        columns /= scale
        lines /= scale
    return columns, lines


def _draw(
    out: np.ndarray, images: np.ndarray, places: tuple[np.ndarray, ...], order: int, mode: str, value: float
) -> None:
    """Write the pixels at `places`, which may be changed, into `out`."""
    sizes = images.shape[2], images.shape[1]
    nowhere = None
    for place, size in zip(places, sizes, strict=True):
        unknown = _bound(place, size, mode, order)
        nowhere = unknown if nowhere is None else nowhere if unknown is None else nowhere | unknown
    (columns, across, x), (lines, down, y) = (_split(p, n, order, mode) for p, n in zip(places, sizes, strict=True))
    cells, width = _cells(images, lines, columns, mode, value)
    y *= width
    y += x
    y += np.arange(0, len(images) * len(lines) * width, len(lines) * width)[:, None, None]
    for channel, plane in enumerate(cells):
        out[..., channel] = _at(plane, y, width, across, down) if order else plane.take(y, mode="clip")
    if order and nowhere is not None:
        out[nowhere] = np.nan


def _bound(place: np.ndarray, size: int, mode: str, order: int) -> np.ndarray | None:
    """Limit positions along an axis, in place. Returns where there is none, or None if there is one everywhere."""
    unknown = None
    low, high = place.min(), place.max()
    if not np.isfinite(low + high):
        unknown = np.isnan(place) if mode in ("constant", "nearest") else ~np.isfinite(place)
        place[unknown] = -1 if mode == "constant" else 0
        unknown = unknown if unknown.any() else None
    if mode == "constant":
        np.clip(place, -1, size, out=place)
    elif mode == "nearest":
        np.clip(place, 0, size - 1, out=place)
    elif low < -size or high > 2 * size:
        np.mod(place, _PERIODS[mode](size), out=place)
    return unknown


def _split(place: np.ndarray, size: int, order: int, mode: str) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """The elements from the first to the last that positions lie between, the shares of the later of two, and where
    in those elements the earlier one is."""
    if not order:
        place += place.dtype.type(0.5)
    low = np.floor(place)
    first, last = int(low.min()), int(low.max()) + order
    share = np.subtract(place, low, out=place) if order else None
    low -= first
    elements = np.arange(first, last + 1)
    if mode == "constant":
        elements[(elements < 0) | (elements >= size)] = -1
    elif mode == "nearest":
        elements = elements.clip(0, size - 1)
    else:
        elements %= _PERIODS[mode](size)
        elements = elements if mode == "wrap" else np.minimum(elements, _MIRRORS[mode](size) - elements)
    return elements, share, low.astype(np.intp)


#: After how many elements an axis repeats itself, and what an element and its mirror image sum up to.
_PERIODS: dict[str, Callable[[int], int]] = {
    "wrap": lambda n: n,
    "reflect": lambda n: 2 * n,
    "mirror": lambda n: max(2 * n - 2, 1),
}
_MIRRORS: dict[str, Callable[[int], int]] = {"reflect": lambda n: 2 * n - 1, "mirror": lambda n: 2 * n - 2}


def _cells(
    images: np.ndarray, lines: np.ndarray, columns: np.ndarray, mode: str, value: float
) -> tuple[np.ndarray, int]:
    """Those rows and columns of images, as one flat array for each channel, and how many columns there are."""
    planes = np.array(np.moveaxis(images, -1, 0), order="C")
    if not _is_whole(columns, planes.shape[3]):
        planes = planes.take(columns, 3, mode="wrap")
    if not _is_whole(lines, planes.shape[2]):
        planes = planes.take(lines, 2, mode="wrap")
    if mode == "constant":
        planes[:, :, lines < 0] = value
        planes[:, :, :, columns < 0] = value
    return planes.reshape(len(planes), -1), len(columns)


def _is_whole(elements: np.ndarray, size: int) -> bool:
    return len(elements) == size and elements[0] == 0 and elements[-1] == size - 1


def _at(plane: np.ndarray, index: np.ndarray, width: int, across: Any, down: Any) -> np.ndarray:
    """Values between four cells: at `index`, right of it, and in the row below them."""
    upper = _between(plane, index, plane[1:], across)
    lower = _between(plane[width:], index, plane[width + 1 :], across)
    lower -= upper
    lower *= down
    upper += lower
    return upper


def _between(first: np.ndarray, index: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    value, other = first.take(index, mode="clip"), second.take(index, mode="clip")
    other -= value
    other *= share
    value += other
    return value
