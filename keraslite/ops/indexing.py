"""Reading parts of tensors by indices."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.errors import ArgumentError
from keraslite.ops.comparison import less, where
from keraslite.ops.core import convert_to_numpy, ndim
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import AxisIndex, Shape, Tensor, TensorLike, composite, primitive
from keraslite.ops.dimension import Dimension, Size, apply
from keraslite.ops.dtype import Names, WrongDType, result_type
from keraslite.ops.dtype import same as same_dtype
from keraslite.ops.elementwise import add, multiply
from keraslite.ops.manipulation import reshape
from keraslite.ops.operators import OPS
from keraslite.ops.order import transpose
from keraslite.ops.shape import Dims, Mismatch, broadcast, broadcast_two, product, shown
from keraslite.ops.symbolic import is_symbolic

__all__ = ["get_item", "slice", "slice_update", "take", "take_along_axis"]

_AS_INDEX = {
    **dict.fromkeys(("bool", "int8", "uint8", "int16", "uint16"), "int32"),
    **dict.fromkeys(("uint32", "uint64"), "int64"),
}


def indexed(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """The first operand keeps its dtype, which the result has; the second one are integer indices."""
    own, index = result_type(dtypes[:1]), result_type(dtypes[1:])
    if not lattice.is_int(index) and index != "bool":
        raise WrongDType(f"needs integers as indices. Received dtype {index}. Use `ops.cast` first.")
    return (own, _AS_INDEX.get(index, index)), own


# ---- taking -------------------------------------------------------------------------------------------------


def _taken(x: Dims, indices: Dims, axis: int | None = None) -> Dims:
    return indices if axis is None else (*x[:axis], *indices, *x[axis + 1 :])


@primitive(shape=_taken, dtype=indexed)
def take(x: TensorLike, indices: TensorLike, axis: AxisIndex = None) -> Tensor:
    """Return the elements at given indices.

    Indices out of range are an error if they come from the host, or if the engine checks them; otherwise the result is
    what the engine returns.

    Args:
        x: a tensor of any shape.
        indices: integers of any shape. Negative ones count from the end.
        axis: the axis; None (default) for the flattened tensor.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.take([10, 20, 30], [2, 0])).tolist()
        [30, 10]
    """
    ...


def _check_indices(args: tuple, dims: list) -> None:
    """Indices that Python knows have to be in the range."""
    x, axis = dims[0], dims[2]
    size = product(x) if axis is None else x[axis]
    if registry.engine_of(args[1]) is None and not is_symbolic(args[1]):
        check_range(np.asarray(args[1]), size)


def check_range(indices: np.ndarray, size: Size) -> None:
    """Raise where an index is out of the range of an axis of a known size."""
    if indices.size and isinstance(size, int):
        low, high = int(indices.min()), int(indices.max())
        if low < -size or high >= size:
            wrong = low if low < -size else high
            raise Mismatch(f"needs indices from {-size} to {size - 1} for {size} elements. Received {wrong}.")


take.op.check_values = _check_indices


def _taken_along(x: Dims, indices: Dims, axis: int | None = None) -> Dims:
    if axis is None:
        return (product(indices),)
    if len(x) != len(indices):
        raise ArgumentError(
            f"`take_along_axis` needs `indices` of the rank of `x`. Received shapes {shown(x)} and {shown(indices)}."
        )
    rest = broadcast_two((*x[:axis], 1, *x[axis + 1 :]), indices)
    return (*rest[:axis], indices[axis], *rest[axis + 1 :])


@primitive(shape=_taken_along, dtype=indexed)
def take_along_axis(x: TensorLike, indices: TensorLike, axis: AxisIndex = None) -> Tensor:
    """Return, for each line along an axis, the elements at its own indices.

    Args:
        x: a tensor of any shape.
        indices: integers of the rank of `x`, which broadcast along the other axes. Negative ones count from the end;
            those out of range are as for `take`.
        axis: the axis; None (default) flattens both.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.take_along_axis([[10, 20], [30, 40]], [[1], [0]], axis=1)).tolist()
        [[20], [30]]
    """
    ...


take_along_axis.op.check_values = _check_indices


# ---- slices -------------------------------------------------------------------------------------------------


def _sliced(inputs: Dims, start_indices: object, shape: Dims) -> Dims:
    sizes: Any = tuple(shape)
    starts: Any = start_indices if isinstance(start_indices, (tuple, list)) else (None,) * len(sizes)
    if len(sizes) != len(inputs) or len(starts) != len(inputs):
        raise Mismatch(
            f"needs one start and one size for each axis. Received shape {shown(inputs)}, start {starts}, "
            f"sizes {shown(sizes)}."
        )
    if any(isinstance(start, (float, str)) for start in starts):
        raise Mismatch(f"needs integers as `start_indices`. Received {starts}.")
    for size, start, length in zip(inputs, starts, sizes, strict=True):
        known = isinstance(size, int) and isinstance(start, int) and isinstance(length, int)
        if known and not 0 <= start <= start + length <= size:
            raise Mismatch(
                f"needs a part that lies inside. Received shape {shown(inputs)}, start {starts}, sizes {shown(sizes)}."
            )
    return sizes


@primitive(shape=_sliced, dtype=same_dtype, eager_check=True)
def slice(inputs: TensorLike, start_indices: Sequence[Size | Tensor] | Tensor, shape: Shape) -> Tensor:
    """Return a part of a tensor.

    Args:
        inputs: a tensor of any shape.
        start_indices: where the part begins: one integer (or integer tensor) for each axis.
        shape: of the part.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.slice([1, 2, 3, 4], [1], (2,))).tolist()
        [2, 3]
    """
    ...


def _updated(inputs: Dims, start_indices: object, updates: Dims) -> Dims:
    _sliced(inputs, start_indices, updates)
    return inputs


def _like_first(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    own = result_type(dtypes[:1])
    return (own,) * len(dtypes), own


@primitive(shape=_updated, dtype=_like_first, eager_check=True)
def slice_update(inputs: TensorLike, start_indices: Sequence[Size | Tensor] | Tensor, updates: TensorLike) -> Tensor:
    """Return a copy of a tensor with another part.

    Args:
        inputs: a tensor of any shape.
        start_indices: where the part begins: one integer (or integer tensor) for each axis.
        updates: the part, of the rank of `inputs`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.slice_update([1, 2, 3, 4], [1], [7, 8])).tolist()
        [1, 7, 8, 4]
    """
    ...


# ---- x[key] -------------------------------------------------------------------------------------------------


def _range_length(size: Size, item: builtins.slice) -> Size:
    """How many elements `item` takes of an axis; a fresh unknown where nobody can know."""
    if isinstance(size, int):
        return len(range(*item.indices(size)))
    if not isinstance(size, Dimension):  # an engine's size, known when its graph runs
        return Dimension("sliced")
    start, stop, step = item.start, item.stop, 1 if item.step is None else item.step
    if step < 0:
        return apply("//", size - step - 1, -step) if start is None and stop is None else Dimension("sliced")
    start = 0 if start is None else apply("max", start + size, 0) if start < 0 else apply("min", start, size)
    stop = size if stop is None else apply("max", stop + size, 0) if _below_zero(stop) else apply("min", stop, size)
    length = apply("max", stop - start, 0)
    return length if step == 1 else apply("//", length + step - 1, step)


def _below_zero(stop: Size) -> bool:
    return not isinstance(stop, Dimension) and stop < 0


def _indexed(x: Dims, key: tuple) -> Dims:
    left = iter(x)
    result: list[Size] = []
    for item in key:
        if item is None:
            result.append(1)
        elif isinstance(item, builtins.slice):
            result.append(_range_length(next(left), item))
        else:
            size = next(left)
            if isinstance(size, int) and not -size <= item < size:
                raise ArgumentError(
                    f"`x[key]` needs indices from {-size} to {size - 1} for an axis of size {size}. "
                    f"Received {item} for a tensor of shape {shown(x)}."
                )
    return tuple(result)


@primitive(shape=_indexed, dtype=same_dtype, eager_check=True)
def basic_index(x: TensorLike, key) -> Tensor:
    """`x[key]` for a tuple of ints, slices and None, with one entry for each axis. `get_item` is the public op."""
    ...


def _spelled_out(key: object, rank: int) -> list[Any]:
    """One entry for each axis (and None for new ones): no ellipsis; arrays of booleans as their indices."""
    items: list[Any] = []
    for item in key if isinstance(key, tuple) else (key,):
        if isinstance(item, (bool, np.bool_, str, bytes, float, complex, dict, set)):
            raise ArgumentError(
                "`x[key]` needs integers, slices, `...`, None, or arrays of integers or booleans in the key. "
                f"Received {item!r}."
            )
        if isinstance(item, (list, np.ndarray)) or (not isinstance(item, np.generic) and dtype_like(item) == "bool"):
            item = item if not isinstance(item, list) else np.asarray(item, None if item else "int32")
            if dtype_of(item) == "bool":
                items.extend(np.nonzero(_concrete_mask(item)))
                continue
        items.append(item)
    used = sum(1 for item in items if item is not None and item is not Ellipsis)
    if used > rank or sum(item is Ellipsis for item in items) > 1:
        raise ArgumentError(
            f"`x[key]` needs at most one index for each axis (here {rank}) and one `...`. Received {key!r}."
        )
    full = [builtins.slice(None)] * (rank - used)
    at = next((i for i, item in enumerate(items) if item is Ellipsis), None)
    return [*items, *full] if at is None else [*items[:at], *full, *items[at + 1 :]]


def dtype_like(item: object) -> str | None:
    """The dtype of tensors and arrays; None for other things in a key."""
    return dtype_of(item) if is_symbolic(item) or hasattr(item, "dtype") else None


def _concrete_mask(mask: object) -> np.ndarray:
    if is_symbolic(mask):
        raise ArgumentError(
            "`x[mask]` needs a concrete mask, since the shape of the result depends on its values. "
            f"Received {mask!r}. Use `ops.where`, which keeps the shape."
        )
    return convert_to_numpy(mask)


def _is_integer(item: object) -> bool:
    return isinstance(item, (int, np.integer)) and not isinstance(item, bool)


def _plain(item: Any) -> Any:
    return item.__index__() if _is_integer(item) else item


@composite(dtype=same_dtype)
def get_item(x: TensorLike, key: object) -> Tensor:  # pyright: ignore[reportRedeclaration]
    """Return `x[key]` as NumPy does.

    Args:
        x: a tensor of any shape.
        key: ints, slices, `...`, None, integer arrays or tensors, concrete boolean masks, or a tuple of those.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.get_item([[1, 2], [3, 4]], (slice(None), 0))).tolist()
        [1, 3]
    """
    items = _spelled_out(key, ndim(x))
    basic = [item is None or isinstance(item, builtins.slice) or _is_integer(item) for item in items]
    if all(basic):
        return basic_index(x, tuple(_plain(item) for item in items))
    # Integers count among the arrays: they broadcast, and decide where the new axes stand.
    plain = [item if item is None or isinstance(item, builtins.slice) else builtins.slice(None) for item in items]
    x = basic_index(x, tuple(plain))
    arrays = {i: item for i, item in enumerate(items) if item is not None and not isinstance(item, builtins.slice)}
    for at, item in arrays.items():
        if _is_integer(item) or isinstance(item, np.ndarray):
            check_range(np.asarray(item), dims_of(x)[at])
    axes = sorted(arrays)
    if len(axes) == 1:
        return take(x, arrays[axes[0]], axes[0])
    return _gather(x, axes, [arrays[a] for a in axes])


def _gather(x: Tensor, axes: list[int], indices: list[Any]) -> Tensor:
    """`x` at several index arrays at once: they are joined into one index of the joined axes."""
    dims = dims_of(x)
    kept = [i for i in range(len(dims)) if i not in axes]
    flat = reshape(transpose(x, (*axes, *kept)), (product(dims[a] for a in axes), *(dims[i] for i in kept)))
    joined: Any = None
    for axis, index in zip(axes, indices, strict=True):
        index = np.asarray(index, "int32") if _is_integer(index) else index
        index = where(less(index, 0), add(index, _scalar(dims[axis])), index)
        joined = index if joined is None else add(multiply(joined, _scalar(dims[axis])), index)
    taken = take(flat, joined, 0)
    new = broadcast(*(dims_of(index) for index in indices))
    if axes != list(range(axes[0], axes[-1] + 1)) or axes[0] == 0:
        return taken
    at, count = axes[0], len(new)  # arrays side by side: their axes stand where they were
    return transpose(taken, (*range(count, count + at), *range(count), *range(count + at, ndim(taken))))


def _scalar(size: Size) -> int:
    return 1 if isinstance(size, Dimension) else size  # symbolic: only shapes count


_declared: Any = get_item


@functools.wraps(_declared)
def get_item(x: TensorLike, key: object) -> Tensor:
    if isinstance(key, list):
        key = np.asarray(key, None if key else "int32")
    elif isinstance(key, tuple) and any(isinstance(item, list) for item in key):
        key = tuple(np.asarray(item, None if item else "int32") if isinstance(item, list) else item for item in key)
    return _declared(x, key)


OPS["get_item"] = get_item
