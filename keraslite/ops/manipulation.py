"""Shapes: reshaping, joining, repeating. `order.py` has what turns, `splitting.py` what cuts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keraslite.errors import ArgumentError
from keraslite.ops.core import ndim
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import (
    AxisIndex,
    NewAxis,
    NewShape,
    Shape,
    Tensor,
    TensorLike,
    TensorsLike,
    composite,
    primitive,
)
from keraslite.ops.dimension import Dimension, Size, may_equal
from keraslite.ops.dtype import promote
from keraslite.ops.dtype import same as same_dtype
from keraslite.ops.shape import Dims, Mismatch, broadcast_two, product, resolve_reshape, shown

__all__ = [
    "append",
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "hstack",
    "ravel",
    "repeat",
    "reshape",
    "squeeze",
    "stack",
    "tile",
    "vstack",
]


def axis_of(axis: Any, rank: int, op: str) -> int:
    """`axis` counted from the front, or the error that `declare` raises for the annotation `Axis`."""
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise ArgumentError(f"`{op}` needs `axis` to be an integer. Received {axis!r}.")
    axis = axis.__index__()
    if not -rank <= axis < rank:
        raise ArgumentError(
            f"`{op}` needs `axis` from {-rank} to {rank - 1} for a tensor of rank {rank}. Received {axis}."
        )
    return axis % rank


def axes_of(axis: object, rank: int, op: str) -> tuple[int, ...]:
    """One or several axes in the order given."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(axis_of(a, rank, op) for a in axes)


# ---- shapes -------------------------------------------------------------------------------------------------


@primitive(shape=resolve_reshape, dtype=same_dtype)
def reshape(x: TensorLike, newshape: NewShape) -> Tensor:
    """Return the same elements in another shape.

    Args:
        x: a tensor of any shape.
        newshape: a sequence of sizes (or one), of which one may be -1 for the size that is left.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.reshape([1, 2, 3, 4], (2, -1))).tolist()
        [[1, 2], [3, 4]]
    """
    ...


@composite(shape=lambda x: (product(x),), dtype=same_dtype)
def ravel(x: TensorLike) -> Tensor:
    """Return the elements as one axis.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.ravel([[1, 2], [3, 4]])).tolist()
        [1, 2, 3, 4]
    """
    return reshape(x, (-1,))


def _expanded(x: Dims, axis: object) -> Dims:
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    rank = len(x) + len(axes)
    new = axes_of(tuple(axes), rank, "expand_dims")
    if len(set(new)) < len(new):
        raise ArgumentError(f"`expand_dims` needs different axes. Received {axis}.")
    left = iter(x)
    return tuple(1 if i in new else next(left) for i in range(rank))


@composite(shape=_expanded, dtype=same_dtype)
def expand_dims(x: TensorLike, axis: int | Sequence[int]) -> Tensor:
    """Insert axes of size 1.

    Args:
        x: a tensor of any shape.
        axis: the position of the new axis in the result, or several positions.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.expand_dims([1, 2], 0)).tolist()
        [[1, 2]]
    """
    return reshape(x, _expanded(dims_of(x), axis))


def _squeezed(x: Dims, axis: object = None) -> Dims:
    if axis is None:
        return tuple(d for d in x if isinstance(d, Dimension) or d != 1)
    gone = axes_of(axis, len(x), "squeeze")
    for i in gone:
        if not may_equal(x[i], 1):
            raise ArgumentError(f"`squeeze` needs axes of size 1. Received shape {shown(x)} and axis {axis}.")
    return tuple(d for i, d in enumerate(x) if i not in gone)


@composite(shape=_squeezed, dtype=same_dtype)
def squeeze(x: TensorLike, axis: int | Sequence[int] | None = None) -> Tensor:
    """Remove axes of size 1.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes to remove; None (default) for all of size 1.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.squeeze([[1, 2]])).tolist()
        [1, 2]
    """
    return reshape(x, _squeezed(dims_of(x), axis))


def _broadcast_to(x: Dims, shape: Dims) -> Dims:
    result = broadcast_two(x, shape)
    if len(x) > len(shape) or any(not may_equal(a, b) for a, b in zip(result, shape, strict=True)):
        raise ArgumentError(
            f"`broadcast_to` needs sizes that are 1 or those asked for. Received shape {shown(x)} and {shown(shape)}."
        )
    return shape


@primitive(shape=_broadcast_to, dtype=same_dtype)
def broadcast_to(x: TensorLike, shape: Shape) -> Tensor:
    """Repeat a tensor along axes of size 1 and along new leading axes.

    Args:
        x: a tensor of any shape.
        shape: of the result.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.broadcast_to([1, 2], (2, 2))).tolist()
        [[1, 2], [1, 2]]
    """
    ...


# ---- joining ------------------------------------------------------------------------------------------------


def _concatenated(xs: list[Dims], axis: int = 0) -> Dims:
    if not xs:
        raise ArgumentError("`concatenate` needs at least one tensor. Received none.")
    first = list(xs[0])
    for other in xs[1:]:
        fits = len(other) == len(first)
        if not fits or any(not may_equal(a, b) for i, (a, b) in enumerate(zip(first, other, strict=True)) if i != axis):
            raise ArgumentError(
                f"`concatenate` needs shapes that are equal except in axis {axis}. "
                f"Received {', '.join(shown(x) for x in xs)}."
            )
        for i, size in enumerate(other):
            if i == axis:
                first[i] = first[i] + size
            elif isinstance(first[i], Dimension):
                first[i] = size
    return tuple(first)


