"""What data look like: ranges, percentiles, histograms, correlation, differences and integrals."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

from keraslite.backend import dtypes as lattice
from keraslite.ops.comparison import equal, greater_equal, less_equal, logical_and, not_equal, where
from keraslite.ops.contraction import matmul
from keraslite.ops.convolution import convolution
from keraslite.ops.core import cast, ndim
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.creation import full
from keraslite.ops.declare import Axis, AxisIndex, Name, Tensor, TensorLike, composite, given
from keraslite.ops.dimension import Dimension, apply, may_equal
from keraslite.ops.dimension import same as same_size
from keraslite.ops.division import divide
from keraslite.ops.dtype import Names, promote_float
from keraslite.ops.dtype import same as same_dtype
from keraslite.ops.elementwise import (
    absolute,
    add,
    conj,
    imag,
    maximum,
    minimum,
    multiply,
    numbers,
    real,
    square,
    subtract,
)
from keraslite.ops.exponential import sqrt
from keraslite.ops.indexing import basic_index
from keraslite.ops.manipulation import pad_constant, ravel, reshape
from keraslite.ops.order import flip, transpose
from keraslite.ops.quantiles import quantile, quantile_dtype, quantile_shape
from keraslite.ops.reduction import max, mean, min, reduce_some, sum, widened
from keraslite.ops.scatter import segment_sum
from keraslite.ops.shape import Dims, Mismatch, broadcast_two, reduced, shown
from keraslite.ops.sorting import searchsorted
from keraslite.ops.spacing import linspace

__all__ = ["corrcoef", "correlate", "cov", "diff", "histogram", "percentile", "ptp", "trapezoid"]

range_of = builtins.range  # `range` is a parameter in this file


# ---- order statistics ---------------------------------------------------------------------------------------


@composite(shape=reduce_some, dtype=numbers, eager_check=True)
def ptp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the largest element less the smallest one; NaN if one element is NaN.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.ptp([1, 5, 3])).tolist()
        4
    """
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


@composite(shape=quantile_shape, dtype=quantile_dtype, eager_check=True)
def percentile(
    x: TensorLike, q: TensorLike, axis: Axis = None, method: Name = "linear", keepdims: bool = False
) -> Tensor:
    """Return `quantile` with `q` in [0, 100].

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        q: the parts, in [0, 100]: a scalar, or `(k,)` for a result with a leading axis of size k.
        axis: the axis or axes to reduce, an int or a sequence of ints; None (default) for all.
        method: what to return between two elements: "linear" (default), "lower", "higher", "midpoint" or "nearest".
        keepdims: whether reduced axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.percentile([1.0, 2.0, 3.0], 50.0)).tolist()
        2.0
    """
    return quantile(x, divide(q, 100), axis, method, keepdims)


# ---- differences and integrals ------------------------------------------------------------------------------


def _from(x: Tensor, axis: int | None, start: int | None, stop: int | None) -> Tensor:
    """`x` from `start` to `stop` along an axis."""
    return basic_index(x, tuple(slice(start, stop) if i == axis else slice(None) for i in range_of(ndim(x))))


def _differenced(a: Dims, n: int = 1, axis: int = -1) -> Dims:
    if isinstance(n, bool) or not hasattr(n, "__index__") or n < 0:
        raise Mismatch(f"needs `n` to be an integer of 0 or more. Received {n!r}.")
    size = a[axis] - n
    size = apply("max", size, 0) if isinstance(size, (int, Dimension)) else size
    return (*a[:axis], size, *a[axis + 1 :])


@composite(shape=_differenced, dtype=same_dtype, eager_check=True)
def diff(a: TensorLike, n: int = 1, axis: AxisIndex = -1) -> Tensor:
    """Return the differences of neighbouring elements; for booleans whether they differ.

    Unsigned integers wrap around.

    Args:
        a: a tensor of at least one axis.
        n: how often differences are taken; 1 by default.
        axis: the axis, which becomes shorter by `n`; -1 by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.diff([1, 4, 9])).tolist()
        [3, 5]
    """
    a = given(a)
    step = not_equal if dtype_of(a) == "bool" else subtract
    for _ in range_of(n):
        a = step(_from(a, axis, 1, None), _from(a, axis, None, -1))
    return a


