"""Cutting, joining and turning along given axes, and matrices from a diagonal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraslite.errors import ArgumentError
from keraslite.ops.core import ndim
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import (
    AxisIndex,
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
from keraslite.ops.manipulation import concatenate, ravel, reshape
from keraslite.ops.matrices import diag
from keraslite.ops.order import flip
from keraslite.ops.shape import Dims, Mismatch, product, shown

__all__ = [
    "array_split",
    "column_stack",
    "diagflat",
    "dsplit",
    "dstack",
    "fliplr",
    "flipud",
    "hsplit",
    "split",
    "unstack",
    "vsplit",
]


# ---- splitting ----------------------------------------------------------------------------------------------


def _pieces(x: Dims, indices_or_sections: Any, axis: int) -> list[Size]:
    """The sizes of the pieces of an axis; of a number of sections the first ones are the larger ones."""
    sections = indices_or_sections
    if not hasattr(sections, "__index__"):
        return cuts(x[axis], sections, "array_split")
    if isinstance(sections, bool) or sections < 1:
        raise Mismatch(f"needs at least one section. Received {sections!r}.")
    return [(x[axis] + sections - 1 - i) // sections for i in range(sections)]


def _array_split(x: Dims, indices_or_sections: object, axis: int = 0) -> list[Dims]:
    return [(*x[:axis], size, *x[axis + 1 :]) for size in _pieces(x, indices_or_sections, axis)]


@composite(shape=_array_split, dtype=same_dtype, eager_check=True)
def array_split(x: TensorLike, indices_or_sections: int | Sequence[int], axis: AxisIndex = 0) -> Tensor:
    """Split a tensor into pieces; the first ones are longer by one if they cannot be equal.

    Args:
        x: a tensor of any shape.
        indices_or_sections: an int for so many pieces, or a sequence of indices before which the axis is cut.
        axis: the axis; 0 by default.

    Returns:
        A tuple of tensors.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.array_split([1, 2, 3], 2)]
        [[1, 2], [3]]
    """
    at: Any = axis
    if not hasattr(indices_or_sections, "__index__"):
        return split(x, indices_or_sections, at)
    sizes = _pieces(dims_of(x), indices_or_sections, at)
    return split(x, tuple(sum(sizes[:i]) for i in range(1, len(sizes))), at)


def _cut_along(axis: int, least: int) -> Callable[..., list[Dims]]:
    """The shape rule of a split along `axis` (of vectors along 0), for tensors of rank `least` or more."""

    def rule(x: Dims, indices_or_sections: object) -> list[Dims]:
        if len(x) < least:
            raise Mismatch(f"needs a tensor of rank {least} or more. Received shape {shown(x)}.")
        at = min(axis, len(x) - 1)
        name = "vhd"[axis] + "split"
        return [(*x[:at], size, *x[at + 1 :]) for size in cuts(x[at], indices_or_sections, name)]

    return rule


@composite(shape=_cut_along(0, 2), dtype=same_dtype, eager_check=True)
def vsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> Tensor:
    """Split a tensor along axis 0.

    Args:
        x: a tensor of at least two axes.
        indices_or_sections: an int for so many equal pieces, or a sequence of indices before which the axis is cut.

    Returns:
        A tuple of tensors.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.vsplit([[1], [2]], 2)]
        [[[1]], [[2]]]
    """
    return split(x, indices_or_sections, 0)


@composite(shape=_cut_along(1, 1), dtype=same_dtype, eager_check=True)
def hsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> Tensor:
    """Split a tensor along axis 1; vectors are split along their only axis.

    Args:
        x: a tensor of at least one axis.
        indices_or_sections: an int for so many equal pieces, or a sequence of indices before which the axis is cut.

    Returns:
        A tuple of tensors.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.hsplit([1, 2], 2)]
        [[1], [2]]
    """
    return split(x, indices_or_sections, min(1, ndim(x) - 1))


@composite(shape=_cut_along(2, 3), dtype=same_dtype, eager_check=True)
def dsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> Tensor:
    """Split a tensor along axis 2.

    Args:
        x: a tensor of at least three axes.
        indices_or_sections: an int for so many equal pieces, or a sequence of indices before which the axis is cut.

    Returns:
        A tuple of tensors.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.dsplit([[[1, 2]]], 2)]
        [[[[1]]], [[[2]]]]
    """
    return split(x, indices_or_sections, 2)


@composite(dtype=promote)
def column_stack(xs: TensorsLike) -> Tensor:
    """Join tensors along axis 1; vectors become columns.

    Args:
        xs: a sequence of tensors.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.column_stack([[1, 2], [3, 4]])).tolist()
        [[1, 3], [2, 4]]
    """
    return concatenate([reshape(x, (-1, 1)) if ndim(x) < 2 else x for x in xs], 1)


@composite(dtype=promote)
def dstack(xs: TensorsLike) -> Tensor:
    """Join tensors along axis 2; vectors `(n,)` count as `(1, n, 1)` and matrices as `(n, m, 1)`.

    Args:
        xs: a sequence of tensors.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.dstack([[1, 2], [3, 4]])).tolist()
        [[[1, 3], [2, 4]]]
    """
    return concatenate([_deep(given(x)) for x in xs], 2)


def _deep(x: Tensor) -> Tensor:
    dims = dims_of(x)
    return x if len(dims) > 2 else reshape(x, (*dims, 1) if len(dims) == 2 else (1, product(dims), 1))


# ---- turning ------------------------------------------------------------------------------------------------


def _at_least(least: int) -> Callable[[Dims], Dims]:
    def rule(x: Dims) -> Dims:
        if len(x) < least:
            raise Mismatch(f"needs a tensor of rank {least} or more. Received shape {shown(x)}.")
        return x

    return rule


@composite(shape=_at_least(2), dtype=same_dtype, eager_check=True)
def fliplr(x: TensorLike) -> Tensor:
    """Reverse the order of columns (axis 1).

    Args:
        x: a tensor of at least two axes.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.fliplr([[1, 2], [3, 4]])).tolist()
        [[2, 1], [4, 3]]
    """
    return flip(x, 1)


@composite(shape=_at_least(1), dtype=same_dtype, eager_check=True)
def flipud(x: TensorLike) -> Tensor:
    """Reverse the order of rows (axis 0).

    Args:
        x: a tensor of at least one axis.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.flipud([[1, 2], [3, 4]])).tolist()
        [[3, 4], [1, 2]]
    """
    return flip(x, 0)


# ---- diagonals ----------------------------------------------------------------------------------------------


@composite(shape=lambda x, k=0: (product(x) + abs(k),) * 2, dtype=same_dtype)
def diagflat(x: TensorLike, k: int = 0) -> Tensor:
    """Return the square matrix that has all elements of a tensor on a diagonal, and zeros elsewhere.

    Args:
        x: a tensor of any shape.
        k: the diagonal: 0 (default) for the main one, positive above it.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.diagflat([[1, 2]])).tolist()
        [[1, 0], [0, 2]]
    """
    return diag(ravel(x), k)


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
