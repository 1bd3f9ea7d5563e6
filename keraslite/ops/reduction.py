"""Sums, means, extremes and other numbers of many; `axis` None reduces all axes."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import Any

from keraslite.errors import ArgumentError
from keraslite.ops.comparison import equal, isfinite, isnan, not_equal, where
from keraslite.ops.core import cast, ndim
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import Axis, AxisIndex, DType, Number, Tensor, TensorLike, composite, given, primitive
from keraslite.ops.dimension import same as same_size
from keraslite.ops.dtype import Names, first, logical, promote_float, result_type, same, to_float, total
from keraslite.ops.elementwise import (
    absolute,
    add,
    ceil,
    divide,
    exp,
    floor,
    log,
    maximum,
    minimum,
    multiply,
    round,
    sqrt,
    square,
    subtract,
)
from keraslite.ops.indexing import take
from keraslite.ops.manipulation import broadcast_to, moveaxis, reshape, transpose
from keraslite.ops.shape import Dims, Mismatch, product, reduce, reduced, shown
from keraslite.ops.sorting import sort

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "average",
    "count_nonzero",
    "logsumexp",
    "max",
    "mean",
    "median",
    "min",
    "prod",
    "quantile",
    "std",
    "sum",
    "var",
]


def count_result(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    """Operands keep their dtypes; the result is int32."""
    return first(dtypes, attributes)[0], "int32"


_REAL: dict[str, Any] = {"complex64": "float32", "complex128": "float64"}


def real_float(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    """As `promote_float`, but the result of complex numbers is real."""
    operands, result = promote_float(dtypes, attributes)
    return operands, _REAL.get(result, result)


def _reduce_extreme(x: Dims, axis: tuple[int, ...], keepdims: bool = False, initial: Any = None) -> Dims:
    if initial is None and any_of(same_size(x[i], 0) is True for i in axis):
        raise ArgumentError(
            f"`max` and `min` of no elements need `initial`. Received shape {shown(x)} and axis {axis}. Give `initial`."
        )
    return reduced(x, axis, keepdims)


def reduce_some(x: Dims, axis: tuple[int, ...], keepdims: bool = False) -> Dims:
    """`reduce` for what needs at least one element."""
    if any_of(same_size(x[i], 0) is True for i in axis):
        raise Mismatch(f"needs at least one element to reduce. Received shape {shown(x)} and axis {axis}.")
    return reduced(x, axis, keepdims)


def _reduce_index(x: Dims, axis: int | None, keepdims: bool = False) -> Dims:
    return reduce_some(x, tuple(range(len(x))) if axis is None else (axis,), keepdims)


def widened(x: Tensor) -> Tensor:
    """16-bit floats as 32 bits, where their sums, counts and positions would not be exact enough."""
    return cast(x, "float32") if dtype_of(x) in ("bfloat16", "float16") else x


def all_axes(axis: Any) -> tuple[int, ...]:
    """What `declare` makes of an `Axis` before a body sees it."""
    return axis


any_of = builtins.any  # the names `any`, `sum`, ... are ops in this file


# ---- sums and products --------------------------------------------------------------------------------------


@primitive(shape=reduce, dtype=total)
def sum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum; booleans and small integers add up in 32 bits."""
    ...


@primitive(shape=reduce, dtype=total)
def prod(x: TensorLike, axis: Axis = None, keepdims: bool = False, dtype: DType = None) -> Tensor:
    """The product, computed in `dtype` where given; otherwise small integers widen to 32 bits."""
    ...


@composite(shape=reduce, dtype=promote_float)
def mean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The arithmetic mean, floating."""
    return divide(sum(x, axis, keepdims), product(dims_of(x)[i] for i in all_axes(axis)))


@composite(shape=reduce, dtype=real_float)
def var(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean of squared distances from the mean (divided by n, not n - 1)."""
    return mean(square(absolute(subtract(x, mean(x, axis, True)))), axis, keepdims)


