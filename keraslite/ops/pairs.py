"""Products and distances of pairs: cross and Kronecker products, distances between two sets of points."""

from __future__ import annotations

from keraslite.errors import ArgumentError
from keraslite.ops.comparison import equal, where
from keraslite.ops.core import ndim
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import Tensor, TensorLike, composite, given
from keraslite.ops.dimension import may_equal
from keraslite.ops.dimension import same as same_size
from keraslite.ops.dtype import promote
from keraslite.ops.elementwise import absolute, multiply, numbers, square, subtract
from keraslite.ops.exponential import sqrt
from keraslite.ops.indexing import basic_index
from keraslite.ops.manipulation import axis_of, expand_dims, pad_constant, reshape
from keraslite.ops.order import moveaxis, roll
from keraslite.ops.reduction import real_float, sum
from keraslite.ops.shape import Dims, Mismatch, broadcast_two, shown

__all__ = ["cdist", "cross", "kron"]


def _vectors(x: Tensor, axis: int) -> Tensor:
    """`x` with the axis of its vectors at the end."""
    x = moveaxis(x, axis_of(axis, ndim(x), "cross"), -1)
    if not any(same_size(dims_of(x)[-1], size) for size in (2, 3)):
        raise ArgumentError(
            f"`cross` needs vectors of 2 or 3 components. Received, with them moved to the end, shape "
            f"{shown(dims_of(x))}. Say with `axis`, or `axisa` and `axisb`, along which axis they stand."
        )
    return x


@composite(dtype=numbers)
def cross(
    x1: TensorLike, x2: TensorLike, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Tensor:
    """Return the cross product of vectors of 3 components, or of 2 (then the third one is 0).

    Args:
        x1: vectors along `axisa`; the other axes broadcast with those of `x2`.
        x2: vectors along `axisb`.
        axisa: see `x1`.
        axisb: see `x2`.
        axisc: the axis of the result's vectors.
        axis: all three axes at once, where given.

    Returns:
        The vectors; of two vectors of 2 components only the third one, without an axis.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.cross([1, 0, 0], [0, 1, 0])).tolist()
        [0, 0, 1]
    """
    x1, x2 = given(x1), given(x2)
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    x1, x2 = _vectors(x1, axisa), _vectors(x2, axisb)
    flat = [dims_of(x)[-1] == 2 for x in (x1, x2)]
    if all(flat):
        a, b = ([basic_index(x, (*(slice(None),) * (ndim(x) - 1), i)) for i in (0, 1)] for x in (x1, x2))
        return subtract(multiply(a[0], b[1]), multiply(a[1], b[0]))
    x1, x2 = (
        pad_constant(x, (*((0, 0),) * (ndim(x) - 1), (0, 1))) if short else x
        for x, short in zip((x1, x2), flat, strict=True)
    )
    result = subtract(
        multiply(roll(x1, -1, -1), roll(x2, 1, -1)),  # (1, 2, 0) times (2, 0, 1)
        multiply(roll(x1, 1, -1), roll(x2, -1, -1)),
    )
    return moveaxis(result, -1, axis_of(axisc, ndim(result), "cross"))


def _aligned(x1: Dims, x2: Dims) -> tuple[Dims, Dims]:
    rank = max(len(x1), len(x2))
    return (*(1,) * (rank - len(x1)), *x1), (*(1,) * (rank - len(x2)), *x2)


@composite(shape=lambda x1, x2: tuple(a * b for a, b in zip(*_aligned(x1, x2), strict=True)), dtype=promote)
def kron(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the Kronecker product: each element of `x1` times all of `x2`, block by block.

    Args:
        x1: a tensor `(a1, a2, ...)`.
        x2: a tensor `(b1, b2, ...)`; missing leading axes count as 1.

    Returns:
        A tensor `(a1 * b1, a2 * b2, ...)`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.kron([1, 2], [1, 10])).tolist()
        [1, 10, 2, 20]
    """
    first, second = _aligned(dims_of(x1), dims_of(x2))
    x1 = reshape(x1, tuple(size for a in first for size in (a, 1)))
    x2 = reshape(x2, tuple(size for b in second for size in (1, b)))
    return reshape(multiply(x1, x2), tuple(a * b for a, b in zip(first, second, strict=True)))


def _distances(x: Dims, y: Dims) -> Dims:
    if len(x) < 2 or len(y) < 2 or not may_equal(x[-1], y[-1]):
        raise Mismatch(
            f"needs tensors of shapes (..., m, d) and (..., n, d). Received shapes {shown(x)} and {shown(y)}."
        )
    return (*broadcast_two(x[:-2], y[:-2]), x[-2], y[-2])


@composite(shape=_distances, dtype=real_float, eager_check=True)
def cdist(x: TensorLike, y: TensorLike) -> Tensor:
    """Return the Euclidean distance of each point of `x` from each of `y`; between equal points the gradient is 0.

    Differences are taken one by one, so that close points far from the origin keep their distance; this needs memory
    for m * n * d numbers unless the engine compiles it.

    Args:
        x: `(..., m, d)`.
        y: `(..., n, d)`; the leading axes broadcast.

    Returns:
        `(..., m, n)`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.cdist([[0.0, 0.0]], [[3.0, 4.0]])).tolist()
        [[5.0]]
    """
    squares = sum(square(absolute(subtract(expand_dims(x, -2), expand_dims(y, -3)))), -1)
    still = equal(squares, 0)
    return where(still, 0, sqrt(where(still, 1, squares)))
