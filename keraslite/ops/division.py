"""Division: quotients, remainders, reciprocals."""

from __future__ import annotations

from keraslite.backend import dtypes as lattice
from keraslite.ops.comparison import (
    equal,
    less,
    logical_and,
    logical_xor,
    not_equal,
    reals,
    where,
)
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.declare import Tensor, TensorLike, composite, primitive
from keraslite.ops.dtype import promote_float
from keraslite.ops.elementwise import absolute, negative, numbers, subtract
from keraslite.ops.operators import OPS
from keraslite.ops.shape import broadcast, same_as_first

__all__ = ["divide", "divide_no_nan", "floor_divide", "fmod", "mod", "reciprocal", "true_divide"]


@primitive(shape=broadcast, dtype=promote_float)
def divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 / x2`, always floating.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.divide([1, 3], [2, 4])).tolist()
        [0.5, 0.75]
    """
    ...


true_divide = divide
OPS["true_divide"] = divide


@composite(shape=broadcast, dtype=promote_float)
def divide_no_nan(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return `x1 / x2`, and 0 where `x2` is 0. The gradient there is 0 too.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.divide_no_nan([1.0, 3.0], [0.0, 4.0])).tolist()
        [0.0, 0.75]
    """
    zero = equal(x2, 0)
    return where(zero, 0, divide(x1, where(zero, 1, x2)))


@primitive(shape=broadcast, dtype=numbers)
def floor_divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the largest integer that is not above `x1 / x2`.

    The result of dividing integers by 0 depends on the engine.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.floor_divide([7, -7], 2)).tolist()
        [3, -4]
    """
    ...


@primitive(shape=broadcast, dtype=numbers)
def mod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the remainder `x1 - floor_divide(x1, x2) * x2`, which has the sign of `x2`.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.mod([7, -7], 3)).tolist()
        [1, 2]
    """
    ...


@composite(shape=broadcast, dtype=reals(numbers))
def fmod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the remainder of `x1 / x2`, which has the sign of `x1`. (That of `mod` has the sign of `x2`.)

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.fmod([7, -7], 3)).tolist()
        [1, -1]
    """
    if lattice.is_float(dtype_of(x1)):
        below = less(x1, 0)
        rest = mod(where(below, negative(x1), x1), absolute(x2))
        return where(below, negative(rest), rest)
    rest = mod(x1, x2)
    apart = logical_and(not_equal(rest, 0), logical_xor(less(x1, 0), less(x2, 0)))
    return where(apart, subtract(rest, x2), rest)


@composite(shape=same_as_first, dtype=promote_float)
def reciprocal(x: TensorLike) -> Tensor:
    """Return `1 / x`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.reciprocal([2.0, 4.0])).tolist()
        [0.5, 0.25]
    """
    return divide(1, x)
