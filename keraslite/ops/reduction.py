"""Sums, means, extremes and other numbers of many; `axis` None reduces all axes."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from keraslite.errors import ArgumentError
from keraslite.ops.comparison import equal, isfinite, isnan, not_equal, where
from keraslite.ops.core import cast, ndim
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import Axis, AxisIndex, DType, Name, Number, Tensor, TensorLike, composite, given, primitive
from keraslite.ops.dimension import same as same_size
from keraslite.ops.dtype import Names, first, logical, promote_float, result_type, same, to_float, total
from keraslite.ops.elementwise import (
    absolute,
    add,
    ceil,
    divide,
    floor,
    maximum,
    minimum,
    multiply,
    round,
    square,
    subtract,
)
from keraslite.ops.exponential import exp, log, sqrt
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


def count_result(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Operands keep their dtypes; the result is int32."""
    return first(dtypes, attributes)[0], "int32"


_REAL: dict[str, str] = {"complex64": "float32", "complex128": "float64"}


def real_float(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """As `promote_float`, but the result of complex numbers is real."""
    operands, result = promote_float(dtypes, attributes)
    return operands, _REAL.get(result, result)


def _reduce_extreme(x: Dims, axis: tuple[int, ...], keepdims: bool = False, initial: object = None) -> Dims:
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
    """Return the sum of elements. Booleans and small integers are added up in 32 bits.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.sum([[1, 2], [3, 4]], axis=0)).tolist()
        [4, 6]
    """
    ...


@primitive(shape=reduce, dtype=total)
def prod(x: TensorLike, axis: Axis = None, keepdims: bool = False, dtype: DType = None) -> Tensor:
    """Return the product of elements.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.
        dtype: the dtype to compute in; None (default) widens booleans and small integers to 32 bits.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.prod([[1, 2], [3, 4]], axis=0)).tolist()
        [3, 8]
    """
    ...


@composite(shape=reduce, dtype=promote_float)
def mean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the arithmetic mean of elements, always floating.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.mean([[1.0, 2.0], [3.0, 4.0]], axis=0)).tolist()
        [2.0, 3.0]
    """
    return divide(sum(x, axis, keepdims), product(dims_of(x)[i] for i in all_axes(axis)))


@composite(shape=reduce, dtype=real_float)
def var(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the variance of elements: the mean of squared distances from the mean (divided by n, not n - 1).

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.var([[1.0, 2.0], [3.0, 4.0]], axis=0)).tolist()
        [1.0, 1.0]
    """
    return mean(square(absolute(subtract(x, mean(x, axis, True)))), axis, keepdims)


@composite(shape=reduce, dtype=real_float)
def std(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the standard deviation of elements, the square root of `var`. Where it is 0, so is the gradient.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.std([[1.0, 2.0], [3.0, 4.0]], axis=0)).tolist()
        [1.0, 1.0]
    """
    variance = var(x, axis, keepdims)
    still = equal(variance, 0)
    return where(still, 0, sqrt(where(still, 1, variance)))


@composite(shape=lambda x, axis, weights: reduced(x, axis), dtype=promote_float)
def average(x: TensorLike, axis: Axis = None, weights: TensorLike | None = None) -> Tensor:
    """Return the weighted mean of elements.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        weights: a tensor of the shape of `x`, or with a single `axis` one weight for each index along it; None
            (default) for equal weights.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.average([1.0, 5.0], weights=[3.0, 1.0])).tolist()
        2.0
    """
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
    """Return `log(sum(exp(x)))` without overflow. Where the largest element is infinite, it is the result.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> round(float(ops.logsumexp([1000.0, 1000.0])), 3)
        1000.693
    """
    high = max(x, axis, True, float("-inf"))
    finite = isfinite(high)
    shift = where(finite, high, 0)
    total = sum(exp(where(finite, subtract(x, shift), 0)), axis, True)
    result = where(finite, add(log(where(finite, total, 1)), shift), high)
    return result if keepdims else reshape(result, reduced(dims_of(x), all_axes(axis)))


# ---- extremes -----------------------------------------------------------------------------------------------


@primitive(shape=_reduce_extreme, dtype=same)
def max(x: TensorLike, axis: Axis = None, keepdims: bool = False, initial: Number = None) -> Tensor:
    """Return the largest element; NaN if one element is NaN.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.
        initial: a number that counts as one more element; None (default) for none.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.max([[1, 5], [3, 4]], axis=0)).tolist()
        [3, 5]
    """
    ...


@primitive(shape=_reduce_extreme, dtype=same)
def min(x: TensorLike, axis: Axis = None, keepdims: bool = False, initial: Number = None) -> Tensor:
    """Return the smallest element; NaN if one element is NaN.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.
        initial: a number that counts as one more element; None (default) for none.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.min([[1, 5], [3, 4]], axis=0)).tolist()
        [1, 4]
    """
    ...


@composite(shape=reduce, dtype=same)
def amax(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the largest element; the same as `max`.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.amax([[1, 5], [3, 4]], axis=0)).tolist()
        [3, 5]
    """
    return max(x, axis, keepdims)


