"""Arithmetic, powers, logarithms and rounding, element by element."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ml_dtypes

from keraslite.backend import dtypes as lattice
from keraslite.ops.comparison import (
    equal,
    greater,
    isfinite,
    isinf,
    isnan,
    less,
    logical_and,
    logical_or,
    logical_xor,
    not_equal,
    reals,
    where,
)
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.declare import Tensor, TensorLike, composite, given, primitive
from keraslite.ops.dtype import Names, first, promote, promote_float, result_type, same
from keraslite.ops.operators import OPS
from keraslite.ops.shape import broadcast, same_as_first

__all__ = [
    "abs",
    "absolute",
    "add",
    "cbrt",
    "ceil",
    "clip",
    "conj",
    "conjugate",
    "divide",
    "divide_no_nan",
    "erf",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "heaviside",
    "hypot",
    "imag",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "nan_to_num",
    "negative",
    "power",
    "real",
    "reciprocal",
    "round",
    "rsqrt",
    "sign",
    "sqrt",
    "square",
    "subtract",
    "true_divide",
    "trunc",
]

LOG_2 = 0.6931471805599453
LOG_10 = 2.302585092994046
_INFINITY = float("inf")


def numbers(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    """As `promote`, but booleans become int32."""
    common = result_type(dtypes)
    common = "int32" if common == "bool" else common
    return (common,) * len(dtypes), common


_REAL: dict[str, Any] = {"complex64": "float32", "complex128": "float64"}


def part(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    """Of parts of complex numbers: real."""
    own, result = first(dtypes, attributes)
    return own, _REAL.get(result, result)


# ---- arithmetic ---------------------------------------------------------------------------------------------


@primitive(shape=broadcast, dtype=promote)
def add(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 + x2`; of booleans their or."""
    ...


