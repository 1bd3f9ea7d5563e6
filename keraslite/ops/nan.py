"""Reductions and running totals that leave out NaN.

NaN in `x` gets the gradient 0, and slices without anything else too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraslite.backend import dtypes as lattice
from keraslite.ops.comparison import equal, isnan, logical_not, logical_or, where
from keraslite.ops.core import cast, ndim
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.cumulative import cumprod, cumsum, running
from keraslite.ops.declare import Axis, AxisIndex, DType, Name, Tensor, TensorLike, composite, given
from keraslite.ops.division import divide
from keraslite.ops.dtype import promote_float, same, total
from keraslite.ops.elementwise import conj, imag, maximum, multiply, real, square, subtract
from keraslite.ops.exponential import sqrt
from keraslite.ops.indexing import take_along_axis
from keraslite.ops.manipulation import expand_dims, reshape, squeeze
from keraslite.ops.quantiles import interpolated, ordered, quantile_dtype, quantile_shape, quantiles_first
from keraslite.ops.reduction import (
    all,
    any,
    argmax,
    count_result,
    max,
    min,
    prod,
    real_float,
    reduce_some,
    sum,
    widened,
)
from keraslite.ops.shape import Dims, product, reduce

__all__ = [
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
]


def missing(x: Tensor) -> Tensor:
    """Where `x` is NaN, in one of its parts if it is complex."""
    if lattice.is_complex(dtype_of(x)):
        return logical_or(isnan(real(x)), isnan(imag(x)))
    return isnan(x)


def filled(x: Tensor, value: TensorLike) -> Tensor:
    """`x` with a number for NaN; integers and booleans have none."""
    name = dtype_of(x)
    return where(missing(x), value, x) if lattice.is_float(name) or lattice.is_complex(name) else x


# ---- sums and products --------------------------------------------------------------------------------------


@composite(shape=reduce, dtype=total)
def nansum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the sum of the elements that are not NaN; 0 if there are none.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nansum([1.0, float("nan"), 4.0])).tolist()
        5.0
    """
    x = given(x)
    return sum(filled(x, 0), axis, keepdims)


@composite(shape=reduce, dtype=total)
def nanprod(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the product of the elements that are not NaN; 1 if there are none.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nanprod([1.0, float("nan"), 4.0])).tolist()
        4.0
    """
    x = given(x)
    return prod(filled(x, 1), axis, keepdims)


def _running(x: Dims, axis: int | None = None, dtype: str | None = None) -> Dims:
    return (product(x),) if axis is None else x


@composite(shape=_running, dtype=running)
def nancumsum(x: TensorLike, axis: AxisIndex = None, dtype: DType = None) -> Tensor:
    """Return `cumsum(x)` with 0 in place of NaN.

    Args:
        x: a tensor of any shape.
        axis: the axis; None (default) for the flattened tensor.
        dtype: of the result; None (default) for that of `cumsum`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nancumsum([1.0, float("nan"), 4.0])).tolist()
        [1.0, 1.0, 5.0]
    """
    x = given(x)
    return cumsum(filled(x, 0), axis)


@composite(shape=_running, dtype=running)
def nancumprod(x: TensorLike, axis: AxisIndex = None, dtype: DType = None) -> Tensor:
    """Return `cumprod(x)` with 1 in place of NaN.

    Args:
        x: a tensor of any shape.
        axis: the axis; None (default) for the flattened tensor.
        dtype: of the result; None (default) for that of `cumprod`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nancumprod([1.0, float("nan"), 4.0])).tolist()
        [1.0, 1.0, 4.0]
    """
    x = given(x)
    return cumprod(filled(x, 1), axis)


# ---- moments ------------------------------------------------------------------------------------------------


def _mean(x: Tensor, gone: Tensor, axis: int | Sequence[int] | None, keepdims: bool) -> tuple[Tensor, Tensor]:
    """The mean where `gone` is false, and whether there was nothing (then the mean is 0)."""
    count = sum(logical_not(gone), axis, keepdims)
    return divide(sum(where(gone, 0, x), axis, keepdims), maximum(count, 1)), equal(count, 0)


@composite(shape=reduce, dtype=promote_float)
def nanmean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the mean of the elements that are not NaN; NaN if there are none.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nanmean([1.0, float("nan"), 4.0])).tolist()
        2.5
    """
    x = given(x)
    mean, nothing = _mean(widened(x), missing(x), axis, keepdims)
    return where(nothing, float("nan"), mean)


@composite(shape=reduce, dtype=real_float)
def nanvar(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the variance of the elements that are not NaN (divided by their number); NaN if there are none.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nanvar([1.0, float("nan"), 4.0])).tolist()
        2.25
    """
    x = given(x)
    gone, x = missing(x), widened(x)
    gap = subtract(where(gone, 0, x), _mean(x, gone, axis, True)[0])
    variance, nothing = _mean(
        real(multiply(gap, conj(gap))) if lattice.is_complex(dtype_of(x)) else square(gap), gone, axis, keepdims
    )
    return where(nothing, float("nan"), variance)


@composite(shape=reduce, dtype=real_float)
def nanstd(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the square root of `nanvar`. Where it is 0, so is the gradient.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nanstd([1.0, float("nan"), 4.0])).tolist()
        1.5
    """
    x = given(x)
    variance = nanvar(widened(x), axis, keepdims)
    still = equal(variance, 0)
    return where(still, 0, sqrt(where(still, 1, variance)))


