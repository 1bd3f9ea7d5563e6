"""Writing at indices, sums by segment, and what is counted by it."""

from __future__ import annotations

import builtins
from collections.abc import Mapping

import numpy as np

from keraslite.errors import ArgumentError
from keraslite.ops.comparison import greater, greater_equal, isfinite, less, logical_and, logical_or, not_equal, where
from keraslite.ops.core import cast, convert_to_numpy, ndim
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.creation import full, zeros
from keraslite.ops.cumulative import cumsum
from keraslite.ops.declare import Name, Shape, Tensor, TensorLike, composite, given, primitive
from keraslite.ops.dimension import Dimension, Size, may_equal
from keraslite.ops.dtype import Dtypes, Names, first
from keraslite.ops.elementwise import add, multiply, subtract
from keraslite.ops.indexing import basic_index, indexed, take, take_along_axis
from keraslite.ops.manipulation import broadcast_to, concatenate, ravel, reshape
from keraslite.ops.order import moveaxis
from keraslite.ops.reduction import max, sum
from keraslite.ops.shape import Dims, shown
from keraslite.ops.sorting import argsort, nonzero
from keraslite.ops.spacing import arange

__all__ = [
    "bincount",
    "in_top_k",
    "scatter",
    "scatter_update",
    "segment_max",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "unique",
]

REDUCTIONS = (None, "add", "max", "min", "mul")


# ---- scattering ---------------------------------------------------------------------------------------------


