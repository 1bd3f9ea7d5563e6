"""Special functions, common divisors, and what depends on how floats are stored."""

from __future__ import annotations

import math
from collections.abc import Mapping

from keraslite.backend import dtypes as lattice
from keraslite.ops.bitwise import BITS, bitwise_and, left_shift, view
from keraslite.ops.comparison import equal, greater, isnan, less, logical_or, not_equal, reals, where
from keraslite.ops.control import while_loop
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.declare import Tensor, TensorLike, composite, given, primitive
from keraslite.ops.dtype import Names, WrongDType, promote_float, result_type, to_float
from keraslite.ops.elementwise import (
    absolute,
    add,
    clip,
    divide,
    floor_divide,
    mod,
    multiply,
    negative,
    square,
    subtract,
)
from keraslite.ops.reduction import any
from keraslite.ops.shape import broadcast, same_as_first
from keraslite.ops.trigonometry import sin

__all__ = ["erfc", "gcd", "i0", "lcm", "ldexp", "nextafter", "sinc"]

# Of a float's bits: those of the fraction, and the smallest and largest exponent of 2 (of normal numbers).
_LAYOUT = {"float32": (23, -126, 127), "float64": (52, -1022, 1023)}


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
