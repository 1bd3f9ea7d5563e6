"""Calculations with sizes, among them those that an engine knows only when its graph runs, which are tensors then."""

from __future__ import annotations

from typing import TypeVar, cast

import numpy as np

from keraslite.backend import registry
from keraslite.ops.core import shape as dims_of
from keraslite.ops.creation import ones_like
from keraslite.ops.cumulative import cumsum
from keraslite.ops.declare import Tensor
from keraslite.ops.dimension import Dimension, Size
from keraslite.ops.elementwise import maximum, minimum

__all__ = ["is_known", "larger", "numbers", "smaller"]

S = TypeVar("S", bound="Size | Tensor")


def is_known(size: object) -> bool:
    """Whether Python can compute with a size, as far as that goes."""
    return isinstance(size, (int, Dimension))


def larger(left: S, right: S) -> S:
    """The larger one of two sizes."""
    if _is_tensor(left, right):
        return cast("S", maximum(cast("Tensor", left), cast("Tensor", right)))
    return max(left, right)


def smaller(left: S, right: S) -> S:
    """The smaller one of two sizes."""
    if _is_tensor(left, right):
        return cast("S", minimum(cast("Tensor", left), cast("Tensor", right)))
    return min(left, right)


def numbers(x: Tensor, axis: int, dtype: str) -> Tensor:
    """0, 1, ... along an axis of a tensor. An engine may know its size only when its graph runs."""
    size = dims_of(x)[axis]
    if isinstance(size, int):
        return cast("Tensor", np.arange(size, dtype=dtype))
    line = x[tuple(slice(None) if i == axis else 0 for i in range(len(dims_of(x))))]
    return cumsum(ones_like(line, dtype)) - 1


def _is_tensor(*sizes: object) -> bool:
    return any(registry.engine_of(size) is not None for size in sizes)
