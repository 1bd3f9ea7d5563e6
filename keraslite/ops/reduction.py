"""Sums, means, extremes and other numbers of many; `axis` None reduces all axes."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from keraslite.errors import ArgumentError
from keraslite.ops.comparison import equal, isfinite, not_equal, where
from keraslite.ops.core import cast, ndim
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import Axis, AxisIndex, DType, Number, Tensor, TensorLike, composite, primitive
from keraslite.ops.dimension import same as same_size
from keraslite.ops.division import divide
from keraslite.ops.dtype import Names, first, logical, promote_float, same, total
from keraslite.ops.elementwise import absolute, add, multiply, square, subtract
from keraslite.ops.exponential import exp, log, sqrt
from keraslite.ops.manipulation import broadcast_to, reshape
from keraslite.ops.shape import Dims, Mismatch, product, reduce, reduced, shown

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
    "min",
    "prod",
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
