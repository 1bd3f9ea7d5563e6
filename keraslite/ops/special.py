"""Special functions, common divisors, and what depends on how floats are stored."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.ops.bitwise import BITS, bitwise_and, left_shift, view
from keraslite.ops.comparison import (
    equal,
    greater,
    isfinite,
    isinf,
    isnan,
    less,
    logical_and,
    logical_not,
    logical_or,
    not_equal,
    reals,
    signbit,
    where,
)
from keraslite.ops.control import while_loop
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import Tensor, TensorLike, composite, given, primitive
from keraslite.ops.division import divide, floor_divide, mod, reciprocal
from keraslite.ops.dtype import Names, WrongDType, promote_float, result_type, to_float
from keraslite.ops.elementwise import absolute, add, clip, multiply, negative, square, subtract
from keraslite.ops.exponential import exp, log, sqrt
from keraslite.ops.manipulation import broadcast_to
from keraslite.ops.reduction import any
from keraslite.ops.rounding import floor
from keraslite.ops.shape import broadcast, broadcast_two, same_as_first
from keraslite.ops.trigonometry import sin

__all__ = ["copysign", "erfc", "gammainc", "gcd", "i0", "lcm", "ldexp", "lgamma", "nextafter", "sinc"]

# Of a float's bits: those of the fraction, and the smallest and largest exponent of 2 (of normal numbers).
_LAYOUT = {"float32": (23, -126, 127), "float64": (52, -1022, 1023)}
# Lanczos's approximation with g = 7 and nine terms (Godfrey, 2001), exact to about 1e-15.
_LANCZOS = (
    0.99999999999980993,
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
)


def whole(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """As `promote`, of integers only; booleans become int32."""
    common = result_type(dtypes)
    if common != "bool" and not lattice.is_int(common):
        raise WrongDType(
            f"needs integers. Received dtypes {', '.join(d.rstrip('?') for d in dtypes)}. Use `ops.cast` first."
        )
    common = "int32" if common == "bool" else common
    return (common,) * len(dtypes), common


def scaled(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Of `ldexp`: real numbers, and integers as exponents; computed in float32 or float64."""
    if not lattice.is_int(dtypes[1]):
        raise WrongDType(f"needs integers as `x2`. Received dtype {dtypes[1].rstrip('?')}. Use `ops.cast` first.")
    result = reals(promote_float)(dtypes, attributes)[1]
    return ("float64", "int64") if result == "float64" else ("float32", "int32"), to_float(result)


@primitive(shape=same_as_first, dtype=reals(promote_float))
def erfc(x: TensorLike) -> Tensor:
    """Return `1 - erf(x)`, which is exact where `erf(x)` is near 1.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.erfc([0.0, 1.0])).round(3))
        [1.    0.157]
    """
    ...


@primitive(shape=same_as_first, dtype=reals(promote_float))
def i0(x: TensorLike) -> Tensor:
    """Return the modified Bessel function of the first kind and order 0.

    Source: Abramowitz & Stegun, 1964, "Handbook of mathematical functions", 9.6.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.i0([0.0, 1.0])).round(3))
        [1.    1.266]
    """
    ...


@composite(shape=same_as_first, dtype=promote_float)
def sinc(x: TensorLike) -> Tensor:
    """Return `sin(pi * x) / (pi * x)`, and 1 at 0.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.sinc([0.0, 0.5])).round(3))
        [1.    0.637]
    """
    x = multiply(x, math.pi)
    near = less(absolute(x), 0.1)
    # Near 0 the first terms of its series are exact, and so is their slope, where a quotient's would cancel out.
    y = square(where(near, x, 0))
    series = subtract(1, multiply(divide(y, 6), subtract(1, multiply(divide(y, 20), subtract(1, divide(y, 42))))))
    away = where(near, 1, x)
    return where(near, series, divide(sin(away), away))


