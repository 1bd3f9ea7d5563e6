"""Arithmetic, powers, logarithms and rounding, element by element."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ml_dtypes

from keraslite.backend import dtypes as lattice
from keraslite.ops.comparison import equal, greater_equal, isinf, isnan, logical_and, where
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.declare import Tensor, composite, primitive
from keraslite.ops.dtype import Names, first, promote, promote_float, result_type, same
from keraslite.ops.operators import OPS
from keraslite.ops.shape import broadcast, same_as_first

LOG_2 = 0.6931471805599453
LOG_10 = 2.302585092994046


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
def add(x1: Tensor, x2: Tensor) -> Tensor:
    """`x1 + x2`; of booleans their or."""


@primitive(shape=broadcast, dtype=numbers)
def subtract(x1: Tensor, x2: Tensor) -> Tensor:
    """`x1 - x2`; booleans count as int32."""


@primitive(shape=broadcast, dtype=promote)
def multiply(x1: Tensor, x2: Tensor) -> Tensor:
    """`x1 * x2`; of booleans their and."""


@primitive(shape=broadcast, dtype=promote_float)
def divide(x1: Tensor, x2: Tensor) -> Tensor:
    """`x1 / x2`, floating."""


true_divide = divide
OPS["true_divide"] = divide


@composite(shape=broadcast, dtype=promote_float)
def divide_no_nan(x1: Tensor, x2: Tensor) -> Tensor:
    """`x1 / x2`, and 0 where `x2` is 0; its gradient there is 0 too."""
    zero = equal(x2, 0)
    return where(zero, 0, divide(x1, where(zero, 1, x2)))


@primitive(shape=broadcast, dtype=numbers)
def floor_divide(x1: Tensor, x2: Tensor) -> Tensor:
    """The largest integer not above `x1 / x2`. Integers divided by 0 are as the engine has them."""


@primitive(shape=broadcast, dtype=numbers)
def mod(x1: Tensor, x2: Tensor) -> Tensor:
    """`x1 - floor_divide(x1, x2) * x2`, with the sign of `x2`."""


@primitive(shape=broadcast, dtype=numbers)
def power(x1: Tensor, x2: Tensor) -> Tensor:
    """`x1 ** x2`; integers need exponents of 0 or more."""


@primitive(shape=broadcast, dtype=promote)
def maximum(x1: Tensor, x2: Tensor) -> Tensor:
    """The larger one; NaN where one is NaN."""


@primitive(shape=broadcast, dtype=promote)
def minimum(x1: Tensor, x2: Tensor) -> Tensor:
    """The smaller one; NaN where one is NaN."""


@primitive(shape=same_as_first, dtype=numbers)
def negative(x: Tensor) -> Tensor:
    """`-x`."""


@primitive(shape=same_as_first, dtype=part)
def absolute(x: Tensor) -> Tensor:
    """The size of `x` without its sign; of complex numbers their modulus."""


abs = absolute
OPS["abs"] = absolute


@primitive(shape=same_as_first, dtype=numbers)
def sign(x: Tensor) -> Tensor:
    """-1, 0 or 1."""


@composite(shape=same_as_first, dtype=numbers)
def square(x: Tensor) -> Tensor:
    """`x * x`."""
    return multiply(x, x)


@composite(shape=same_as_first, dtype=promote_float)
def reciprocal(x: Tensor) -> Tensor:
    """`1 / x`."""
    return divide(1, x)


@composite(dtype=numbers)
def clip(x: Tensor, x_min: Tensor | None, x_max: Tensor | None) -> Tensor:
    """`x` within `x_min` and `x_max`, of which one may be None; `x_max` wins where they cross."""
    if x_min is not None:
        x = maximum(x, x_min)
    return x if x_max is None else minimum(x, x_max)


@composite(shape=same_as_first, dtype=same)
def nan_to_num(x: Tensor, nan=0.0, posinf=None, neginf=None) -> Tensor:
    """`x` with numbers for NaN and the infinities; None stands for the dtype's largest and smallest."""
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
def sqrt(x: Tensor) -> Tensor:
    """The square root; NaN below 0."""


