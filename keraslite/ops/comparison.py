"""Comparison, logic and choice, element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from keraslite.backend import dtypes as lattice
from keraslite.errors import ArgumentError
from keraslite.ops.bitwise import BITS, view
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.declare import Tensor, TensorLike, composite, primitive
from keraslite.ops.dtype import Names, WrongDType, compare, logical, predicate, promote_float, result_type
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

D = TypeVar("D")


def float_predicate(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Operands share a floating dtype; the result is bool."""
    return promote_float(dtypes, attributes)[0], "bool"


def reals(
    rule: Callable[[Names, Mapping[str, object]], tuple[Names, D]],
) -> Callable[[Names, Mapping[str, object]], tuple[Names, D]]:
    """The rule, of real numbers only."""

    def run(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, D]:
        if any(lattice.is_complex(name) for name in dtypes):
            raise WrongDType(
                f"needs real numbers. Received dtypes {', '.join(d.rstrip('?') for d in dtypes)}. "
                "Use `ops.real`, `ops.imag` or `ops.absolute` first."
            )
        return rule(dtypes, attributes)

    return run


def choice(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
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
    """Return `x1 == x2`, element by element.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.equal([1, 2], [1, 3])).tolist()
        [True, False]
    """
    ...


@primitive(shape=broadcast, dtype=compare)
def not_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 != x2`, element by element.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.not_equal([1, 2], [1, 3])).tolist()
        [False, True]
    """
    ...


@primitive(shape=broadcast, dtype=compare)
def greater(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 > x2`, element by element.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.greater([1, 2], [1, 1])).tolist()
        [False, True]
    """
    ...


@primitive(shape=broadcast, dtype=compare)
def greater_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 >= x2`, element by element.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.greater_equal([1, 2], [1, 3])).tolist()
        [True, False]
    """
    ...


@primitive(shape=broadcast, dtype=compare)
def less(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 < x2`, element by element.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.less([1, 2], [1, 3])).tolist()
        [False, True]
    """
    ...


@primitive(shape=broadcast, dtype=compare)
def less_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 <= x2`, element by element.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.less_equal([1, 2], [1, 1])).tolist()
        [True, False]
    """
    ...


# ---- logic --------------------------------------------------------------------------------------------------


@primitive(shape=broadcast, dtype=logical)
def logical_and(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return whether both elements are true (not 0).

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.logical_and([True, True], [True, False])).tolist()
        [True, False]
    """
    ...


@primitive(shape=broadcast, dtype=logical)
def logical_or(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return whether at least one of two elements is true (not 0).

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.logical_or([True, False], [False, False])).tolist()
        [True, False]
    """
    ...


@primitive(shape=broadcast, dtype=logical)
def logical_xor(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return whether exactly one of two elements is true (not 0).

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.logical_xor([True, True], [True, False])).tolist()
        [False, True]
    """
    ...


@primitive(shape=same_as_first, dtype=logical)
def logical_not(x: TensorLike) -> Tensor:
    """Return whether an element is false (0).

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.logical_not([True, False])).tolist()
        [False, True]
    """
    ...


# ---- questions ----------------------------------------------------------------------------------------------


@primitive(shape=same_as_first, dtype=float_predicate)
def isfinite(x: TensorLike) -> Tensor:
    """Return whether an element is neither NaN nor infinite.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.isfinite([1.0, float("inf")])).tolist()
        [True, False]
    """
    ...


@primitive(shape=same_as_first, dtype=float_predicate)
def isnan(x: TensorLike) -> Tensor:
    """Return whether an element is NaN.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.isnan([1.0, float("nan")])).tolist()
        [False, True]
    """
    ...


@composite(shape=same_as_first, dtype=float_predicate)
def isinf(x: TensorLike) -> Tensor:
    """Return whether an element is infinite.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.isinf([1.0, float("-inf")])).tolist()
        [False, True]
    """
    return equal(OPS["absolute"](x), float("inf"))


@composite(shape=same_as_first, dtype=reals(float_predicate))
def isposinf(x: TensorLike) -> Tensor:
    """Return whether an element is positive infinity.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.isposinf([float("inf"), float("-inf")])).tolist()
        [True, False]
    """
    return equal(x, float("inf"))


@composite(shape=same_as_first, dtype=reals(float_predicate))
def isneginf(x: TensorLike) -> Tensor:
    """Return whether an element is negative infinity.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.isneginf([float("inf"), float("-inf")])).tolist()
        [False, True]
    """
    return equal(x, float("-inf"))


@composite(shape=same_as_first, dtype=predicate)
def isreal(x: TensorLike) -> Tensor:
    """Return whether the imaginary part of an element is 0, which holds for all real dtypes, also for NaN.

    Args:
        x: a tensor of any shape, real or complex.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.isreal([1.0, 2.0])).tolist()
        [True, True]
    """
    if lattice.is_complex(dtype_of(x)):
        return equal(OPS["imag"](x), 0)
    return OPS["ones_like"](x, "bool")


@composite(shape=same_as_first, dtype=reals(predicate))
def signbit(x: TensorLike) -> Tensor:
    """Return whether the sign of an element is minus, also of -0.0. For NaN it is what its sign bit says.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.signbit([-0.0, 1.0])).tolist()
        [True, False]
    """
    bits = BITS.get(dtype_of(x))
    return less(x if bits is None else view(x, bits), 0)


@composite(shape=lambda x1, x2, *rest: broadcast(x1, x2), dtype=float_predicate)
def isclose(x1: TensorLike, x2: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Return whether `abs(x1 - x2) <= atol + rtol * abs(x2)`, element by element. Equal infinities are close.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.
        rtol: the relative tolerance; 1e-5 by default.
        atol: the absolute tolerance; 1e-8 by default.
        equal_nan: whether NaN is close to NaN; False by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.isclose([1.0, 2.0], [1.0, 2.1])).tolist()
        [True, False]
    """
    size = OPS["absolute"]
    near = less_equal(size(OPS["subtract"](x1, x2)), OPS["add"](OPS["multiply"](size(x2), rtol), atol))
    near = logical_and(near, logical_and(isfinite(x1), isfinite(x2)))
    near = logical_or(near, equal(x1, x2))
    return logical_or(near, logical_and(isnan(x1), isnan(x2))) if equal_nan else near


@composite(shape=lambda *operands: (), dtype=float_predicate)
def allclose(x1: TensorLike, x2: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Return whether `isclose` holds for all elements, as a scalar bool.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.
        rtol: the relative tolerance; 1e-5 by default.
        atol: the absolute tolerance; 1e-8 by default.
        equal_nan: whether NaN is close to NaN; False by default.

    Example:
        >>> from keraslite import ops
        >>> bool(ops.allclose([1.0, 2.0], [1.0, 2.000001]))
        True
    """
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
    """Return `x1` where a condition holds and `x2` elsewhere.

    The gradient of the alternative that is not taken is exactly 0 for it, but what computed that alternative is still
    differentiated. If it could be infinite, choose its input too, as `divide_no_nan` does.

    Args:
        condition: a bool tensor.
        x1: a tensor or number that broadcasts with the condition; None (default) only together with `x2`.
        x2: likewise.

    Returns:
        A tensor of the shape that all three broadcast to. With a condition alone, the indices where it holds, as
        `nonzero` returns them.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.where([True, False], [1, 2], 0)).tolist()
        [1, 0]
    """
    ...