@composite(shape=broadcast, dtype=reals(promote_float))
def nextafter(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the next number of the dtype after `x1` on the way to `x2`. No gradient passes.

    Half precision has its own next numbers. (Keras rounds those of float32 back to `x1`.)

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nextafter([1.0], [2.0]) - 1.0).tolist()
        [1.1920928955078125e-07]
    """
    name = dtype_of(x1)
    bits, other = view(x1, BITS[name]), view(x2, BITS[name])
    largest = 2 ** (8 * lattice.to_numpy_dtype(name).itemsize - 1) - 1
    one = cast(1, BITS[name])
    grows = equal(greater(x2, x1), greater(x1, 0))
    next = add(bits, where(grows, one, negative(one)))
    next = where(equal(bitwise_and(bits, largest), 0), where(less(x2, 0), add(one, -largest - 1), one), next)
    next = where(logical_or(equal(x1, x2), isnan(x2)), other, next)
    return view(where(isnan(x1), bits, next), name)


@composite(shape=broadcast, dtype=reals(promote_float))
def copysign(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the size of `x1` with the sign of `x2`. A negative zero has a sign, too.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.copysign([1.0, -2.0], [-0.0, 3.0])).tolist()
        [-1.0, 2.0]
    """
    size = absolute(x1)
    return where(signbit(x2), negative(size), size)


