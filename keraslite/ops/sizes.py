"""Calculations with sizes, among them those that an engine knows only when its graph runs, which are tensors then."""

from __future__ import annotations

import numpy as np

from keraslite.backend import registry
from keraslite.ops.core import shape as dims_of
from keraslite.ops.creation import ones_like
from keraslite.ops.cumulative import cumsum
from keraslite.ops.declare import Tensor, TensorLike
from keraslite.ops.dimension import Dimension, Size
from keraslite.ops.elementwise import maximum, minimum

__all__ = ["is_known", "larger", "numbers", "smaller"]


def is_known(size: object) -> bool:
    """Whether Python can compute with a size, as far as that goes."""
    return isinstance(size, (int, Dimension))


def larger(left: Size, right: Size) -> Size:
    """The larger one of two sizes."""
    return maximum(left, right) if _is_tensor(left, right) else max(left, right)


def smaller(left: Size, right: Size) -> Size:
    """The smaller one of two sizes."""
    return minimum(left, right) if _is_tensor(left, right) else min(left, right)


def numbers(x: Tensor, axis: int, dtype: str) -> TensorLike:
    """0, 1, ... along an axis of a tensor. An engine may know its size only when its graph runs."""
    size = dims_of(x)[axis]
    if isinstance(size, int):
        return np.arange(size, dtype=dtype)
    line = x[tuple(slice(None) if i == axis else 0 for i in range(len(dims_of(x))))]
    return cumsum(ones_like(line, dtype)) - 1


def _is_tensor(*sizes: object) -> bool:
    return any(registry.engine_of(size) is not None for size in sizes)
