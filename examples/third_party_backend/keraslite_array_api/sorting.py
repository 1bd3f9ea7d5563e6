"""Order, searching, and what is not 0."""

from __future__ import annotations

import array_api_strict as xp


def sort(x, axis):
    return xp.sort(xp.reshape(x, (-1,))) if axis is None else xp.sort(x, axis=axis)


def argsort(x, axis):
    x, axis = (xp.reshape(x, (-1,)), 0) if axis is None else (x, axis)
    return xp.argsort(x, axis=axis, stable=True)


def top_k(x, k, sorted):
    # From behind, so that of equal elements the first comes first.
    order = x.shape[-1] - 1 - xp.argsort(xp.flip(x, axis=-1), axis=-1, stable=True)
    order = xp.flip(order, axis=-1)[..., :k]
    return xp.take_along_axis(x, order, axis=-1), order


def searchsorted(sorted_sequence, values, side):
    return xp.searchsorted(sorted_sequence, values, side=side)


def nonzero(x):
    return xp.nonzero(x) if x.ndim else ()
