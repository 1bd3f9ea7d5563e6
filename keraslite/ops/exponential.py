"""Roots, exponentials, logarithms and the error function, element by element."""

from __future__ import annotations

from keraslite.ops.comparison import equal, isfinite, isinf, logical_and, logical_or, not_equal, reals, where
from keraslite.ops.declare import Tensor, TensorLike, composite, primitive
from keraslite.ops.division import divide, divide_no_nan
from keraslite.ops.dtype import promote_float
from keraslite.ops.elementwise import absolute, add, maximum, minimum, multiply, power, sign, subtract
from keraslite.ops.operators import OPS
from keraslite.ops.shape import broadcast, same_as_first

__all__ = [
    "cbrt",
    "erf",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "float_power",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "rsqrt",
    "sqrt",
]

LOG_2 = 0.6931471805599453
LOG_10 = 2.302585092994046
_INFINITY = float("inf")


@primitive(shape=same_as_first, dtype=promote_float)
def sqrt(x: TensorLike) -> Tensor:
    """Return the square root of `x`; NaN below 0.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.sqrt([4.0, 9.0])).tolist()
        [2.0, 3.0]
    """
    ...


@composite(shape=same_as_first, dtype=promote_float)
def rsqrt(x: TensorLike) -> Tensor:
    """Return `1 / sqrt(x)`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.rsqrt([4.0, 16.0])).tolist()
        [0.5, 0.25]
    """
    return divide(1, sqrt(x))


@composite(shape=same_as_first, dtype=reals(promote_float))
def cbrt(x: TensorLike) -> Tensor:
    """Return the cube root of `x`, also of negative numbers. Its derivative at 0 is infinite.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.cbrt([8.0, -27.0])).round(3))
        [ 2. -3.]
    """
    plain = logical_and(isfinite(x), not_equal(x, 0))
    x_safe = where(plain, x, 1)
    root = multiply(sign(x_safe), power(absolute(x_safe), 1 / 3))
    # 1 / 3 is rounded: one step of Newton's method on root ** 3 = x
    root = subtract(root, divide(subtract(root, divide(divide(x_safe, root), root)), 3))
    zero = equal(x, 0)
    return where(plain, root, where(zero, sqrt(where(zero, x, 1)), OPS["stop_gradient"](x)))


@primitive(shape=same_as_first, dtype=promote_float)
def exp(x: TensorLike) -> Tensor:
    """Return `e ** x`.

    Args:
        x: a tensor of any shape, real or complex.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.exp([0.0, 1.0])).round(3))
        [1.    2.718]
    """
    ...


@composite(shape=same_as_first, dtype=promote_float)
def exp2(x: TensorLike) -> Tensor:
    """Return `2 ** x`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.exp2([0.0, 3.0])).round(3))
        [1. 8.]
    """
    return power(2, x)


@composite(shape=broadcast, dtype=promote_float)
def float_power(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 ** x2`, computed in floats, so that integers may have negative exponents.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.float_power([2, 4], [-1, 2])).tolist()
        [0.5, 16.0]
    """
    return power(x1, x2)


@primitive(shape=same_as_first, dtype=promote_float)
def expm1(x: TensorLike) -> Tensor:
    """Return `exp(x) - 1`, which is exact for small `x`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.expm1([0.0, 1.0])).round(3))
        [0.    1.718]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def log(x: TensorLike) -> Tensor:
    """Return the natural logarithm of `x`: minus infinity at 0, NaN below.

    Args:
        x: a tensor of any shape, real or complex.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.log([1.0, 10.0])).round(3))
        [0.    2.303]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def log1p(x: TensorLike) -> Tensor:
    """Return `log(1 + x)`, which is exact for small `x`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.log1p([0.0, 1.0])).round(3))
        [0.    0.693]
    """
    ...


@composite(shape=same_as_first, dtype=promote_float)
def log2(x: TensorLike) -> Tensor:
    """Return the logarithm of `x` to the base 2.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.log2([1.0, 8.0])).round(3))
        [0. 3.]
    """
    return multiply(log(x), 1 / LOG_2)


@composite(shape=same_as_first, dtype=promote_float)
def log10(x: TensorLike) -> Tensor:
    """Return the logarithm of `x` to the base 10.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.log10([1.0, 100.0])).round(3))
        [0. 2.]
    """
    return multiply(log(x), 1 / LOG_10)


@composite(shape=broadcast, dtype=promote_float)
def logaddexp(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `log(exp(x1) + exp(x2))` without overflow.

    The gradient is exact where both are equal, and finite at infinities.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.logaddexp([0.0, 100.0], [0.0, 100.0])).round(3))
        [  0.693 100.693]
    """
    high, gap = _high_and_gap(x1, x2)
    return add(high, log1p(exp(gap)))


@composite(shape=broadcast, dtype=reals(promote_float))
def logaddexp2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `log2(2 ** x1 + 2 ** x2)` without overflow.

    The gradient is exact where both are equal, and finite at infinities.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.logaddexp2([0.0, 3.0], [0.0, 3.0])).round(3))
        [1. 4.]
    """
    high, gap = _high_and_gap(x1, x2)
    return add(high, multiply(log1p(exp(multiply(gap, LOG_2))), 1 / LOG_2))


def _high_and_gap(x1: TensorLike, x2: TensorLike) -> tuple[Tensor, Tensor]:
    """The larger one, and the smaller one less it (0 for equal infinities)."""
    high, low = maximum(x1, x2), minimum(x1, x2)
    alike = logical_and(equal(x1, x2), isinf(x1))
    return high, where(alike, 0, subtract(low, where(alike, 0, high)))


@composite(shape=broadcast, dtype=promote_float)
def hypot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `sqrt(x1 ** 2 + x2 ** 2)` without overflow.

    It is infinite if one of them is, even if the other is NaN (IEEE 754).

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.hypot([3.0], [4.0])).round(3))
        [5.]
    """
    x1, x2 = absolute(x1), absolute(x2)
    infinite = logical_or(equal(x1, _INFINITY), equal(x2, _INFINITY))
    high, low = where(infinite, _INFINITY, maximum(x1, x2)), where(infinite, 0, minimum(x1, x2))
    slope = divide_no_nan(low, high)
    return multiply(high, sqrt(add(1, multiply(slope, slope))))


@primitive(shape=same_as_first, dtype=promote_float)
def erf(x: TensorLike) -> Tensor:
    """Return the error function of `x`.

    It is `2 / sqrt(pi)` times the integral of `exp(-t ** 2)` from 0 to `x`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.erf([0.0, 1.0])).round(3))
        [0.    0.843]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def erfinv(x: TensorLike) -> Tensor:
    """Return the inverse of `erf`: infinite at -1 and 1, NaN beyond.

    Args:
        x: a float tensor of any shape with values in [-1, 1].

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.erfinv([0.0, 0.5])).round(3))
        [0.    0.477]
    """
    ...
