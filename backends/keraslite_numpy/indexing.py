"""Kernels of this family on numpy."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np


def take(x: Any, indices: Any, axis: Any) -> Any:
    return np.asarray(np.take(x, indices, axis))


def take_along_axis(x: Any, indices: Any, axis: Any) -> Any:
    if axis is None:
        return np.take_along_axis(x.ravel(), indices.ravel(), 0)
    rest = np.broadcast_shapes(*((*s[:axis], 1, *s[axis + 1 :]) for s in (x.shape, indices.shape)))

    def spread(a: Any) -> Any:
        return np.broadcast_to(a, (*rest[:axis], a.shape[axis], *rest[axis + 1 :]))

    return np.take_along_axis(spread(x), spread(indices), axis)


def basic_index(x: Any, key: Any) -> Any:
    return np.array(x[key])


def _part(start_indices: Any, sizes: Any) -> Any:
    return tuple(builtins.slice(int(s), int(s) + n) for s, n in zip(start_indices, sizes, strict=True))


def slice(inputs: Any, start_indices: Any, shape: Any) -> Any:
    return inputs[_part(start_indices, shape)]


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    result = inputs.copy()
    result[_part(start_indices, updates.shape)] = updates
    return result