@composite(shape=reduce, dtype=same)
def amin(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the smallest element; the same as `min`.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.amin([[1, 5], [3, 4]], axis=0)).tolist()
        [1, 4]
    """
    return min(x, axis, keepdims)


@primitive(shape=_reduce_index, dtype=count_result)
def argmax(x: TensorLike, axis: AxisIndex = None, keepdims: bool = False) -> Tensor:
    """Return the index of the first largest element, as int32.

    Args:
        x: a tensor of any shape.
        axis: the axis to reduce, an int; None (default) for the flattened tensor.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.argmax([[1, 5], [3, 4]], axis=1)).tolist()
        [1, 1]
    """
    ...


@primitive(shape=_reduce_index, dtype=count_result)
def argmin(x: TensorLike, axis: AxisIndex = None, keepdims: bool = False) -> Tensor:
    """Return the index of the first smallest element, as int32.

    Args:
        x: a tensor of any shape.
        axis: the axis to reduce, an int; None (default) for the flattened tensor.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.argmin([[1, 5], [3, 4]], axis=1)).tolist()
        [0, 0]
    """
    ...


# ---- logic and counts ---------------------------------------------------------------------------------------


@primitive(shape=reduce, dtype=logical)
def any(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return whether at least one element is true (not 0).

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.any([[0, 1], [0, 0]], axis=0)).tolist()
        [False, True]
    """
    ...


@primitive(shape=reduce, dtype=logical)
def all(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return whether all elements are true (not 0).

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.all([[1, 1], [0, 1]], axis=0)).tolist()
        [False, True]
    """
    ...


@composite(shape=reduce, dtype=count_result)
def count_nonzero(x: TensorLike, axis: Axis = None) -> Tensor:
    """Return how many elements are not 0, as int32.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.count_nonzero([[0, 1], [0, 2]], axis=0)).tolist()
        [0, 2]
    """
    return sum(not_equal(x, 0), axis)


# ---- order statistics ---------------------------------------------------------------------------------------

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def quantile_dtype(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
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
def quantile(
    x: TensorLike, q: TensorLike, axis: Axis = None, method: Name = "linear", keepdims: bool = False
) -> Tensor:
    """Return the values below which given parts of the elements lie; NaN if one element is NaN.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        q: the parts, in [0, 1]: a scalar, or `(k,)` for a result with a leading axis of size k.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        method: what to return between two elements: "linear" (default), "lower", "higher", "midpoint" or "nearest".
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.quantile([1.0, 2.0, 3.0, 4.0, 5.0], [0.25, 0.5])).tolist()
        [2.0, 3.0]
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


def interpolated(position: Tensor, last: Tensor, method: str, at: Callable[[Tensor], Tensor]) -> Tensor:
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


def quantiles_first(result: Tensor, x: Tensor, q: Tensor, axis: int | Sequence[int] | None, keepdims: bool) -> Tensor:
    """The result with its last axis, if `q` has one, in front, and with the reduced axes as `keepdims` says."""
    result = moveaxis(result, -1, 0) if ndim(q) == 1 else result
    return reshape(result, (*dims_of(q), *reduced(dims_of(x), all_axes(axis), True))) if keepdims else result


@composite(shape=reduce, dtype=promote_float)
def median(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the middle element in order, or the mean of the two middle ones.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.median([1.0, 7.0, 2.0])).tolist()
        2.0
    """
    return quantile(x, 0.5, axis, "linear", keepdims)
