"""Order statistics: quantiles and the median."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from keraslite.ops.comparison import equal, isnan, where
from keraslite.ops.core import cast, ndim
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import Axis, Name, Tensor, TensorLike, composite, given
from keraslite.ops.dtype import Names, promote_float, result_type, to_float
from keraslite.ops.elementwise import add, maximum, minimum, multiply, subtract
from keraslite.ops.indexing import take
from keraslite.ops.manipulation import reshape
from keraslite.ops.order import moveaxis, transpose
from keraslite.ops.reduction import all_axes, any, reduce_some
from keraslite.ops.rounding import ceil, floor, round
from keraslite.ops.shape import Dims, Mismatch, product, reduce, reduced, shown
from keraslite.ops.sorting import sort

__all__ = ["median", "quantile"]


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
