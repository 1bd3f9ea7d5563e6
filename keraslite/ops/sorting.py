"""Order: sorting, searching, counting."""

from __future__ import annotations

from collections.abc import Mapping

from keraslite.errors import ArgumentError
from keraslite.ops.declare import AxisIndex, Tensor, TensorLike, composite, primitive
from keraslite.ops.dimension import Dimension
from keraslite.ops.dtype import Names, first, result_type
from keraslite.ops.dtype import same as same_dtype
from keraslite.ops.shape import Dims, product, same_as_first, shown

__all__ = ["argsort", "digitize", "nonzero", "searchsorted", "sort", "top_k"]


def to_index(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Operands keep their dtypes; the result is int32."""
    return first(dtypes, attributes)[0], "int32"


def _flat_or_same(x: Dims, axis: int | None = -1) -> Dims:
    return (product(x),) if axis is None else x


@primitive(shape=_flat_or_same, dtype=same_dtype)
def sort(x: TensorLike, axis: AxisIndex = -1) -> Tensor:
    """Sort elements in rising order.

    Args:
        x: a tensor of any shape.
        axis: the axis; -1 by default, None for the flattened tensor.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.sort([3, 1, 2])).tolist()
        [1, 2, 3]
    """
    ...


@primitive(shape=_flat_or_same, dtype=to_index)
def argsort(x: TensorLike, axis: AxisIndex = -1) -> Tensor:
    """Return the indices that sort a tensor, as int32; equal elements stay in order.

    Args:
        x: a tensor of any shape.
        axis: the axis; -1 by default, None for the flattened tensor.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.argsort([3, 1, 2])).tolist()
        [1, 2, 0]
    """
    ...


def _top(x: Dims, k: int, sorted: bool = True) -> list[Dims]:
    if not x or (isinstance(x[-1], int) and not 0 <= k <= x[-1]):
        raise ArgumentError(f"`top_k` needs `k` from 0 to the size of the last axis. Received shape {shown(x)}, k={k}.")
    return [(*x[:-1], k)] * 2


def _value_and_index(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, tuple[str, str]]:
    own = result_type(dtypes)
    return (own,), (own, "int32")


@primitive(shape=_top, dtype=_value_and_index, eager_check=True)
def top_k(x: TensorLike, k: int, sorted: bool = True) -> Tensor:
    """Return the `k` largest elements of the last axis, and their indices.

    Args:
        x: a tensor of at least one axis.
        k: how many, at most the size of the last axis.
        sorted: accepted as in Keras: the largest is always first.

    Returns:
        `(values, indices)`; indices are int32.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.top_k([3, 1, 2], 2)]
        [[3, 2], [0, 2]]
    """
    ...


# ---- searching ----------------------------------------------------------------------------------------------


def _searched(sorted_sequence: Dims, values: Dims, side: str = "left") -> Dims:
    if side not in ("left", "right"):
        raise ArgumentError(f"`searchsorted` needs `side` to be 'left' or 'right'. Received {side!r}.")
    if len(sorted_sequence) != 1:
        raise ArgumentError(
            f"`searchsorted` needs a sorted sequence of rank 1. Received shape {shown(sorted_sequence)}. "
            "Use `ops.vectorized_map` for several."
        )
    return values


def _searching(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    return (result_type(dtypes),) * 2, "int32"


@primitive(shape=_searched, dtype=_searching, eager_check=True)
def searchsorted(sorted_sequence: TensorLike, values: TensorLike, side: str = "left") -> Tensor:
    """Return where to insert values into a sorted sequence, as int32.

    Args:
        sorted_sequence: a vector in rising order.
        values: a tensor of any shape.
        side: "left" (default) for the place before equal elements, "right" for the place after them.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.searchsorted([1, 3, 5], [3, 4])).tolist()
        [1, 2]
    """
    ...


@composite(shape=same_as_first, dtype=_searching)
def digitize(x: TensorLike, bins: TensorLike) -> Tensor:
    """Return how many bins are at or below each element, as int32.

    Args:
        x: a tensor of any shape.
        bins: a vector in rising order.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.digitize([0.5, 1.5], [0.0, 1.0, 2.0])).tolist()
        [1, 2]
    """
    return searchsorted(bins, x, "right")


# ---- sizes that depend on values ----------------------------------------------------------------------------


def _indices(x: Dims) -> list[Dims]:
    found = Dimension("nonzero")
    return [(found,) for _ in x]


@primitive(shape=_indices, dtype=to_index)
def nonzero(x: TensorLike) -> Tensor:
    """Return the indices of the elements that are not 0, as int32.

    Args:
        x: a tensor of any shape.

    Returns:
        A tuple with one tensor for each axis.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.nonzero([0, 3, 0, 5])]
        [[1, 3]]
    """
    ...
