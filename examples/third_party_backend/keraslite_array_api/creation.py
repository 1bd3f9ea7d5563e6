"""Tensors made from nothing but numbers."""

from __future__ import annotations

import array_api_strict as xp

from .tensors import copy_of, native_dtype


def full(shape, fill_value, dtype):
    return copy_of(xp.broadcast_to(fill_value, shape))


def arange(start, stop, step, dtype):
    start, stop = (0, start) if stop is None else (start, stop)
    return xp.arange(start, stop, 1 if step is None else step, dtype=None if dtype is None else native_dtype(dtype))