@composite(shape=same_as_first, dtype=promote_float)
def rsqrt(x: Tensor) -> Tensor:
    """`1 / sqrt(x)`."""
    return divide(1, sqrt(x))


@primitive(shape=same_as_first, dtype=promote_float)
def exp(x: Tensor) -> Tensor:
    """e to the power of `x`."""


@composite(shape=same_as_first, dtype=promote_float)
def exp2(x: Tensor) -> Tensor:
    """2 to the power of `x`."""
    return power(2, x)


@primitive(shape=same_as_first, dtype=promote_float)
def expm1(x: Tensor) -> Tensor:
    """`exp(x) - 1`, exact near 0."""


@primitive(shape=same_as_first, dtype=promote_float)
def log(x: Tensor) -> Tensor:
    """The natural logarithm: -inf at 0, NaN below."""


@primitive(shape=same_as_first, dtype=promote_float)
def log1p(x: Tensor) -> Tensor:
    """`log(1 + x)`, exact near 0."""


@composite(shape=same_as_first, dtype=promote_float)
def log2(x: Tensor) -> Tensor:
    """The logarithm to base 2."""
    return multiply(log(x), 1 / LOG_2)


@composite(shape=same_as_first, dtype=promote_float)
def log10(x: Tensor) -> Tensor:
    """The logarithm to base 10."""
    return multiply(log(x), 1 / LOG_10)


@composite(shape=broadcast, dtype=promote_float)
def logaddexp(x1: Tensor, x2: Tensor) -> Tensor:
    """`log(exp(x1) + exp(x2))` without overflow; the gradient is exact at ties and finite at infinities."""
    first = greater_equal(x1, x2)
    high, low = where(first, x1, x2), where(first, x2, x1)
    gap = where(logical_and(equal(x1, x2), isinf(x1)), 0, subtract(low, high))
    return add(high, log1p(exp(gap)))


@composite(shape=broadcast, dtype=promote_float)
def hypot(x1: Tensor, x2: Tensor) -> Tensor:
    """`sqrt(x1**2 + x2**2)` without overflow."""
    x1, x2 = absolute(x1), absolute(x2)
    high, low = maximum(x1, x2), minimum(x1, x2)
    slope = divide_no_nan(low, high)
    return multiply(high, sqrt(add(1, multiply(slope, slope))))


@primitive(shape=same_as_first, dtype=promote_float)
def erf(x: Tensor) -> Tensor:
    """The error function, `2 / sqrt(pi)` times the integral of `exp(-t**2)` from 0 to `x`."""


@primitive(shape=same_as_first, dtype=promote_float)
def erfinv(x: Tensor) -> Tensor:
    """The inverse of `erf`, for `x` in [-1, 1]: infinite at the ends, NaN beyond."""


# ---- rounding -----------------------------------------------------------------------------------------------


@primitive(shape=same_as_first, dtype=promote_float)
def floor(x: Tensor) -> Tensor:
    """The largest integer not above `x`, floating."""


@primitive(shape=same_as_first, dtype=promote_float)
def ceil(x: Tensor) -> Tensor:
    """The smallest integer not below `x`, floating."""


@primitive(shape=same_as_first, dtype=numbers)
def round(x: Tensor, decimals: int = 0) -> Tensor:
    """The nearest number of so many decimals; halves go to the even one."""


@primitive(shape=same_as_first, dtype=same)
def trunc(x: Tensor) -> Tensor:
    """The integer part of `x`, towards 0."""


# ---- complex numbers ----------------------------------------------------------------------------------------


@primitive(shape=same_as_first, dtype=part)
def real(x: Tensor) -> Tensor:
    """The real part."""


@primitive(shape=same_as_first, dtype=part)
def imag(x: Tensor) -> Tensor:
    """The imaginary part; of real numbers 0."""


@primitive(shape=same_as_first, dtype=same)
def conj(x: Tensor) -> Tensor:
    """The complex conjugate."""


conjugate = conj
OPS["conjugate"] = conj