@composite(shape=broadcast, dtype=scaled)
def ldexp(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 * 2 ** x2`, exactly.

    Args:
        x1: a float tensor.
        x2: integers of a shape that broadcasts with `x1`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.ldexp([1.5, 3.0], [2, -1])).tolist()
        [6.0, 1.5]
    """
    x1 = given(x1)
    name = dtype_of(x1)
    fraction, lowest, highest = _LAYOUT[name]
    for _ in range(3):  # from the smallest number to the largest one are three steps
        step = clip(x2, lowest, highest)
        x1 = multiply(x1, view(left_shift(add(step, highest), fraction), name))
        x2 = subtract(x2, step)
    return x1


@composite(shape=broadcast, dtype=whole)
def gcd(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the greatest common divisor, which is never negative; 0 for 0 and 0.

    Args:
        x1, x2: integers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.gcd([12, 0], [18, 5])).tolist()
        [6, 5]
    """
    x1, x2 = absolute(x1), absolute(x2)

    def step(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        done = equal(b, 0)
        return where(done, a, b), where(done, 0, mod(a, where(done, 1, b)))

    pair = add(x1, multiply(x2, 0)), add(x2, multiply(x1, 0))
    return while_loop(lambda a, b: any(not_equal(b, 0)), step, pair)[0]


@composite(shape=broadcast, dtype=whole)
def lcm(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the least common multiple, which is never negative; 0 if one of them is 0.

    Args:
        x1, x2: integers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.lcm([4, 0], [6, 5])).tolist()
        [12, 0]
    """
    divisor = gcd(x1, x2)
    return absolute(multiply(floor_divide(x1, where(equal(divisor, 0), 1, divisor)), x2))


# ---- the gamma function -------------------------------------------------------------------------------------


def _wide(x: TensorLike) -> Tensor:
    """`x` in the most exact dtype of its engine."""
    engine = registry.engine_of(x) or registry.current()
    return cast(x, engine.stored_dtype("float64"))


def _enough(x: Tensor) -> float:
    """How far from its limit a series may end, relative to it."""
    return 4 * float(np.finfo(dtype_of(x)).eps)


@composite(shape=same_as_first, dtype=reals(promote_float))
def lgamma(x: TensorLike) -> Tensor:
    """Return the natural logarithm of the absolute value of the gamma function; infinity at 0, -1, -2 ...

    Source: Lanczos, 1964, "A precision approximation of the gamma function".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.lgamma([3.0, 4.0])).round(3))
        [0.693 1.792]
    """
    name, x = dtype_of(x), _wide(x)
    endless = isinf(x)
    x = where(endless, 1, x)
    left = less(x, 0.5)
    z = where(left, negative(x), subtract(x, 1))
    sum, shifted = _LANCZOS[0], add(z, 7.5)
    for i, term in enumerate(_LANCZOS[1:], 1):
        sum = add(sum, divide(term, add(z, i)))
    right = add(subtract(multiply(add(z, 0.5), log(shifted)), shifted), add(log(sum), 0.5 * math.log(2 * math.pi)))
    # On the left: gamma(x) * gamma(1 - x) = pi / sin(pi * x).
    turned = sin(multiply(where(left, subtract(x, floor(x)), 0.5), math.pi))
    result = where(left, subtract(subtract(math.log(math.pi), log(turned)), right), right)
    return cast(where(endless, math.inf, result), name)


@composite(shape=broadcast, dtype=reals(promote_float))
def gammainc(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the regularized lower incomplete gamma function: how likely a gamma variable of shape `x1` is below `x2`.

    It is the integral of `t ** (x1 - 1) * exp(-t)` from 0 to `x2`, divided by `gamma(x1)`. It is NaN where one
    argument is negative.

    Source: Abramowitz & Stegun, 1964, "Handbook of mathematical functions", 6.5.

    Args:
        x1: the shape of the distribution, of at least 0.
        x2: the end of the integral, of at least 0. Its shape broadcasts with that of `x1`. Integers are cast to
            `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.gammainc([1.0, 2.0], [0.5, 1.0])).round(3))
        [0.393 0.264]
    """
    name, dims = dtype_of(x1), broadcast_two(dims_of(x1), dims_of(x2))
    a, x = (broadcast_to(_wide(n), dims) for n in (x1, x2))
    inside = logical_and(logical_and(greater(a, 0), isfinite(a)), logical_and(greater(x, 0), isfinite(x)))
    low, high = logical_and(equal(x, 0), greater(a, 0)), logical_and(equal(a, 0), greater(x, 0))
    low, high = logical_or(low, equal(a, math.inf)), logical_or(high, equal(x, math.inf))
    wrong = logical_or(logical_or(isnan(a), isnan(x)), logical_or(less(a, 0), less(x, 0)))
    defined = logical_or(inside, logical_and(logical_not(wrong), not_equal(low, high)))
    undefined = sqrt(where(defined, 0.0, -1.0))  # makes no NaN where there is none to return
    edge = add(undefined, where(low, 0.0, 1.0))
    a, x = where(inside, a, 1), where(inside, x, 1)
    near = less(x, add(a, 1))
    density = exp(subtract(subtract(multiply(a, log(x)), x), lgamma(a)))
    below = multiply(density, _series(a, where(near, x, a)))
    above = multiply(density, _fraction(a, where(near, add(a, 1), x)))
    return cast(where(inside, where(near, below, subtract(1, above)), edge), name)


def _series(a: Tensor, x: Tensor) -> Tensor:
    """`1 / a + x / (a * (a + 1)) + x ** 2 / (a * (a + 1) * (a + 2)) ...`: quick for `x` below `a + 1`."""

    def step(a: Tensor, term: Tensor, total: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a = add(a, 1)
        term = divide(multiply(term, x), a)
        return a, term, add(total, term)

    first, enough = reciprocal(a), _enough(a)
    return while_loop(lambda a, term, total: any(greater(term, multiply(total, enough))), step, (a, first, first))[2]


def _fraction(a: Tensor, x: Tensor) -> Tensor:
    """`1 / (x + 1 - a - (1 - a) / (x + 3 - a - 2 * (2 - a) / ...))`, from the front: quick for `x` above `a + 1`."""

    def step(i: Tensor, c: Tensor, d: Tensor, change: Tensor, total: Tensor) -> tuple[Tensor, ...]:
        b = add(add(subtract(x, a), 1), multiply(i, 2))
        numerator = multiply(i, subtract(a, i))
        d = reciprocal(add(multiply(numerator, d), b))
        c = add(b, divide(numerator, c))
        change = multiply(c, d)
        return add(i, 1), c, d, change, multiply(total, change)

    first, enough = reciprocal(add(subtract(x, a), 1)), _enough(x)
    ones = divide(x, x)
    start = (ones, multiply(ones, math.inf), first, add(ones, 1), first)
    return while_loop(lambda *state: any(greater(absolute(subtract(state[3], 1)), enough)), step, start)[4]