@primitive(shape=_concatenated, dtype=promote)
def concatenate(xs: TensorsLike, axis: AxisIndex = 0) -> Tensor:
    """Join tensors along an axis that they have.

    Args:
        xs: a sequence of tensors whose shapes agree but for that axis.
        axis: the axis; 0 by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.concatenate([[1, 2], [3]])).tolist()
        [1, 2, 3]
    """
    ...


def _stacked(x: list[Dims], axis: int = 0) -> Dims:
    for other in x[1:]:
        if len(other) != len(x[0]) or any(not may_equal(a, b) for a, b in zip(x[0], other, strict=True)):
            raise ArgumentError(f"`stack` needs equal shapes. Received {', '.join(shown(dims) for dims in x)}.")
    return (*x[0][:axis], len(x), *x[0][axis:])


@primitive(shape=_stacked, dtype=promote)
def stack(x: TensorsLike, axis: NewAxis = 0) -> Tensor:
    """Join tensors along a new axis.

    Args:
        x: a sequence of tensors of one shape.
        axis: the position of the new axis in the result; 0 by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.stack([[1, 2], [3, 4]], axis=1)).tolist()
        [[1, 3], [2, 4]]
    """
    ...


@composite(dtype=promote)
def vstack(xs: TensorsLike) -> Tensor:
    """Join tensors along axis 0; vectors count as rows.

    Args:
        xs: a sequence of tensors.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.vstack([[1, 2], [3, 4]])).tolist()
        [[1, 2], [3, 4]]
    """
    return concatenate([reshape(x, (1, -1)) if ndim(x) < 2 else x for x in xs], 0)


@composite(dtype=promote)
def hstack(xs: TensorsLike) -> Tensor:
    """Join tensors along axis 1; vectors are joined along their only axis.

    Args:
        xs: a sequence of tensors.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.hstack([[1, 2], [3, 4]])).tolist()
        [1, 2, 3, 4]
    """
    xs = [reshape(x, (1,)) if ndim(x) == 0 else x for x in xs]
    return concatenate(xs, 0 if ndim(xs[0]) == 1 else 1)


@composite(dtype=promote)
def append(x1: TensorLike, x2: TensorLike, axis: AxisIndex = None) -> Tensor:
    """Join two tensors.

    Args:
        x1: the first tensor.
        x2: the second one.
        axis: the axis along which they are joined; None (default) flattens both.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.append([1, 2], [3])).tolist()
        [1, 2, 3]
    """
    return concatenate([ravel(x1), ravel(x2)], 0) if axis is None else concatenate([x1, x2], axis)


# ---- repeating and padding ----------------------------------------------------------------------------------


def _tiled(x: Dims, repeats: Dims) -> Dims:
    rank = max(len(x), len(repeats))
    sizes = (*(1,) * (rank - len(x)), *x)
    return tuple(a * b for a, b in zip(sizes, (*(1,) * (rank - len(repeats)), *repeats), strict=True))


@primitive(shape=_tiled, dtype=same_dtype)
def tile(x: TensorLike, repeats: Shape) -> Tensor:
    """Repeat a whole tensor along its axes.

    Args:
        x: a tensor of any shape.
        repeats: how often, for each of the last axes.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.tile([1, 2], 2)).tolist()
        [1, 2, 1, 2]
    """
    ...


def _repeated(x: Dims, repeats: object, axis: int | None = None) -> Dims:
    if not isinstance(repeats, Dimension) and np.any(np.asarray(repeats) < 0):
        raise Mismatch(f"needs `repeats` of 0 or more. Received {repeats}.")
    x, axis = ((product(x),), 0) if axis is None else (x, axis)
    counts: Any = repeats if isinstance(repeats, (int, Dimension)) else np.ravel(np.asarray(repeats)).tolist()
    if isinstance(counts, list) and len(counts) == 1:
        counts = counts[0]
    if isinstance(counts, list) and not may_equal(len(counts), x[axis]):
        raise ArgumentError(
            f"`repeat` needs one number or one for each of {x[axis]} elements. Received {len(counts)} repeats."
        )
    size = sum(counts) if isinstance(counts, list) else x[axis] * counts
    return (*x[:axis], size, *x[axis + 1 :])


@primitive(shape=_repeated, dtype=same_dtype)
def repeat(x: TensorLike, repeats: int | Sequence[int] | Tensor, axis: AxisIndex = None) -> Tensor:
    """Repeat each element.

    Args:
        x: a tensor of any shape.
        repeats: how often, an int or one int for each index along the axis.
        axis: the axis; None (default) for the flattened tensor.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.repeat([1, 2], 2)).tolist()
        [1, 1, 2, 2]
    """
    ...


def _padded(x: Dims, pads: Sequence[tuple[Size, Size]], value: object = 0) -> Dims:
    return tuple(before + d + after for d, (before, after) in zip(x, pads, strict=True))


@primitive(shape=_padded, dtype=same_dtype)
def pad_constant(x: TensorLike, pads, value: float = 0) -> Tensor:
    """`x` with `value` before and after: a pair of sizes for each axis. `pad` is the public op."""
    ...