# ---- extremes -----------------------------------------------------------------------------------------------


@composite(shape=reduce_some, dtype=same, eager_check=True)
def nanmax(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the largest element that is not NaN; NaN if there is none.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nanmax([1.0, float("nan"), 4.0])).tolist()
        4.0
    """
    if not lattice.is_float(dtype_of(x)):
        return max(x, axis, keepdims)
    gone = isnan(x)
    return where(all(gone, axis, keepdims), float("nan"), max(where(gone, float("-inf"), x), axis, keepdims))


@composite(shape=reduce_some, dtype=same, eager_check=True)
def nanmin(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the smallest element that is not NaN; NaN if there is none.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nanmin([1.0, float("nan"), 4.0])).tolist()
        1.0
    """
    if not lattice.is_float(dtype_of(x)):
        return min(x, axis, keepdims)
    gone = isnan(x)
    return where(all(gone, axis, keepdims), float("nan"), min(where(gone, float("inf"), x), axis, keepdims))


def _place(x: Dims, axis: int | None = None, keepdims: bool = False) -> Dims:
    return reduce_some(x, tuple(range(len(x))) if axis is None else (axis,), keepdims)


def _first_of(x: Tensor, best: Tensor, axis: int | None, keepdims: bool) -> Tensor:
    found = equal(x, best)  # NaN equals nothing, itself included
    return where(any(found, axis, keepdims), argmax(found, axis, keepdims), -1)


@composite(shape=_place, dtype=count_result, eager_check=True)
def nanargmax(x: TensorLike, axis: AxisIndex = None, keepdims: bool = False) -> Tensor:
    """Return the index of the first largest element that is not NaN, as int32; -1 if there is none.

    Args:
        x: a tensor of any shape.
        axis: the axis to reduce, an int; None (default) for the flattened tensor.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nanargmax([1.0, float("nan"), 4.0])).tolist()
        2
    """
    x = given(x)
    return _first_of(x, nanmax(x, axis, True), axis, keepdims)


@composite(shape=_place, dtype=count_result, eager_check=True)
def nanargmin(x: TensorLike, axis: AxisIndex = None, keepdims: bool = False) -> Tensor:
    """Return the index of the first smallest element that is not NaN, as int32; -1 if there is none.

    Args:
        x: a tensor of any shape.
        axis: the axis to reduce, an int; None (default) for the flattened tensor.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nanargmin([1.0, float("nan"), 4.0])).tolist()
        0
    """
    x = given(x)
    return _first_of(x, nanmin(x, axis, True), axis, keepdims)


# ---- order statistics ---------------------------------------------------------------------------------------


@composite(shape=quantile_shape, dtype=quantile_dtype, eager_check=True)
def nanquantile(
    x: TensorLike, q: TensorLike, axis: Axis = None, method: Name = "linear", keepdims: bool = False
) -> Tensor:
    """Return the values below which given parts of the elements that are not NaN lie; NaN if there are none.

    Args:
        x: a tensor of any shape.
        q: the parts, in [0, 1]: a scalar, or `(k,)` for a result with a leading axis of size k.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        method: what to return between two elements: "linear" (default), "lower", "higher", "midpoint" or "nearest".
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nanquantile([1.0, float("nan"), 4.0], 0.5)).tolist()
        2.5
    """
    x, q = given(x), given(q)
    axes: Any = axis
    gone = isnan(x)
    count = expand_dims(sum(logical_not(gone), axes), -1)  # (..., 1)
    lines = ordered(where(gone, float("inf"), x), axes)  # (..., n), NaN behind all others
    last = maximum(subtract(count, 1), 0)
    position = multiply(cast(last, dtype_of(q)), reshape(q, (-1,)))  # (..., k)
    values = interpolated(position, last, method, lambda index: take_along_axis(lines, index, -1))
    values = where(equal(count, 0), float("nan"), values)
    result = values if ndim(q) else squeeze(values, -1)
    return quantiles_first(result, x, q, axes, keepdims)


@composite(shape=quantile_shape, dtype=quantile_dtype, eager_check=True)
def nanpercentile(
    x: TensorLike, q: TensorLike, axis: Axis = None, method: Name = "linear", keepdims: bool = False
) -> Tensor:
    """Return `nanquantile` with `q` in [0, 100].

    Args:
        x: a tensor of any shape.
        q: the parts, in [0, 100]: a scalar, or `(k,)` for a result with a leading axis of size k.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        method: what to return between two elements: "linear" (default), "lower", "higher", "midpoint" or "nearest".
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nanpercentile([1.0, float("nan"), 4.0], 50.0)).tolist()
        2.5
    """
    return nanquantile(x, divide(q, 100), axis, method, keepdims)


@composite(shape=reduce, dtype=promote_float)
def nanmedian(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the median of the elements that are not NaN; NaN if there are none.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nanmedian([1.0, float("nan"), 4.0])).tolist()
        2.5
    """
    return nanquantile(x, 0.5, axis, "linear", keepdims)
