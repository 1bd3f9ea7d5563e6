"""Arithmetic and parts of complex numbers, element by element. `division.py` has quotients."""

from __future__ import annotations

from collections.abc import Mapping

import ml_dtypes

from keraslite.backend import dtypes as lattice
from keraslite.ops.comparison import (
    equal,
    greater,
    isnan,
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
    "clip",
    "conj",
    "conjugate",
    "fabs",
    "fmax",
    "fmin",
    "heaviside",
    "imag",
    "maximum",
    "minimum",
    "multiply",
    "nan_to_num",
    "negative",
    "power",
    "real",
    "sign",
    "square",
    "subtract",
]


def numbers(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """As `promote`, but booleans become int32."""
    common = result_type(dtypes)
    common = "int32" if common == "bool" else common
    return (common,) * len(dtypes), common


_REAL: dict[str, str] = {"complex64": "float32", "complex128": "float64"}


def part(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Of parts of complex numbers: real."""
    own, result = first(dtypes, attributes)
    return own, _REAL.get(result, result)


# ---- arithmetic ---------------------------------------------------------------------------------------------


@primitive(shape=broadcast, dtype=promote)
def add(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 + x2`; logical or for booleans.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.add([1, 2], [3, 4])).tolist()
        [4, 6]
    """
    ...


@primitive(shape=broadcast, dtype=numbers)
def subtract(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 - x2`; booleans count as int32.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.subtract([1, 2], [3, 5])).tolist()
        [-2, -3]
    """
    ...


@primitive(shape=broadcast, dtype=promote)
def multiply(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 * x2`; logical and for booleans.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.multiply([1, 2], [3, 4])).tolist()
        [3, 8]
    """
    ...


@primitive(shape=broadcast, dtype=numbers)
def power(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 ** x2`. Integers need exponents of at least 0.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.power([1, 2, 3], 2)).tolist()
        [1, 4, 9]
    """
    ...


@primitive(shape=broadcast, dtype=promote)
def maximum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the larger of two elements; NaN if one of them is NaN.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.maximum([1, 5], [3, 4])).tolist()
        [3, 5]
    """
    ...


@primitive(shape=broadcast, dtype=promote)
def minimum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the smaller of two elements; NaN if one of them is NaN.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.minimum([1, 5], [3, 4])).tolist()
        [1, 4]
    """
    ...


@composite(shape=broadcast, dtype=reals(promote))
def fmax(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the larger of two elements; if one of them is NaN, the other one.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.fmax([1.0, float("nan")], [3.0, 4.0])).tolist()
        [3.0, 4.0]
    """
    high = maximum(x1, x2)
    return where(isnan(x1), x2, where(isnan(x2), x1, high)) if lattice.is_float(dtype_of(x1)) else high


@composite(shape=broadcast, dtype=reals(promote))
def fmin(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the smaller of two elements; if one of them is NaN, the other one.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.fmin([1.0, float("nan")], [3.0, 4.0])).tolist()
        [1.0, 4.0]
    """
    low = minimum(x1, x2)
    return where(isnan(x1), x2, where(isnan(x2), x1, low)) if lattice.is_float(dtype_of(x1)) else low


@composite(shape=broadcast, dtype=reals(promote_float))
def heaviside(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the step function of `x1`: 0 below 0, `x2` at 0 and 1 above; NaN for NaN.

    Args:
        x1: a float tensor.
        x2: the value at 0, which broadcasts to `x1`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.heaviside([-2.0, 0.0, 3.0], 0.5)).tolist()
        [0.0, 0.5, 1.0]
    """
    step = cast(greater(x1, 0), dtype_of(x1))
    return where(isnan(x1), x1, where(equal(x1, 0), x2, step))


@primitive(shape=same_as_first, dtype=numbers)
def negative(x: TensorLike) -> Tensor:
    """Return `-x`.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.negative([1, -2])).tolist()
        [-1, 2]
    """
    ...


@primitive(shape=same_as_first, dtype=part)
def absolute(x: TensorLike) -> Tensor:
    """Return the absolute value of `x`; the modulus of complex numbers.

    Args:
        x: a tensor of any shape, real or complex.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.absolute([1, -2])).tolist()
        [1, 2]
    """
    ...


abs = absolute
OPS["abs"] = absolute


@composite(shape=same_as_first, dtype=reals(promote_float))
def fabs(x: TensorLike) -> Tensor:
    """Return the absolute value of `x`, always floating.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.fabs([1, -2])).tolist()
        [1.0, 2.0]
    """
    return absolute(x)


@primitive(shape=same_as_first, dtype=numbers)
def sign(x: TensorLike) -> Tensor:
    """Return the sign of `x`: -1, 0 or 1.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.sign([-3.0, 0.0, 2.0])).tolist()
        [-1.0, 0.0, 1.0]
    """
    ...


@composite(shape=same_as_first, dtype=numbers)
def square(x: TensorLike) -> Tensor:
    """Return `x * x`.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.square([1, -3])).tolist()
        [1, 9]
    """
    return multiply(x, x)


@composite(dtype=numbers)
def clip(x: TensorLike, x_min: TensorLike | None, x_max: TensorLike | None) -> Tensor:
    """Limit `x` to the interval from `x_min` to `x_max`.

    Args:
        x: a tensor of any shape.
        x_min: the lower bound, a number or a tensor that broadcasts to `x`; None for none.
        x_max: the upper bound, likewise. It wins where it is below `x_min`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.clip([-2, 1, 7], 0, 5)).tolist()
        [0, 1, 5]
    """
    x, x_max = given(x), given(x_max)
    if x_min is not None:
        x = maximum(x, x_min)
    return x if x_max is None else minimum(x, x_max)


@composite(shape=same_as_first, dtype=same)
def nan_to_num(x: TensorLike, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Replace NaN and infinities by numbers.

    Args:
        x: a tensor of any shape.
        nan: the number for NaN; 0 by default.
        posinf: the number for infinity; None (default) for the largest of the dtype.
        neginf: the number for minus infinity; None (default) for the smallest of the dtype.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.nan_to_num([1.0, float("nan"), float("inf")], posinf=9.0)).tolist()
        [1.0, 0.0, 9.0]
    """
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


# ---- complex numbers ----------------------------------------------------------------------------------------


@primitive(shape=same_as_first, dtype=part)
def real(x: TensorLike) -> Tensor:
    """Return the real part of `x`.

    Args:
        x: a tensor of any shape, real or complex.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.real([1.0, 2.0])).tolist()
        [1.0, 2.0]
    """
    ...


@primitive(shape=same_as_first, dtype=part)
def imag(x: TensorLike) -> Tensor:
    """Return the imaginary part of `x`; 0 for real numbers.

    Args:
        x: a tensor of any shape, real or complex.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.imag([1.0, 2.0])).tolist()
        [0.0, 0.0]
    """
    ...


@primitive(shape=same_as_first, dtype=same)
def conj(x: TensorLike) -> Tensor:
    """Return the complex conjugate of `x`.

    Args:
        x: a tensor of any shape, real or complex.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.conj([1.0, 2.0])).tolist()
        [1.0, 2.0]
    """
    ...


conjugate = conj
OPS["conjugate"] = conj