def _scattering(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    (own, index), _ = indexed((dtypes[0], dtypes[1]), attributes)
    return (own, index, own), own


def _scattered(inputs: Dims, indices: Dims, updates: Dims, reduction: str | None = None) -> Dims:
    if reduction not in REDUCTIONS:
        raise ArgumentError(f"`scatter_update` needs `reduction` to be one of {REDUCTIONS}. Received {reduction!r}.")
    depth = indices[-1] if indices else 0
    expected = (*indices[:-1], *inputs[depth:]) if isinstance(depth, int) and indices else None
    fits = expected is not None and 0 < depth <= len(inputs) and len(expected) == len(updates)
    if not fits or not all(may_equal(a, b) for a, b in zip(expected or (), updates, strict=True)):
        raise ArgumentError(
            f"`scatter_update` needs `indices` of shape (..., depth) and `updates` of the shape of `indices` without "
            f"its last axis and of `inputs` behind its first `depth` axes. Received shapes {shown(inputs)}, "
            f"{shown(indices)} and {shown(updates)}."
        )
    return inputs


@primitive(shape=_scattered, dtype=_scattering, eager_check=True)
def scatter_update(
    inputs: TensorLike, indices: TensorLike, updates: TensorLike, reduction: Name | None = None
) -> Tensor:
    """Return a copy of a tensor with other values at given places.

    Args:
        inputs: a tensor of any shape.
        indices: integers `(..., depth)`: each line is an index into the first `depth` axes of `inputs`.
        updates: a tensor `(..., *inputs.shape[depth:])`.
        reduction: how updates are combined with what is there: "add", "max", "min" or "mul"; None (default) replaces it
            (if several go to one place, any one of them wins).

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.scatter_update([1, 2, 3], [[0], [2]], [5, 7])).tolist()
        [5, 2, 7]
    """
    ...


def _scatter_dtype(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    (own, index), _ = indexed((dtypes[1], dtypes[0]), attributes)
    return (index, own), own


@composite(shape=lambda indices, values, shape: shape, dtype=_scatter_dtype)
def scatter(indices: TensorLike, values: TensorLike, shape: Shape) -> Tensor:
    """Return zeros with values added at given places.

    Args:
        indices: integers `(..., depth)`: each line is an index into the first `depth` axes.
        values: a tensor `(..., *shape[depth:])`.
        shape: of the result.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.scatter([[0], [2]], [5, 7], (3,))).tolist()
        [5, 0, 7]
    """
    return scatter_update(zeros(shape, dtype_of(values)), indices, values, "add")


# ---- segments -----------------------------------------------------------------------------------------------


def _segmented(data: Dims, segment_ids: Dims, num_segments: Size | None = None, sorted: bool = False) -> Dims:
    if num_segments is None:
        raise ArgumentError(
            "Segment ops need `num_segments` where values are not known, as in symbolic tensors. Received None."
        )
    if len(segment_ids) != 1 or not data or not may_equal(segment_ids[0], data[0]):
        raise ArgumentError(
            f"Segment ops need `segment_ids` of rank 1, one for each row of `data`. "
            f"Received shapes {shown(segment_ids)} and {shown(data)}."
        )
    return (num_segments, *data[1:])


def _combine(data: Tensor, segment_ids: Tensor, num_segments: Size | None, reduction: str, start: float) -> Tensor:
    """Rows of one segment combined; ids outside the range go to an extra row, which is cut off."""
    count: int = count_of(segment_ids) if num_segments is None else num_segments  # type: ignore[assignment]
    outside = logical_or(less(segment_ids, 0), greater_equal(segment_ids, count))
    ids = where(outside, count, segment_ids)
    rest = dims_of(data)[1:]
    begin = full((count + 1, *rest), start, dtype_of(data))
    result = scatter_update(begin, reshape(ids, (-1, 1)), data, reduction)
    return basic_index(result, (slice(0, count), *(slice(None),) * len(rest)))


def count_of(ids: Tensor) -> int:
    """One more than the largest id; needs concrete values."""
    return int(convert_to_numpy(max(ids, initial=-1))) + 1


def _lowest(name: str, sign: int) -> float:
    if name == "bool":
        return sign < 0
    if name in ("float16", "bfloat16", "float32", "float64"):
        return -sign * float("inf")
    limits = np.iinfo(name)
    return int(limits.min if sign > 0 else limits.max)


@composite(shape=_segmented, dtype=indexed)
def segment_sum(
    data: TensorLike, segment_ids: TensorLike, num_segments: Size | None = None, sorted: bool = False
) -> Tensor:
    """Return the sum of the rows with equal id; 0 for no rows.

    Args:
        data: a tensor `(n, ...)`.
        segment_ids: integers `(n,)`. Rows whose id is out of range are left out.
        num_segments: the number of segments; None (default) for the largest id plus 1, on concrete tensors only.
        sorted: whether ids are in rising order, which some engines make use of; False by default.

    Returns:
        A tensor `(num_segments, ...)`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.segment_sum([1, 2, 3], [0, 0, 1])).tolist()
        [3, 3]
    """
    data, segment_ids = given(data), given(segment_ids)
    return _combine(data, segment_ids, num_segments, "add", 0)


@composite(shape=_segmented, dtype=indexed)
def segment_prod(
    data: TensorLike, segment_ids: TensorLike, num_segments: Size | None = None, sorted: bool = False
) -> Tensor:
    """Return the product of the rows with equal id; 1 for no rows.

    Args:
        data: a tensor `(n, ...)`.
        segment_ids: integers `(n,)`. Rows whose id is out of range are left out.
        num_segments: the number of segments; None (default) for the largest id plus 1, on concrete tensors only.
        sorted: whether ids are in rising order, which some engines make use of; False by default.

    Returns:
        A tensor `(num_segments, ...)`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.segment_prod([1, 2, 3], [0, 0, 1])).tolist()
        [2, 3]
    """
    data, segment_ids = given(data), given(segment_ids)
    return _combine(data, segment_ids, num_segments, "mul", 1)


@composite(shape=_segmented, dtype=indexed)
def segment_max(
    data: TensorLike, segment_ids: TensorLike, num_segments: Size | None = None, sorted: bool = False
) -> Tensor:
    """Return the largest of the rows with equal id; for no rows the lowest number of the dtype (minus infinity).

    Args:
        data: a tensor `(n, ...)`.
        segment_ids: integers `(n,)`. Rows whose id is out of range are left out.
        num_segments: the number of segments; None (default) for the largest id plus 1, on concrete tensors only.
        sorted: whether ids are in rising order, which some engines make use of; False by default.

    Returns:
        A tensor `(num_segments, ...)`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.segment_max([1, 2, 3], [0, 0, 1])).tolist()
        [2, 3]
    """
    data, segment_ids = given(data), given(segment_ids)
    return _combine(data, segment_ids, num_segments, "max", _lowest(dtype_of(data), 1))


@composite(shape=_segmented, dtype=indexed)
def segment_min(
    data: TensorLike, segment_ids: TensorLike, num_segments: Size | None = None, sorted: bool = False
) -> Tensor:
    """Return the smallest of the rows with equal id; for no rows the largest number of the dtype (infinity).

    Args:
        data: a tensor `(n, ...)`.
        segment_ids: integers `(n,)`. Rows whose id is out of range are left out.
        num_segments: the number of segments; None (default) for the largest id plus 1, on concrete tensors only.
        sorted: whether ids are in rising order, which some engines make use of; False by default.

    Returns:
        A tensor `(num_segments, ...)`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.segment_min([1, 2, 3], [0, 0, 1])).tolist()
        [1, 3]
    """
    data, segment_ids = given(data), given(segment_ids)
    return _combine(data, segment_ids, num_segments, "min", _lowest(dtype_of(data), -1))


# ---- counting -----------------------------------------------------------------------------------------------


@composite(shape=lambda targets, *rest: targets, dtype=lambda dtypes, _: (first(dtypes, {})[0], "bool"))
def in_top_k(targets: TensorLike, predictions: TensorLike, k: int) -> Tensor:
    """Return whether the target class is among the `k` largest predictions, ties included.

    Args:
        targets: integers `(n,)`.
        predictions: a float tensor `(n, classes)`.
        k: how many count.

    Returns:
        A bool tensor `(n,)`; False where the prediction of the target is not finite.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.in_top_k([1, 0], [[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]], 1)).tolist()
        [True, False]
    """
    own = take_along_axis(predictions, reshape(targets, (*dims_of(targets), 1)), -1)
    larger = sum(cast(greater(predictions, own), "int32"), -1)
    return logical_and(greater(k, larger), isfinite(reshape(own, dims_of(targets))))


def _counting(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    (_, index), _ = indexed(("int32", dtypes[0]), attributes)
    return (index, *dtypes[1:]), (dtypes[1] if len(dtypes) > 1 else "int32")


@composite(dtype=_counting)
def bincount(x: TensorLike, weights: TensorLike | None = None, minlength: int = 0, sparse: bool = False) -> Tensor:
    """Return how often each of 0, 1, 2, ... occurs, or the sum of its weights.

    Args:
        x: integers of at least 0, `(n,)` or `(batch, n)`.
        weights: a tensor of the shape of `x`; None (default) counts, as int32.
        minlength: the least size of the result, which is the largest element plus 1 if that is more; 0 by default.
        sparse: must be False.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.bincount([0, 1, 1, 3])).tolist()
        [1, 2, 0, 1]
    """
    x = given(x)
    if sparse or ndim(x) not in (1, 2):
        raise ArgumentError(f"`bincount` needs dense tensors of rank 1 or 2. Received rank {ndim(x)}, sparse={sparse}.")
    length = builtins.max(count_of(x), minlength)
    weights = full(dims_of(x), 1, "int32") if weights is None else weights
    if ndim(x) == 1:
        return segment_sum(weights, x, length)
    rows = dims_of(x)[0]
    x = add(cast(x, "int32"), reshape(multiply(arange(rows), length), (-1, 1)))
    return reshape(segment_sum(ravel(weights), ravel(x), rows * length), (rows, length))


def _different(
    x: Dims,
    sorted: bool,
    return_index: bool,
    return_inverse: bool,
    return_counts: bool,
    axis: int | None,
    size: Size | None,
    fill_value: object,
) -> Dims | list[Dims]:
    found = Dimension("unique") if size is None else size
    at = None if axis is None else axis % len(x)
    values = (found,) if at is None else (*x[:at], found, *x[at + 1 :])
    inverse = x if at is None else (x[at],)
    more = [
        dims
        for dims, asked in (((found,), return_index), (inverse, return_inverse), ((found,), return_counts))
        if asked
    ]
    return [values, *more] if more else values


def _different_dtypes(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, Dtypes]:
    operands, result = first(dtypes, attributes)
    more = [attributes[name] for name in ("return_index", "return_inverse", "return_counts")].count(True)
    return operands, (result, *["int32"] * more) if more else result


@composite(shape=_different, dtype=_different_dtypes)
def unique(
    x: TensorLike,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: float | None = None,
) -> Tensor:
    """Return the different elements of a tensor in rising order, and if wanted where and how often they occur.

    Args:
        x: of any shape; flattened where `axis` is None.
        sorted: elements are sorted in any case.
        return_index: also the index (int32) of the first of each.
        return_inverse: also the index into the result for each element of `x`, in its shape.
        return_counts: also how many there are of each.
        axis: compare the slices along it.
        size: the number of elements to return: fewer, or more with `fill_value` behind (else the smallest).
        fill_value: see `size`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.unique([3, 1, 3])).tolist()
        [1, 3]
    """
    rows = reshape(x, (-1, 1)) if axis is None else reshape(moveaxis(x, axis, 0), (dims_of(x)[axis], -1))
    count, width = dims_of(rows)
    order = arange(count)
    for column in reversed(range(width)):
        order = take(order, argsort(take(basic_index(rows, (slice(None), column)), order, 0)), 0)
    ordered = take(rows, order, 0)
    fresh = reduce_any(
        not_equal(
            basic_index(ordered, (slice(1, None), slice(None))), basic_index(ordered, (slice(None, -1), slice(None)))
        )
    )
    fresh = concatenate([full((builtins.min(count, 1),), True, "bool"), fresh])
    starts = nonzero(fresh)[0]
    values = take(ordered, starts, 0)
    found = dims_of(starts)[0]
    results = [values, take(order, starts, 0)]
    group = subtract(cumsum(cast(fresh, "int32")), 1)
    results.append(scatter(reshape(order, (-1, 1)), group, (count,)))
    results.append(subtract(concatenate([basic_index(starts, (slice(1, None),)), full((1,), count, "int32")]), starts))
    if size is not None:
        results = [_resized(r, found, size, fill_value if i == 0 else 0) for i, r in enumerate(results) if i != 2]
        results.insert(2, scatter(reshape(order, (-1, 1)), group, (count,)))
    if axis is None:
        results[0] = ravel(results[0])
        results[2] = reshape(results[2], dims_of(x))
    else:
        rest = [d for i, d in enumerate(dims_of(x)) if i != axis % ndim(x)]
        results[0] = moveaxis(reshape(results[0], (-1, *rest)), 0, axis)
    chosen = [
        r for r, wanted in zip(results, (True, return_index, return_inverse, return_counts), strict=True) if wanted
    ]
    return chosen[0] if len(chosen) == 1 else tuple(chosen)  # type: ignore[return-value]  # it can be taken apart


def reduce_any(rows: Tensor) -> Tensor:
    """Whether one element of each row is true."""
    return greater(sum(cast(rows, "int32"), 1), 0)


def _resized(x: Tensor, found: int, size: int, fill: float | None) -> Tensor:
    if size <= found:
        return take(x, arange(size), 0)
    first_row = basic_index(x, (slice(0, 1), *(slice(None),) * (ndim(x) - 1)))
    rest = (size - found, *dims_of(x)[1:])
    more = broadcast_to(first_row, rest) if fill is None else full(rest, fill, dtype_of(x))
    return concatenate([x, more], 0)
