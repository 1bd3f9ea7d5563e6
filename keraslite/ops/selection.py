"""Membership, partial order, coordinates of flat indices, choice among several tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keraslite.backend import dtypes as lattice
from keraslite.errors import DTypeError
from keraslite.ops.comparison import equal, isnan, logical_not, where
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.creation import full
from keraslite.ops.declare import AxisIndex, Shape, Tensor, TensorLike, TensorsLike, composite, given
from keraslite.ops.dimension import same as same_size
from keraslite.ops.division import floor_divide, mod
from keraslite.ops.dtype import Names, compare, first, result_type
from keraslite.ops.elementwise import minimum
from keraslite.ops.indexing import take
from keraslite.ops.manipulation import ravel
from keraslite.ops.nan import nanmax
from keraslite.ops.shape import Dims, Mismatch, broadcast, product
from keraslite.ops.sorting import argsort, searchsorted, sort, to_index

__all__ = ["argpartition", "isin", "select", "unravel_index"]


# ---- membership ---------------------------------------------------------------------------------------------


@composite(shape=lambda x1, *rest: x1, dtype=compare)
def isin(x1: TensorLike, x2: TensorLike, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Return whether each element is one of others. NaN never is.

    Args:
        x1: a tensor of any shape.
        x2: the others, of any shape.
        assume_unique: accepted as in NumPy, without effect; False by default.
        invert: whether to return the opposite; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.isin([1, 2, 3], [1, 3])).tolist()
        [True, False, True]
    """
    x2 = ravel(x2)
    if same_size(dims_of(x2)[0], 0):
        return full(dims_of(x1), invert, "bool")
    if lattice.is_float(dtype_of(x2)):  # NaN has no place in an order
        x2 = where(isnan(x2), nanmax(x2), x2)
    x2 = sort(x2)
    place = minimum(searchsorted(x2, x1), dims_of(x2)[0] - 1)
    found = equal(take(x2, place, 0), x1)
    return logical_not(found) if invert else found


# ---- order --------------------------------------------------------------------------------------------------


def _partitioned(x: Dims, kth: Any, axis: int | None = -1) -> Dims:
    size = product(x) if axis is None else x[axis]
    places = kth if isinstance(kth, tuple) else (kth,)
    for k in places:
        if isinstance(k, bool) or not hasattr(k, "__index__"):
            raise Mismatch(f"needs `kth` to be an integer or several. Received {kth!r}.")
        if isinstance(size, int) and not -size <= k < size:
            raise Mismatch(f"needs `kth` from {-size} to {size - 1} for an axis of size {size}. Received {kth}.")
    return (size,) if axis is None else x


@composite(shape=_partitioned, dtype=to_index, eager_check=True)
def argpartition(x: TensorLike, kth: int, axis: AxisIndex = -1) -> Tensor:
    """Return indices that put the element of a given rank in its place, with smaller ones before it; as int32.

    The other elements are sorted too, and equal ones stay in order; so the result is the same on every engine.

    Args:
        x: a tensor of any shape.
        kth: the rank, counted from 0, or several.
        axis: the axis; -1 by default, None for the flattened tensor.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.argpartition([3, 1, 2], 1)).tolist()
        [1, 2, 0]
    """
    return argsort(x, axis)


# ---- coordinates --------------------------------------------------------------------------------------------


def _coordinates(indices: Dims, shape: Dims) -> list[Dims]:
    return [indices] * len(shape)


def _integers(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    own = first(dtypes, attributes)[1]
    if not lattice.is_int(own):
        raise DTypeError(f"`unravel_index` needs integer indices. Received dtype {own}. Use `ops.cast` first.")
    return (own,), own


@composite(shape=_coordinates, dtype=_integers)
def unravel_index(indices: TensorLike, shape: Shape) -> tuple[Tensor, ...]:
    """Return the coordinates of indices into a flattened tensor.

    Args:
        indices: integers of any shape. Negative ones count from the end; those beyond the end begin anew.
        shape: of the tensor.

    Returns:
        A tuple with one tensor for each axis, of the shape and dtype of `indices`.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.unravel_index([0, 3], (2, 2))]
        [[0, 1], [0, 1]]
    """
    indices = given(indices)
    sizes: Any = shape
    total = product(sizes)
    # Not in the indices' own dtype, in which the sizes may not fit.
    wide = dtype_of(indices) in ("int64", "uint32", "uint64") or (isinstance(total, int) and total >= 2**31)
    indices = cast(indices, "int64" if wide else "int32")
    return tuple(mod(floor_divide(indices, product(sizes[i + 1 :])), size) for i, size in enumerate(sizes))


# ---- choice -------------------------------------------------------------------------------------------------


def _chosen(condlist: list[Dims], choicelist: list[Dims], default: Dims) -> Dims:
    if not condlist or len(condlist) != len(choicelist):
        raise Mismatch(
            "needs one tensor in `choicelist` for each condition in `condlist`, and at least one. "
            f"Received {len(condlist)} conditions and {len(choicelist)} choices."
        )
    return broadcast(*condlist, *choicelist, default)


def _choices(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    count = (len(dtypes) - 1) // 2
    common = result_type(dtypes[count:])
    return ("bool",) * count + (common,) * (len(dtypes) - count), common


@composite(shape=_chosen, dtype=_choices, eager_check=True)
def select(condlist: TensorsLike, choicelist: TensorsLike, default: TensorLike = 0) -> Tensor:
    """Return, for each element, the choice of the first condition that holds.

    Args:
        condlist: a sequence of bool tensors.
        choicelist: as many tensors or numbers. All broadcast to one shape, and choices have one dtype.
        default: what is returned where no condition holds; 0 by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.select([[True, False], [True, True]], [[1, 1], [2, 2]])).tolist()
        [1, 2]
    """
    result = given(default)
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = where(condition, choice, result)
    return result
