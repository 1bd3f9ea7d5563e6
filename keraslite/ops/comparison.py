"""Comparison, logic and choice, element by element."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keraslite.backend import dtypes as lattice
from keraslite.errors import ArgumentError
from keraslite.ops.bitwise import BITS, view
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.declare import Tensor, TensorLike, composite, primitive
from keraslite.ops.dtype import Names, Rule, WrongDType, compare, logical, predicate, promote_float, result_type
from keraslite.ops.operators import OPS
from keraslite.ops.shape import Dims, broadcast, broadcast_two, same_as_first

__all__ = [
    "allclose",
    "equal",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "signbit",
    "where",
]


def float_predicate(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    """Operands share a floating dtype; the result is bool."""
    return promote_float(dtypes, attributes)[0], "bool"


def reals(rule: Rule) -> Rule:
    """The rule, of real numbers only."""

    def run(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, Any]:
        if any(lattice.is_complex(name) for name in dtypes):
            raise WrongDType(
                f"needs real numbers. Received dtypes {', '.join(d.rstrip('?') for d in dtypes)}. "
                "Use `ops.real`, `ops.imag` or `ops.absolute` first."
            )
        return rule(dtypes, attributes)

    return run


def choice(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    """A bool, and alternatives of one dtype (or none: then indices)."""
    if len(dtypes) == 1:
        return ("bool",), "int32"
    if len(dtypes) == 2:
        raise ArgumentError("`where` needs both `x1` and `x2`, or neither. Received one of them. Give the other one.")
    common = result_type(dtypes[1:])
    return ("bool", *(common,) * (len(dtypes) - 1)), common


# ---- comparison ---------------------------------------------------------------------------------------------


@primitive(shape=broadcast, dtype=compare)
def equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 == x2`."""
    ...


@primitive(shape=broadcast, dtype=compare)
def not_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 != x2`."""
    ...


@primitive(shape=broadcast, dtype=compare)
def greater(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 > x2`."""
    ...


@primitive(shape=broadcast, dtype=compare)
def greater_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 >= x2`."""
    ...


@primitive(shape=broadcast, dtype=compare)
def less(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 < x2`."""
    ...


@primitive(shape=broadcast, dtype=compare)
def less_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 <= x2`."""
    ...


# ---- logic --------------------------------------------------------------------------------------------------


@primitive(shape=broadcast, dtype=logical)
def logical_and(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether both are true (not 0)."""
    ...


@primitive(shape=broadcast, dtype=logical)
def logical_or(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether one is true (not 0)."""
    ...


@primitive(shape=broadcast, dtype=logical)
def logical_xor(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether exactly one is true (not 0)."""
    ...


@primitive(shape=same_as_first, dtype=logical)
def logical_not(x: TensorLike) -> Tensor:
    """Whether `x` is false (0)."""
    ...


# ---- questions ----------------------------------------------------------------------------------------------


@primitive(shape=same_as_first, dtype=float_predicate)
def isfinite(x: TensorLike) -> Tensor:
    """Whether `x` is neither NaN nor infinite."""
    ...


@primitive(shape=same_as_first, dtype=float_predicate)
def isnan(x: TensorLike) -> Tensor:
    """Whether `x` is NaN."""
    ...


@composite(shape=same_as_first, dtype=float_predicate)
def isinf(x: TensorLike) -> Tensor:
    """Whether `x` is infinite."""
    return equal(OPS["absolute"](x), float("inf"))


@composite(shape=same_as_first, dtype=reals(float_predicate))
def isposinf(x: TensorLike) -> Tensor:
    """Whether `x` is positive infinity."""
    return equal(x, float("inf"))


@composite(shape=same_as_first, dtype=reals(float_predicate))
def isneginf(x: TensorLike) -> Tensor:
    """Whether `x` is negative infinity."""
    return equal(x, float("-inf"))


@composite(shape=same_as_first, dtype=predicate)
def isreal(x: TensorLike) -> Tensor:
    """Whether the imaginary part of `x` is 0, which it is for all real dtypes, NaN included."""
    if lattice.is_complex(dtype_of(x)):
        return equal(OPS["imag"](x), 0)
    return OPS["ones_like"](x, "bool")


@composite(shape=same_as_first, dtype=reals(predicate))
def signbit(x: TensorLike) -> Tensor:
    """Whether the sign of `x` is minus, as that of -0.0 is; of NaN what its sign bit says."""
    bits = BITS.get(dtype_of(x))
    return less(x if bits is None else view(x, bits), 0)


@composite(shape=lambda x1, x2, *rest: broadcast(x1, x2), dtype=float_predicate)
def isclose(x1: TensorLike, x2: TensorLike, rtol=1e-5, atol=1e-8, equal_nan=False) -> Tensor:
    """Whether `abs(x1 - x2) <= atol + rtol * abs(x2)`, element by element; equal infinities are close."""
    size = OPS["absolute"]
    near = less_equal(size(OPS["subtract"](x1, x2)), OPS["add"](OPS["multiply"](size(x2), rtol), atol))
    near = logical_and(near, logical_and(isfinite(x1), isfinite(x2)))
    near = logical_or(near, equal(x1, x2))
    return logical_or(near, logical_and(isnan(x1), isnan(x2))) if equal_nan else near


@composite(shape=lambda *operands: (), dtype=float_predicate)
def allclose(x1: TensorLike, x2: TensorLike, rtol=1e-5, atol=1e-8, equal_nan=False) -> Tensor:
    """Whether `isclose` holds everywhere; a scalar bool."""
    return OPS["all"](isclose(x1, x2, rtol, atol, equal_nan))


# ---- choice -------------------------------------------------------------------------------------------------


def _where_shape(condition: Dims, x1: Dims | None, x2: Dims | None) -> Dims:
    if x1 is None or x2 is None:
        raise ArgumentError(
            "`where` of a condition alone has a size that depends on values, which a symbolic tensor does not have. "
            "Give it `x1` and `x2`, or use it on concrete tensors."
        )
    return broadcast_two(broadcast_two(condition, x1), x2)


@primitive(shape=_where_shape, dtype=choice)
def where(condition: TensorLike, x1: TensorLike | None = None, x2: TensorLike | None = None) -> Tensor:
    """`x1` where the condition holds, otherwise `x2`; all three broadcast.

    The gradient of the alternative not taken is exactly 0 for it, but what made that alternative is still
    differentiated: choose its input too, as `divide_no_nan` does, where it could be infinite.
    Of a condition alone: the indices where it holds, as `nonzero`.
    """
    ...
