"""Shapes and the order of elements: reshaping, joining, splitting, repeating."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keraslite.errors import ArgumentError
from keraslite.ops.core import ndim
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import (
    Axis,
    AxisIndex,
    NewAxis,
    NewShape,
    Shape,
    Tensor,
    TensorLike,
    TensorsLike,
    composite,
    given,
    primitive,
)
from keraslite.ops.dimension import Dimension, Size, apply, may_equal
from keraslite.ops.dtype import promote
from keraslite.ops.dtype import same as same_dtype
from keraslite.ops.shape import Dims, Mismatch, broadcast_two, product, resolve_reshape, same_as_first, shown

__all__ = [
    "append",
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "flip",
    "hstack",
    "moveaxis",
    "ravel",
    "repeat",
    "reshape",
    "roll",
    "rot90",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "tile",
    "transpose",
    "unstack",
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


# ---- order of axes ------------------------------------------------------------------------------------------


def _transposed(x: Dims, axes: Sequence[int] | None = None) -> Dims:
    if axes is None:
        return x[::-1]
    order = axes_of(tuple(axes), len(x), "transpose")
    if sorted(order) != list(range(len(x))):
        raise ArgumentError(f"`transpose` needs each axis of shape {shown(x)} once. Received axes {tuple(axes)}.")
    return tuple(x[i] for i in order)


@primitive(shape=_transposed, dtype=same_dtype)
def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """Return a tensor with its axes in another order.

    Args:
        x: a tensor of any shape.
        axes: the order, a sequence of ints; None (default) reverses it.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.transpose([[1, 2], [3, 4]])).tolist()
        [[1, 3], [2, 4]]
    """
    ...


@composite(dtype=same_dtype)
def swapaxes(x: TensorLike, axis1: AxisIndex, axis2: AxisIndex) -> Tensor:
    """Exchange two axes.

    Args:
        x: a tensor of any shape.
        axis1: one of the axes.
        axis2: the other one.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.swapaxes([[1, 2], [3, 4]], 0, 1)).tolist()
        [[1, 3], [2, 4]]
    """
    order = list(range(ndim(x)))
    order[axis1], order[axis2] = axis2, axis1  # type: ignore[index]
    return transpose(x, tuple(order))


@composite(dtype=same_dtype)
def moveaxis(x: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Move axes to other positions. The others keep their order.

    Args:
        x: a tensor of any shape.
        source: the axis or axes to move.
        destination: their positions in the result.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.moveaxis([[1, 2], [3, 4]], 0, 1)).tolist()
        [[1, 3], [2, 4]]
    """
    rank = ndim(x)
    moved, to = axes_of(source, rank, "moveaxis"), axes_of(destination, rank, "moveaxis")
    if len(moved) != len(to) or len(set(moved)) < len(moved) or len(set(to)) < len(to):
        raise ArgumentError(
            f"`moveaxis` needs as many different destinations as sources. Received {source} and {destination}."
        )
    order = [i for i in range(rank) if i not in moved]
    for target, axis in sorted(zip(to, moved, strict=True)):
        order.insert(target, axis)
    return transpose(x, tuple(order))


@composite(dtype=same_dtype)
def rot90(array: TensorLike, k: int = 1, axes: Sequence[int] = (0, 1)) -> Tensor:
    """Turn a tensor by 90 degrees in the plane of two axes, from the first towards the second.

    Args:
        array: a tensor of at least two axes.
        k: how often it is turned; 1 by default. Negative numbers turn it the other way.
        axes: the two axes; (0, 1) by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.rot90([[1, 2], [3, 4]])).tolist()
        [[2, 4], [1, 3]]
    """
    if not isinstance(axes, (tuple, list)) or len(axes) != 2:
        raise ArgumentError(f"`rot90` needs two different axes. Received {axes!r}.")
    a, b = axes_of(tuple(axes), ndim(array), "rot90")
    if a == b:
        raise ArgumentError(f"`rot90` needs two different axes. Received {axes}.")
    k %= 4
    if k == 2:
        return flip(array, (a, b))
    turned = flip(array, b) if k == 1 else given(array)
    turned = swapaxes(turned, a, b) if k else turned
    return flip(turned, b) if k == 3 else turned


