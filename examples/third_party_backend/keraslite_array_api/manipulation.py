"""Shapes, order of elements, joining and splitting."""

from __future__ import annotations

import builtins

import array_api_strict as xp

from .tensors import copy_of


def copy(x):
    return copy_of(x)


def reshape(x, newshape):
    return xp.reshape(x, newshape)


def broadcast_to(x, shape):
    return copy_of(xp.broadcast_to(x, shape))


def transpose(x, axes):
    return xp.permute_dims(x, tuple(reversed(range(x.ndim))) if axes is None else tuple(axes))


def flip(x, axis):
    return xp.flip(x, axis=axis)


def roll(x, shift, axis):
    return xp.roll(x, shift, axis=axis)


def concatenate(xs, axis):
    return xp.concat(xs, axis=axis)


def stack(x, axis):
    return xp.stack(x, axis=axis)


def split(x, indices_or_sections, axis):
    size = x.shape[axis]
    if isinstance(indices_or_sections, int):
        width = size // indices_or_sections
        cuts = range(width, size, width) if width else (0,) * (indices_or_sections - 1)
    else:
        cuts = [range(size)[:cut].stop for cut in indices_or_sections]  # negative and too large ones as in a slice
    starts, stops = [0, *cuts], [*cuts, size]
    before = (builtins.slice(None),) * axis
    return tuple(
        x[(*before, builtins.slice(start, max(start, stop)), ...)] for start, stop in zip(starts, stops, strict=True)
    )


def tile(x, repeats):
    return xp.tile(x, repeats)


def repeat(x, repeats, axis):
    if not isinstance(repeats, int):
        repeats = xp.asarray(repeats)
        repeats = int(repeats) if repeats.size == 1 else repeats
    return xp.repeat(xp.reshape(x, (-1,)), repeats) if axis is None else xp.repeat(x, repeats, axis=axis)


def pad_constant(x, pads, value):
    """The standard has no `pad`: blocks of `value` at either side, axis by axis."""
    for axis, (before, after) in enumerate(pads):
        blocks = [_block(x, axis, before, value), x, _block(x, axis, after, value)]
        x = xp.concat(blocks, axis=axis) if before or after else x
    return x


def _block(x, axis, size, value):
    return xp.full((*x.shape[:axis], size, *x.shape[axis + 1 :]), value, dtype=x.dtype)