@composite(shape=reduce, dtype=real_float)
def std(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The root of `var`; where that is 0, so is the gradient."""
    variance = var(x, axis, keepdims)
    still = equal(variance, 0)
    return where(still, 0, sqrt(where(still, 1, variance)))


@composite(shape=lambda x, axis, weights: reduced(x, axis), dtype=promote_float)
def average(x: TensorLike, axis: Axis = None, weights: TensorLike | None = None) -> Tensor:
    """The mean weighted by `weights`: of the shape of `x`, or one weight for each index of the only `axis`."""
    if weights is None:
        return mean(x, axis)
    if ndim(weights) == 1 and ndim(x) > 1:
        axes = all_axes(axis)
        if len(axes) != 1:
            raise ArgumentError(
                f"`average` needs `weights` of the shape of `x`, or of rank 1 with one axis. Received weights of "
                f"shape {shown(dims_of(weights))} and axes {axes}."
            )
        weights = reshape(weights, tuple(-1 if i == axes[0] else 1 for i in range(ndim(x))))
    weights = broadcast_to(weights, dims_of(x))
    return divide(sum(multiply(x, weights), axis), sum(weights, axis))


@composite(shape=reduce, dtype=promote_float)
def logsumexp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """`log(sum(exp(x)))` without overflow; where the largest is infinite, that one, with its gradient."""
    high = max(x, axis, True, float("-inf"))
    finite = isfinite(high)
    shift = where(finite, high, 0)
    total = sum(exp(where(finite, subtract(x, shift), 0)), axis, True)
    result = where(finite, add(log(where(finite, total, 1)), shift), high)
    return result if keepdims else reshape(result, reduced(dims_of(x), all_axes(axis)))


# ---- extremes -----------------------------------------------------------------------------------------------


@primitive(shape=_reduce_extreme, dtype=same)
def max(x: TensorLike, axis: Axis = None, keepdims: bool = False, initial: Number = None) -> Tensor:
    """The largest element, or the number `initial` where that is larger; NaN where one is NaN."""
    ...


@primitive(shape=_reduce_extreme, dtype=same)
def min(x: TensorLike, axis: Axis = None, keepdims: bool = False, initial: Number = None) -> Tensor:
    """The smallest element, or the number `initial` where that is smaller; NaN where one is NaN."""
    ...


@composite(shape=reduce, dtype=same)
def amax(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """`max`."""
    return max(x, axis, keepdims)


@composite(shape=reduce, dtype=same)
def amin(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """`min`."""
    return min(x, axis, keepdims)


@primitive(shape=_reduce_index, dtype=count_result)
def argmax(x: TensorLike, axis: AxisIndex = None, keepdims: bool = False) -> Tensor:
    """The index of the first largest element along `axis`, int32; of the flattened tensor without one."""
    ...


@primitive(shape=_reduce_index, dtype=count_result)
def argmin(x: TensorLike, axis: AxisIndex = None, keepdims: bool = False) -> Tensor:
    """The index of the first smallest element along `axis`, int32; of the flattened tensor without one."""
    ...


# ---- logic and counts ---------------------------------------------------------------------------------------


@primitive(shape=reduce, dtype=logical)
def any(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether one element is true (not 0)."""
    ...


@primitive(shape=reduce, dtype=logical)
def all(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether every element is true (not 0)."""
    ...


@composite(shape=reduce, dtype=count_result)
def count_nonzero(x: TensorLike, axis: Axis = None) -> Tensor:
    """How many elements are not 0, int32."""
    return sum(not_equal(x, 0), axis)


# ---- order statistics ---------------------------------------------------------------------------------------

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def quantile_dtype(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    """The result is floating as the first operand; the second one (what part) has 32 bits or more."""
    own = to_float(result_type(dtypes[:1]))
    return (own, "float64" if own == "float64" else "float32"), own


def quantile_shape(x: Dims, q: Dims, axis: tuple[int, ...], method: str, keepdims: bool) -> Dims:
    """The dims of `q` in front of those that are not reduced."""
    if method not in METHODS:
        raise Mismatch(f"needs `method` to be one of {', '.join(METHODS)}. Received {method!r}.")
    if len(q) > 1:
        raise Mismatch(f"needs `q` of rank 0 or 1. Received shape {shown(q)}.")
    return (*q, *reduce_some(x, axis, keepdims))


@composite(shape=quantile_shape, dtype=quantile_dtype, eager_check=True)
def quantile(x: TensorLike, q: TensorLike, axis: Axis = None, method="linear", keepdims: bool = False) -> Tensor:
    """The numbers below which the parts `q` (in [0, 1]) of the elements lie; NaN where one element is NaN.

    Args:
        x: of any shape.
        q: a scalar, or `(k,)`: then the result has a leading axis of size k.
        axis: the axes to reduce.
        method: where `q` falls between two elements: linear, lower, higher, midpoint or nearest.
        keepdims: keep reduced axes as size 1.
    """
    x, q = given(x), given(q)
    lines = ordered(x, all_axes(axis))  # (..., n)
    last = dims_of(lines)[-1] - 1
    position = multiply(q, cast(last, dtype_of(q)))
    values = interpolated(position, last, method, lambda index: take(lines, index, -1))  # (..., *q)
    result = where(any(isnan(lines), -1, keepdims=ndim(q) == 1), float("nan"), values)
    return quantiles_first(result, x, q, axis, keepdims)


def ordered(x: Tensor, axis: tuple[int, ...]) -> Tensor:
    """`x` with the reduced axes as one sorted last axis."""
    kept = [i for i in range(ndim(x)) if i not in axis]
    dims = dims_of(x)
    x = transpose(x, (*kept, *axis))
    return sort(reshape(x, (*(dims[i] for i in kept), product(dims[i] for i in axis))), -1)


def interpolated(position: Tensor, last: Any, method: str, at: Callable[[Tensor], Tensor]) -> Tensor:
    """What stands at fractional positions of lines of which `at` gives the elements at indices from 0 to `last`."""
    if method in ("lower", "higher", "nearest"):
        whole = {"lower": floor, "higher": ceil, "nearest": round}[method](position)
        return at(minimum(maximum(cast(whole, "int32"), 0), last))
    below = floor(position)
    weight = subtract(position, below)
    if method == "midpoint":
        weight = where(equal(weight, 0), 0.0, 0.5)
    low = minimum(maximum(cast(below, "int32"), 0), last)
    high = minimum(maximum(cast(ceil(position), "int32"), 0), last)
    # Both weighted, since a difference of infinities would be NaN, and so would 0 times one.
    upper = where(equal(weight, 0), 0, at(high))
    return add(multiply(at(low), subtract(1, weight)), multiply(upper, weight))


def quantiles_first(result: Tensor, x: Tensor, q: Tensor, axis: Any, keepdims: bool) -> Tensor:
    """The result with its last axis, if `q` has one, in front, and with the reduced axes as `keepdims` says."""
    result = moveaxis(result, -1, 0) if ndim(q) == 1 else result
    return reshape(result, (*dims_of(q), *reduced(dims_of(x), all_axes(axis), True))) if keepdims else result


@composite(shape=reduce, dtype=promote_float)
def median(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The middle element in order, or the mean of the two middle ones."""
    return quantile(x, 0.5, axis, "linear", keepdims)