def _integrated(y: Dims, x: Dims | None, dx: Dims, axis: int) -> Dims:
    if x is None:
        return reduced(y, (axis,))
    size = x[0] if len(x) == 1 else x[axis] if len(x) == len(y) else None
    if size is None or not may_equal(size, y[axis]):
        raise Mismatch(
            f"needs `x` of rank 1 or of the rank of `y`, with the size of `y` ({y[axis]}) along axis {axis}. "
            f"Received shapes {shown(y)} and {shown(x)}."
        )
    return reduced(y if len(x) == 1 else broadcast_two(x, y), (axis,))


@composite(shape=_integrated, dtype=promote_float, eager_check=True)
def trapezoid(y: TensorLike, x: TensorLike | None = None, dx: TensorLike = 1.0, axis: AxisIndex = -1) -> Tensor:
    """Return the integral of `y` along an axis by the trapezoidal rule.

    Args:
        y: values of the function, of any shape with an axis.
        x: where they are taken: `(n,)`, or a tensor of the rank of `y` that broadcasts with it.
        dx: the distance between neighbours where `x` is None.
        axis: the axis along which to integrate.

    Example:
        >>> from keraslite import ops
        >>> float(ops.trapezoid([1.0, 2.0, 3.0]))
        4.0
    """
    y, x, dx = given(y), given(x), given(dx)
    if x is not None:
        if ndim(x) == 1:
            x = reshape(x, tuple(-1 if i == axis else 1 for i in range_of(ndim(y))))
        dx = subtract(_from(x, axis, 1, None), _from(x, axis, None, -1))
    middle = multiply(add(_from(y, axis, 1, None), _from(y, axis, None, -1)), 0.5)
    return sum(multiply(middle, dx), axis)


# ---- histograms ---------------------------------------------------------------------------------------------


def _counted(x: Dims, bins: int = 10, range: Sequence[float] | None = None) -> list[Dims]:
    if isinstance(bins, bool) or not hasattr(bins, "__index__") or bins < 1:
        raise Mismatch(f"needs `bins` to be an integer of 1 or more. Received {bins!r}.")
    if range is not None and (len(range) != 2 or not range[0] <= range[1]):
        raise Mismatch(f"needs `range` to be two numbers, the smaller one first. Received {range!r}.")
    return [(bins,), (bins + 1,)]


def _counts_and_edges(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, tuple[str, str]]:
    operands, result = promote_float(dtypes, attributes)
    return operands, ("int32", result)


@composite(shape=_counted, dtype=_counts_and_edges, eager_check=True)
def histogram(x: TensorLike, bins: int = 10, range: Sequence[float] | None = None) -> tuple[Tensor, Tensor]:
    """Return how many elements fall into each of several intervals of equal length.

    Args:
        x: of any shape.
        bins: the number of intervals, which hold their left edge; the last one holds both.
        range: `(low, high)`, outside of which nothing counts; None: the extremes of `x`. Where both are equal, 0.5
            more on either side.

    Returns:
        `(counts, edges)`: `(bins,)`, int32, and `(bins + 1,)`, floating. NaN counts nowhere; with a `range` of None it
        makes the edges NaN and all counts 0.

    Example:
        >>> from keraslite import ops
        >>> counts, edges = ops.histogram([1.0, 2.0, 2.0, 3.0], bins=2)
        >>> ops.convert_to_numpy(counts).tolist(), ops.convert_to_numpy(edges).tolist()
        ([1, 3], [1.0, 2.0, 3.0])
    """
    x = given(x)
    x = ravel(widened(x))
    if range is not None:
        low, high = (cast(float(edge), dtype_of(x)) for edge in range)
    elif same_size(dims_of(x)[0], 0):
        low, high = cast(0.0, dtype_of(x)), cast(1.0, dtype_of(x))
    else:
        low, high = min(x), max(x)
    margin = where(equal(low, high), 0.5, 0.0)
    low, high = subtract(low, margin), add(high, margin)
    edges = linspace(low, high, bins + 1, dtype=dtype_of(x))
    place = minimum(subtract(searchsorted(edges, x, "right"), 1), bins - 1)
    inside = logical_and(greater_equal(x, low), less_equal(x, high))
    counts = segment_sum(full(dims_of(x), 1, "int32"), where(inside, place, bins), bins)
    return counts, edges


# ---- correlation --------------------------------------------------------------------------------------------


def _correlations(x: Dims) -> Dims:
    if len(x) not in (1, 2):
        raise Mismatch(f"needs a tensor of rank 1 or 2: variables, observations. Received shape {shown(x)}.")
    return () if len(x) == 1 else (x[0], x[0])


def _centred(x: TensorLike) -> Tensor:
    """Variables in rows, each less its mean."""
    gap = subtract(x, mean(x, -1, True))
    return gap if ndim(x) == 2 else reshape(gap, (1, -1))


