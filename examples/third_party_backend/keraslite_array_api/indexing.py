"""Reading and replacing parts by indices."""

from __future__ import annotations

import builtins

import array_api_strict as xp

from .tensors import copy_of, from_the_end


def take(x, indices, axis):
    """The standard takes by one axis of indices."""
    x, axis = (xp.reshape(x, (-1,)), 0) if axis is None else (x, axis)
    flat = from_the_end(xp.reshape(indices, (-1,)), x.shape[axis])
    return xp.reshape(xp.take(x, flat, axis=axis), (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


def take_along_axis(x, indices, axis):
    if axis is None:
        x, indices, axis = xp.reshape(x, (-1,)), xp.reshape(indices, (-1,)), 0
    rest = xp.broadcast_shapes(*((*s[:axis], 1, *s[axis + 1 :]) for s in (x.shape, indices.shape)))
    x, indices = (xp.broadcast_to(a, (*rest[:axis], a.shape[axis], *rest[axis + 1 :])) for a in (x, indices))
    return xp.take_along_axis(x, from_the_end(indices, x.shape[axis]), axis=axis)


def basic_index(x, key):
    sizes = iter(x.shape)
    return copy_of(x[tuple(item if item is None else _inside(item, next(sizes)) for item in key)])


def _inside(item, size):
    """An entry of a key whose slices end within the axis, as the standard asks."""
    if not isinstance(item, builtins.slice):
        return item
    start, stop, step = item.indices(size)
    if not len(range(start, stop, step)):
        return builtins.slice(0, 0)
    return builtins.slice(start, None if stop < 0 else stop, step)


def _part(start_indices, sizes):
    return tuple(builtins.slice(int(s), int(s) + n) for s, n in zip(start_indices, sizes, strict=True))


def slice(inputs, start_indices, shape):
    return inputs[_part(start_indices, shape)]


def slice_update(inputs, start_indices, updates):
    result = copy_of(inputs)
    result[_part(start_indices, updates.shape)] = updates
    return result