@primitive(shape=broadcast, dtype=numbers)
def subtract(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 - x2`; booleans count as int32."""
    ...


@primitive(shape=broadcast, dtype=promote)
def multiply(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 * x2`; of booleans their and."""
    ...


@primitive(shape=broadcast, dtype=promote_float)
def divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 / x2`, floating."""
    ...


true_divide = divide
OPS["true_divide"] = divide


@composite(shape=broadcast, dtype=promote_float)
def divide_no_nan(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 / x2`, and 0 where `x2` is 0; its gradient there is 0 too."""
    zero = equal(x2, 0)
    return where(zero, 0, divide(x1, where(zero, 1, x2)))


@primitive(shape=broadcast, dtype=numbers)
def floor_divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The largest integer not above `x1 / x2`. Integers divided by 0 are as the engine has them."""
    ...


@primitive(shape=broadcast, dtype=numbers)
def mod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 - floor_divide(x1, x2) * x2`, with the sign of `x2`."""
    ...


@primitive(shape=broadcast, dtype=numbers)
def power(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 ** x2`; integers need exponents of 0 or more."""
    ...


@primitive(shape=broadcast, dtype=promote)
def maximum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The larger one; NaN where one is NaN."""
    ...


@primitive(shape=broadcast, dtype=promote)
def minimum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The smaller one; NaN where one is NaN."""
    ...


@composite(shape=broadcast, dtype=reals(promote))
def fmax(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The larger one; where one is NaN the other one."""
    high = maximum(x1, x2)
    return where(isnan(x1), x2, where(isnan(x2), x1, high)) if lattice.is_float(dtype_of(x1)) else high


@composite(shape=broadcast, dtype=reals(promote))
def fmin(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The smaller one; where one is NaN the other one."""
    low = minimum(x1, x2)
    return where(isnan(x1), x2, where(isnan(x2), x1, low)) if lattice.is_float(dtype_of(x1)) else low


@composite(shape=broadcast, dtype=reals(numbers))
def fmod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """What is left of `x1` after taking `x2` a whole number of times, with the sign of `x1` (`mod`: that of `x2`)."""
    if lattice.is_float(dtype_of(x1)):
        below = less(x1, 0)
        rest = mod(where(below, negative(x1), x1), absolute(x2))
        return where(below, negative(rest), rest)
    rest = mod(x1, x2)
    apart = logical_and(not_equal(rest, 0), logical_xor(less(x1, 0), less(x2, 0)))
    return where(apart, subtract(rest, x2), rest)


@composite(shape=broadcast, dtype=reals(promote_float))
def heaviside(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The step function: 0 below 0, `x2` at 0, 1 above; NaN of NaN."""
    step = cast(greater(x1, 0), dtype_of(x1))
    return where(isnan(x1), x1, where(equal(x1, 0), x2, step))


@primitive(shape=same_as_first, dtype=numbers)
def negative(x: TensorLike) -> Tensor:
    """`-x`."""
    ...


@primitive(shape=same_as_first, dtype=part)
def absolute(x: TensorLike) -> Tensor:
    """The size of `x` without its sign; of complex numbers their modulus."""
    ...


abs = absolute
OPS["abs"] = absolute


@composite(shape=same_as_first, dtype=reals(promote_float))
def fabs(x: TensorLike) -> Tensor:
    """`absolute`, floating, of real numbers."""
    return absolute(x)


@primitive(shape=same_as_first, dtype=numbers)
def sign(x: TensorLike) -> Tensor:
    """-1, 0 or 1."""
    ...


@composite(shape=same_as_first, dtype=numbers)
def square(x: TensorLike) -> Tensor:
    """`x * x`."""
    return multiply(x, x)


@composite(shape=same_as_first, dtype=promote_float)
def reciprocal(x: TensorLike) -> Tensor:
    """`1 / x`."""
    return divide(1, x)


@composite(dtype=numbers)
def clip(x: TensorLike, x_min: TensorLike | None, x_max: TensorLike | None) -> Tensor:
    """`x` within `x_min` and `x_max`, of which one may be None; `x_max` wins where they cross."""
    x, x_max = given(x), given(x_max)
    if x_min is not None:
        x = maximum(x, x_min)
    return x if x_max is None else minimum(x, x_max)


@composite(shape=same_as_first, dtype=same)
def nan_to_num(x: TensorLike, nan: Any = 0.0, posinf=None, neginf=None) -> Tensor:
    """`x` with numbers for NaN and the infinities; None stands for the dtype's largest and smallest."""
    x = given(x)
    name = dtype_of(x)
    if not lattice.is_float(name):
        return x
    limits = ml_dtypes.finfo(lattice.to_numpy_dtype(name))
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    x = where(equal(x, float("inf")), high, x)
    x = where(equal(x, float("-inf")), low, x)
    return where(isnan(x), nan, x)


# ---- powers and logarithms ----------------------------------------------------------------------------------


@primitive(shape=same_as_first, dtype=promote_float)
def sqrt(x: TensorLike) -> Tensor:
    """The square root; NaN below 0."""
    ...


@composite(shape=same_as_first, dtype=promote_float)
def rsqrt(x: TensorLike) -> Tensor:
    """`1 / sqrt(x)`."""
    return divide(1, sqrt(x))


@composite(shape=same_as_first, dtype=reals(promote_float))
def cbrt(x: TensorLike) -> Tensor:
    """The cube root, of negative numbers too; infinitely steep at 0."""
    plain = logical_and(isfinite(x), not_equal(x, 0))
    x_safe = where(plain, x, 1)
    root = multiply(sign(x_safe), power(absolute(x_safe), 1 / 3))
    # 1 / 3 is rounded: one step of Newton's method on root ** 3 = x
    root = subtract(root, divide(subtract(root, divide(divide(x_safe, root), root)), 3))
    zero = equal(x, 0)
    return where(plain, root, where(zero, sqrt(where(zero, x, 1)), OPS["stop_gradient"](x)))


@primitive(shape=same_as_first, dtype=promote_float)
def exp(x: TensorLike) -> Tensor:
    """e to the power of `x`."""
    ...


@composite(shape=same_as_first, dtype=promote_float)
def exp2(x: TensorLike) -> Tensor:
    """2 to the power of `x`."""
    return power(2, x)


@primitive(shape=same_as_first, dtype=promote_float)
def expm1(x: TensorLike) -> Tensor:
    """`exp(x) - 1`, exact near 0."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def log(x: TensorLike) -> Tensor:
    """The natural logarithm: -inf at 0, NaN below."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def log1p(x: TensorLike) -> Tensor:
    """`log(1 + x)`, exact near 0."""
    ...


@composite(shape=same_as_first, dtype=promote_float)
def log2(x: TensorLike) -> Tensor:
    """The logarithm to base 2."""
    return multiply(log(x), 1 / LOG_2)


@composite(shape=same_as_first, dtype=promote_float)
def log10(x: TensorLike) -> Tensor:
    """The logarithm to base 10."""
    return multiply(log(x), 1 / LOG_10)


@composite(shape=broadcast, dtype=promote_float)
def logaddexp(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`log(exp(x1) + exp(x2))` without overflow; the gradient is exact at ties and finite at infinities."""
    high, gap = _high_and_gap(x1, x2)
    return add(high, log1p(exp(gap)))


@composite(shape=broadcast, dtype=reals(promote_float))
def logaddexp2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`log2(2**x1 + 2**x2)` without overflow; gradients as those of `logaddexp`."""
    high, gap = _high_and_gap(x1, x2)
    return add(high, multiply(log1p(exp(multiply(gap, LOG_2))), 1 / LOG_2))


def _high_and_gap(x1: Any, x2: Any) -> tuple[Any, Any]:
    """The larger one, and the smaller one less it (0 for equal infinities)."""
    high, low = maximum(x1, x2), minimum(x1, x2)
    alike = logical_and(equal(x1, x2), isinf(x1))
    return high, where(alike, 0, subtract(low, where(alike, 0, high)))


@composite(shape=broadcast, dtype=promote_float)
def hypot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`sqrt(x1**2 + x2**2)` without overflow; infinite where one is, even beside NaN (IEEE 754)."""
    x1, x2 = absolute(x1), absolute(x2)
    infinite = logical_or(equal(x1, _INFINITY), equal(x2, _INFINITY))
    high, low = where(infinite, _INFINITY, maximum(x1, x2)), where(infinite, 0, minimum(x1, x2))
    slope = divide_no_nan(low, high)
    return multiply(high, sqrt(add(1, multiply(slope, slope))))


@primitive(shape=same_as_first, dtype=promote_float)
def erf(x: TensorLike) -> Tensor:
    """The error function, `2 / sqrt(pi)` times the integral of `exp(-t**2)` from 0 to `x`."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def erfinv(x: TensorLike) -> Tensor:
    """The inverse of `erf`, for `x` in [-1, 1]: infinite at the ends, NaN beyond."""
    ...


# ---- rounding -----------------------------------------------------------------------------------------------


@primitive(shape=same_as_first, dtype=promote_float)
def floor(x: TensorLike) -> Tensor:
    """The largest integer not above `x`, floating."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def ceil(x: TensorLike) -> Tensor:
    """The smallest integer not below `x`, floating."""
    ...


@primitive(shape=same_as_first, dtype=numbers)
def round(x: TensorLike, decimals: int = 0) -> Tensor:
    """The nearest number of so many decimals; halves go to the even one."""
    ...


@primitive(shape=same_as_first, dtype=same)
def trunc(x: TensorLike) -> Tensor:
    """The integer part of `x`, towards 0."""
    ...


# ---- complex numbers ----------------------------------------------------------------------------------------


@primitive(shape=same_as_first, dtype=part)
def real(x: TensorLike) -> Tensor:
    """The real part."""
    ...


@primitive(shape=same_as_first, dtype=part)
def imag(x: TensorLike) -> Tensor:
    """The imaginary part; of real numbers 0."""
    ...


@primitive(shape=same_as_first, dtype=same)
def conj(x: TensorLike) -> Tensor:
    """The complex conjugate."""
    ...


conjugate = conj
OPS["conjugate"] = conj
