"""Values of tensors between their elements, and beyond their borders."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from keraslite import check
from keraslite.backend import dtypes as lattice
from keraslite.errors import ArgumentError
from keraslite.ops.comparison import greater_equal, isinf, isnan, less, logical_and, where
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import Name, Tensor, TensorLike, composite, given
from keraslite.ops.dimension import may_equal
from keraslite.ops.division import mod
from keraslite.ops.elementwise import add, clip, maximum, minimum
from keraslite.ops.image.layout import as_working, own_and_floats, restored
from keraslite.ops.indexing import take
from keraslite.ops.manipulation import expand_dims, reshape, squeeze
from keraslite.ops.planning import whole_numbers
from keraslite.ops.rounding import floor
from keraslite.ops.shape import Dims, shown

#: What there is beyond the border.
FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


def _inside(index: Tensor, size: int, mode: str) -> Tensor:
    """The element, as a whole float in [0, size), that stands at any whole `index`."""
    if mode == "wrap":
        index = mod(index, size)
    elif mode == "reflect":
        index = mod(index, 2 * size)
        index = minimum(index, 2 * size - 1 - index)
    elif mode == "mirror":
        last = 2 * size - 2
        index = mod(index, max(last, 1) if isinstance(size, int) else maximum(last, 1))
        index = minimum(index, last - index)
    return index


def _neighbours(x: TensorLike, size: int, order: int, mode: str) -> list[tuple[Tensor, Any]]:
    """(whole position, weight) of the elements that make the value at `x`."""
    # Infinite places are beyond the border, or nowhere where there is none.
    x = clip(x, -2, size + 1) if mode in ("constant", "nearest") else where(isinf(x), float("nan"), x)
    if order == 0:
        return [(floor(x + 0.5), None)]
    low = floor(x)
    share = x - low
    return [(low, 1 - share), (low + 1, share)]


def _places(x: TensorLike, size: Any, order: int, mode: str) -> list[tuple[Tensor, Any, Any]]:
    """(element, weight, whether it is in the grid) of the elements along one axis that make the value at `x`."""
    found = []
    size = size if isinstance(size, int) else cast(size, dtype_of(x))  # an engine may know it when its graph runs
    for index, share in _neighbours(x, size, order, mode):
        within = logical_and(greater_equal(index, 0), less(index, size)) if mode == "constant" else None
        place = clip(_inside(index, size, mode), 0, size - 1)
        found.append((cast(where(isnan(place), 0, place), "int32"), share, within))
    return found


def fitting(value: float, dtype: str) -> float:
    """`value` as elements of `dtype` may have it: as integers rounded, an error if it is out of their range."""
    if lattice.is_float(dtype):
        return value
    whole = round(value)
    if dtype != "bool":
        whole_numbers(whole, dtype, "`fill_value`")
    return whole


def sample(
    cells: Tensor,
    sizes: Sequence[int],
    coordinates: Sequence[TensorLike],
    order: int,
    mode: str,
    value: float,
    first: Any = 0,
) -> Tensor:
    """Rows of `cells` at places between them.

    Args:
        cells: `(n, features)`, the elements of grids of `sizes` in row-major order; floats, except for order 0.
        sizes: of one grid.
        coordinates: one float tensor `(...)` for each size.
        order: 0 takes the nearest element, 1 interpolates linearly.
        mode: one of `FILL_MODES`.
        value: beyond the border with mode "constant".
        first: the row where the grid begins, broadcasts to the coordinates.

    Returns:
        `(..., features)`.
    """
    value = fitting(value, dtype_of(cells)) if mode == "constant" else value
    axes = [_places(x, size, order, mode) for x, size in zip(coordinates, sizes, strict=True)]
    result: Any = None
    for corner in itertools.product(*axes):
        row, weight, exists = first, None, None
        for (place, share, within), size in zip(corner, sizes, strict=True):
            if within is not None:
                exists = within if exists is None else logical_and(exists, within)
            row = add(row * size, place)
            weight = share if weight is None else weight * share
        taken = take(cells, row, 0)
        taken = taken if exists is None else where(expand_dims(exists, -1), taken, value)
        taken = taken if weight is None else taken * cast(expand_dims(weight, -1), dtype_of(cells))
        result = taken if result is None else result + taken
    return result


def _mapped(
    inputs: Dims, coordinates: Dims, order: object, fill_mode: object = "constant", fill_value: object = 0
) -> Dims:
    check.one_of(order, (0, 1), "order", "map_coordinates")
    check.one_of(fill_mode, FILL_MODES, "fill_mode", "map_coordinates")
    check.number(fill_value, "fill_value", "map_coordinates")
    if not inputs or not coordinates or not may_equal(coordinates[0], len(inputs)):
        raise ArgumentError(
            f"`map_coordinates` needs `coordinates` with one entry for each axis of `inputs` on their first axis. "
            f"Received shapes {shown(inputs)} and {shown(coordinates)}."
        )
    return coordinates[1:]


@composite(shape=_mapped, dtype=own_and_floats, eager_check=True)
def map_coordinates(
    inputs: TensorLike, coordinates: TensorLike, order: int, fill_mode: Name = "constant", fill_value: float = 0
) -> Tensor:
    """Return the values of a tensor at positions between its elements.

    Args:
        inputs: of any rank n from 1 on.
        coordinates: `(n, ...)` floats; element i has its centre at i.
        order: 0 takes the nearest element (of two the higher one), 1 interpolates linearly.
        fill_mode: what is beyond the border of a b c d: "constant" k k | a b c d | k k; "nearest" a a | a b c d | d d;
            "wrap" c d | a b c d | a b; "mirror" c b | a b c d | c b; "reflect" b a | a b c d | d c.
        fill_value: that k.

    Returns:
        `coordinates.shape[1:]`, in the dtype of `inputs`; integers are rounded. It has gradients by `coordinates`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> values = ops.image.map_coordinates(np.array([0.0, 10.0], "float32"), np.array([[0.5]], "float32"), order=1)
        >>> ops.convert_to_numpy(values).tolist()
        [5.0]
    """
    coordinates = given(coordinates)
    name, sizes = dtype_of(inputs), dims_of(inputs)
    cells = reshape(inputs if order == 0 else as_working(inputs), (-1, 1))
    places = [coordinates[i, ...] for i in range(len(sizes))]
    return restored(squeeze(sample(cells, sizes, places, order, fill_mode, fill_value), -1), name)
