"""Shape rules that many ops share, on dims: tuples of ints and `Dimension`s.

A rule takes the op's parameters in order, tensors as their dims, and returns the dims of the result.
It raises the op's error messages.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, TypeAlias

from keraslite.errors import ArgumentError
from keraslite.ops.dimension import Dimension, Size, apply, may_equal, same

Dims: TypeAlias = "tuple[Size, ...]"


class Mismatch(ArgumentError):
    """What is wrong with the operands, without the op's name: `declare` puts it in front."""


def shown(dims: Iterable[object]) -> str:
    """Dims as text, unknown sizes as None."""
    return str(tuple(None if isinstance(d, Dimension) else d for d in dims))


def product(dims: Any) -> Any:
    """The number of elements; exact with unknown sizes."""
    return math.prod(dims, start=1)


def broadcast_two(left: Dims, right: Dims) -> Dims:
    """The shape two shapes broadcast to."""
    if len(left) < len(right):
        return broadcast_two(right, left)
    result = list(left)
    for i in range(1, len(right) + 1):
        a, b = left[-i], right[-i]
        known = same(a, b)
        if known:
            continue
        if same(a, 1):
            result[-i] = b
        elif same(b, 1):
            result[-i] = a
        elif isinstance(a, Dimension) and isinstance(b, Dimension):
            result[-i] = apply("broadcast", a, b)
        elif not isinstance(a, int) or not isinstance(b, int):  # also sizes that an engine knows only when it runs
            result[-i] = a if isinstance(a, int) else b
        else:
            raise Mismatch(
                "needs shapes that broadcast: sizes equal or 1, from the last axis on. "
                f"Received {shown(left)} and {shown(right)}. Reshape or transpose one of them."
            )
    return tuple(result)


def same_as_first(x: Dims, *rest: object) -> Dims:
    """The first operand's shape."""
    return x


def broadcast(*operands: object) -> Dims:
    """The common shape of all operands given as dims; others are ignored."""
    result: Dims = ()
    for dims in operands:
        if isinstance(dims, tuple):
            result = broadcast_two(result, dims)
    return result


def reduced(x: Dims, axis: tuple[int, ...], keepdims: bool = False) -> Dims:
    """`x` without the axes in `axis`, or with 1 there."""
    if keepdims:
        return tuple(1 if i in axis else d for i, d in enumerate(x))
    return tuple(d for i, d in enumerate(x) if i not in axis)


def reduce(x: Dims, axis: tuple[int, ...], keepdims: bool = False, *rest: object) -> Dims:
    """For ops with the parameters `(x, axis, keepdims)`."""
    return reduced(x, axis, keepdims)


def scalar(*operands: object) -> Dims:
    """Rank 0."""
    return ()


def matmul(x1: Dims, x2: Dims) -> Dims:
    """`(..., n, k) @ (..., k, m)`, either of rank 1 too."""
    if not x1 or not x2:
        raise ArgumentError(f"`matmul` needs tensors of rank 1 or more. Received shapes {shown(x1)} and {shown(x2)}.")
    inner = x1[-1], x2[-2:][0]
    if not may_equal(*inner):
        raise ArgumentError(
            f"`matmul` needs the last axis of `x1` ({inner[0]}) and axis {-2 if len(x2) > 1 else -1} of `x2` "
            f"({inner[1]}) to be equal. Received shapes {shown(x1)} and {shown(x2)}."
        )
    return (*broadcast_two(x1[:-2], x2[:-2]), *x1[-2:-1], *(x2[-1:] if len(x2) > 1 else ()))


def resolve_reshape(x: Dims, newshape: Dims) -> Dims:
    """`newshape` with its -1 replaced; the number of elements stays."""
    holes = [i for i, d in enumerate(newshape) if not isinstance(d, Dimension) and d == -1]
    total = product(x)
    if len(holes) > 1 or any(not isinstance(d, Dimension) and d < -1 for d in newshape):
        raise ArgumentError(f"`reshape` needs sizes of 0 or more and at most one -1. Received {shown(newshape)}.")
    if holes:
        rest = product(d for i, d in enumerate(newshape) if i != holes[0])
        size = 0 if same(rest, 0) else apply("//", total, rest)
        if not isinstance(size, Dimension) and not isinstance(total, Dimension) and size * rest != total:
            raise _misfit(x, newshape, total)
        return tuple(size if i == holes[0] else d for i, d in enumerate(newshape))
    if not may_equal(product(newshape), total):
        raise _misfit(x, newshape, total)
    return newshape


def _misfit(x: Dims, newshape: Dims, total: Size) -> ArgumentError:
    return ArgumentError(
        f"`reshape` needs a new shape with as many elements as the tensor ({total}). "
        f"Received shape {shown(x)} and new shape {shown(newshape)}."
    )