@composite(shape=_correlations, dtype=promote_float, eager_check=True)
def cov(x: TensorLike) -> Tensor:
    """Return the covariance of each pair of variables, estimated from n observations with the divisor n - 1.

    Args:
        x: `(variables, observations)`, or `(observations,)` of one variable.

    Returns:
        `(variables, variables)`, or a scalar; NaN for a single observation.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.cov([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])).tolist()
        [[1.0, -1.0], [-1.0, 1.0]]
    """
    gap = _centred(x)
    result = divide(matmul(gap, conj(transpose(gap))), dims_of(gap)[1] - 1)
    return reshape(result, ()) if ndim(x) == 1 else result


@composite(shape=_correlations, dtype=promote_float, eager_check=True)
def corrcoef(x: TensorLike) -> Tensor:
    """Return Pearson's correlation of each pair of variables, in [-1, 1]; NaN for a variable that is constant.

    Args:
        x: `(variables, observations)`, or `(observations,)` of one variable.

    Returns:
        `(variables, variables)`, or a scalar.

    Example:
        >>> from keraslite import ops
        >>> round(float(ops.corrcoef([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])[0][1]), 3)
        -1.0
    """
    gap = _centred(x)
    size = sum(square(absolute(gap)), 1, True)
    still = equal(size, 0)
    unit = divide(gap, sqrt(where(still, 1, size)))
    result = matmul(unit, conj(transpose(unit)))
    if not lattice.is_complex(dtype_of(result)):
        result = maximum(minimum(result, 1), -1)
    result = where(still, float("nan"), where(transpose(still), float("nan"), result))
    return reshape(result, ()) if ndim(x) == 1 else result


MODES = ("valid", "same", "full")


def _correlated(x1: Dims, x2: Dims, mode: str = "valid") -> Dims:
    if mode not in MODES:
        raise Mismatch(f"needs `mode` to be one of {', '.join(MODES)}. Received {mode!r}.")
    if len(x1) != 1 or len(x2) != 1 or same_size(x1[0], 0) or same_size(x2[0], 0):
        raise Mismatch(
            f"needs two tensors of rank 1 with at least one element. Received shapes {shown(x1)} and {shown(x2)}."
        )
    if not all(isinstance(x[0], (int, Dimension)) for x in (x1, x2)):
        raise Mismatch("needs sizes that are known when a function is compiled. Received an unknown one. Fix the size.")
    if mode == "full":
        return (x1[0] + x2[0] - 1,)
    longer = apply("max", x1[0], x2[0])
    return (longer if mode == "same" else longer - apply("min", x1[0], x2[0]) + 1,)


@composite(shape=_correlated, dtype=promote_float, eager_check=True)
def correlate(x1: TensorLike, x2: TensorLike, mode: Name = "valid") -> Tensor:
    """Return the cross-correlation of two signals: `sum(x1[n + k] * conj(x2[n]))` at each shift `k`.

    Args:
        x1: `(m,)`.
        x2: `(n,)`.
        mode: the shifts at which both overlap entirely, "valid", `max(m, n) - min(m, n) + 1` of them; the middle
            `max(m, n)` ones, "same"; or all `m + n - 1` at which they overlap at all, "full".

    Returns:
        A floating tensor, of complex signals a complex one.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.correlate([1.0, 2.0, 3.0], [1.0, 1.0])).tolist()
        [3.0, 5.0]
    """
    x1, x2 = given(x1), given(x2)
    m, n = dims_of(x1)[0], dims_of(x2)[0]
    if m < n:  # the other way round, from behind
        return conj(flip(correlate(x2, x1, mode)))
    before, after = {"valid": (0, 0), "same": (n // 2, (n - 1) // 2), "full": (n - 1, n - 1)}[mode]
    x1 = pad_constant(x1, ((before, after),))
    if not lattice.is_complex(dtype_of(x1)):
        return _slid(x1, x2)
    a, b, c, d = real(x1), imag(x1), real(x2), imag(x2)
    turned = multiply(subtract(_slid(b, c), _slid(a, d)), 1j)
    return add(add(_slid(a, c), _slid(b, d)), turned)


def _slid(signal: Tensor, window: Tensor) -> Tensor:
    """The sum of products with `window` wherever it fits into `signal`."""
    kernel = reshape(window, (-1, 1, 1))
    return reshape(convolution(reshape(signal, (1, -1, 1)), kernel, (1,), "valid", (1,), "channels_last"), (-1,))
