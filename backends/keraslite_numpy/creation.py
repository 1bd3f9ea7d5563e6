"""Kernels of this family on numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from .tensors import native as _native


def full(shape: Any, fill_value: Any, dtype: str | None) -> Any:
    return np.full(shape, fill_value)


def arange(start: Any, stop: Any, step: Any, dtype: str | None) -> Any:
    start, stop = (0, start) if stop is None else (start, stop)
    result = np.asarray(np.arange(start, stop, 1 if step is None else step))
    return result if dtype is None else result.astype(_native[dtype])


def tril(x: Any, k: int) -> Any:
    return np.tril(x, k)


def triu(x: Any, k: int) -> Any:
    return np.triu(x, k)


def diagonal(x: Any, offset: int, axis1: int, axis2: int) -> Any:
    return np.array(np.diagonal(x, offset, axis1, axis2))


def diag(x: Any, k: int) -> Any:
    return np.array(np.diag(x, k))
