"""The order of axes, and of what lies along them: turning, reversing, rolling."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite.errors import ArgumentError
from keraslite.ops.core import ndim
from keraslite.ops.declare import (
    Axis,
    AxisIndex,
    Tensor,
    TensorLike,
    composite,
    given,
    primitive,
)
from keraslite.ops.dtype import same as same_dtype
from keraslite.ops.manipulation import axes_of
from keraslite.ops.shape import Dims, same_as_first, shown

__all__ = ["flip", "moveaxis", "roll", "rot90", "swapaxes", "transpose"]


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
