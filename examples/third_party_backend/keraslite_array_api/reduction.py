"""Sums, extremes and logic over axes. `axis` comes as a tuple of numbers from 0."""

from __future__ import annotations

import array_api_strict as xp

from .manipulation import pad_constant


def sum(x, axis, keepdims):
    return xp.sum(x, axis=axis, dtype=x.dtype, keepdims=keepdims)


def prod(x, axis, keepdims, dtype):
    return xp.prod(x, axis=axis, dtype=x.dtype, keepdims=keepdims)


def max(x, axis, keepdims, initial):
    if initial is not None:
        x = _with(x, axis, initial) if axis else xp.maximum(x, xp.full_like(x, initial))
    return xp.max(x, axis=axis, keepdims=keepdims)


def min(x, axis, keepdims, initial):
    if initial is not None:
        x = _with(x, axis, initial) if axis else xp.minimum(x, xp.full_like(x, initial))
    return xp.min(x, axis=axis, keepdims=keepdims)


def _with(x, axis, initial):
    """`x` and `initial` behind the end of each axis, so that empty ones have an extreme too."""
    return pad_constant(x, [(0, int(i in axis)) for i in range(x.ndim)], initial)


def argmax(x, axis, keepdims):
    return xp.argmax(x, axis=axis, keepdims=keepdims)


def argmin(x, axis, keepdims):
    return xp.argmin(x, axis=axis, keepdims=keepdims)


def any(x, axis, keepdims):
    return xp.any(x, axis=axis, keepdims=keepdims)


def all(x, axis, keepdims):
    return xp.all(x, axis=axis, keepdims=keepdims)