@primitive(shape=same_as_first, dtype=same_dtype)
def flip(x: TensorLike, axis: Axis = None) -> Tensor:
    """Reverse the order of elements along axes.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes; None (default) for all.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.flip([1, 2, 3])).tolist()
        [3, 2, 1]
    """
    ...


def _rolled(x: Dims, shift: object, axis: object = None) -> Dims:
    if axis is not None:
        axes_of(axis, len(x), "roll")
    return x


@primitive(shape=_rolled, dtype=same_dtype)
def roll(x: TensorLike, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Tensor:
    """Shift elements along axes; those beyond the end come back at the front.

    Args:
        x: a tensor of any shape.
        shift: by how many places, an int or one for each axis.
        axis: the axis or axes; None (default) for the flattened tensor.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.roll([1, 2, 3], 1)).tolist()
        [3, 1, 2]
    """
    ...


# ---- joining and splitting ----------------------------------------------------------------------------------


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


def cuts(size: Size, parts: Any, op: str = "split") -> list[Size]:
    """The sizes of the pieces: equal ones for a number, otherwise those between the indices."""
    if hasattr(parts, "__index__") and not isinstance(parts, np.ndarray):
        count = parts.__index__()
        if count < 1 or (isinstance(size, int) and size % count):
            raise ArgumentError(f"`{op}` needs a number of parts that divides the size {size}. Received {parts}.")
        return [apply("//", size, count)] * count
    edges = [i + size if not isinstance(i, Dimension) and i < 0 else i for i in (p.__index__() for p in parts)]
    if isinstance(size, int):
        edges = [min(i, size) for i in edges]
    return [b - a for a, b in zip([0, *edges], [*edges, size], strict=True)]


def _split(x: Dims, indices_or_sections: object, axis: int = 0) -> list[Dims]:
    return [(*x[:axis], size, *x[axis + 1 :]) for size in cuts(x[axis], indices_or_sections)]


@primitive(shape=_split, dtype=same_dtype, eager_check=True)
def split(x: TensorLike, indices_or_sections: int | Sequence[Size], axis: AxisIndex = 0) -> Tensor:
    """Split a tensor along an axis.

    Args:
        x: a tensor of any shape.
        indices_or_sections: an int for so many equal pieces, or a sequence of indices before which the axis is cut.
        axis: the axis; 0 by default.

    Returns:
        A tuple of tensors.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.split([1, 2, 3, 4], 2)]
        [[1, 2], [3, 4]]
    """
    ...


def _unstacked(x: Dims, num: int | None = None, axis: int = 0) -> list[Dims]:
    size = x[axis] if num is None else num
    if isinstance(size, Dimension):
        raise ArgumentError(f"`unstack` needs `num` where the size is unknown. Received shape {shown(x)}, axis {axis}.")
    if not may_equal(size, x[axis]):
        raise ArgumentError(f"`unstack` needs `num` to be the size of axis {axis} ({x[axis]}). Received {num}.")
    return [(*x[:axis], *x[axis + 1 :])] * size


@composite(shape=_unstacked, dtype=same_dtype, eager_check=True)
def unstack(x: TensorLike, num: int | None = None, axis: AxisIndex = 0) -> tuple[Tensor, ...]:
    """Split a tensor into its parts along an axis, without that axis.

    Args:
        x: a tensor of any shape.
        num: the size of the axis, for tensors where it is not known; None (default) reads it.
        axis: the axis; 0 by default.

    Returns:
        A tuple of tensors.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.unstack([[1, 2], [3, 4]])]
        [[1, 2], [3, 4]]
    """
    dims: Any = dims_of(x)
    at: Any = axis
    parts = split(x, dims[at], at) if dims[at] else ()
    return tuple(reshape(part, (*dims[:at], *dims[at + 1 :])) for part in parts)


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


def _repeated(x: Dims, repeats: Any, axis: int | None = None) -> Dims:
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
