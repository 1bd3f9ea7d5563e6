"""Kernels of this family on numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from .quiet import quiet as _quiet


@_quiet
def sum(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.sum(x, axis, dtype=x.dtype, keepdims=keepdims)


@_quiet
def prod(x: Any, axis: Any, keepdims: bool, dtype: Any) -> Any:
    return np.prod(x, axis, dtype=x.dtype, keepdims=keepdims)


@_quiet
def mean(x: Any, axis: Any, keepdims: bool) -> Any:
    wide = np.float32 if x.dtype.itemsize < 4 else x.dtype
    return np.mean(x, axis, dtype=wide, keepdims=keepdims).astype(x.dtype)


@_quiet
def max(x: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
    return np.max(x, axis, keepdims=keepdims, **({} if initial is None else {"initial": x.dtype.type(initial)}))


@_quiet
def min(x: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
    return np.min(x, axis, keepdims=keepdims, **({} if initial is None else {"initial": x.dtype.type(initial)}))


@_quiet
def argmax(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.argmax(x, axis, keepdims=keepdims)


@_quiet
def argmin(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.argmin(x, axis, keepdims=keepdims)


@_quiet
def any(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.any(x, axis, keepdims=keepdims)


@_quiet
def all(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.all(x, axis, keepdims=keepdims)
