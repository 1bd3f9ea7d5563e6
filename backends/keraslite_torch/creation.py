"""Kernels of this family on torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import diag, diagonal, tril, triu

from .device import native_device as _native_device
from .tensors import native as _native


def full(shape: Any, fill_value: Any, dtype: str | None) -> Any:
    return fill_value.expand(shape).clone(memory_format=torch.contiguous_format)


def zeros(shape: Any, dtype: str | None) -> Any:
    return torch.zeros(shape, dtype=None if dtype is None else _native[dtype], device=_native_device())


def ones(shape: Any, dtype: str | None) -> Any:
    return torch.ones(shape, dtype=None if dtype is None else _native[dtype], device=_native_device())


def zeros_like(x: Any, dtype: str | None) -> Any:
    return torch.zeros_like(x, dtype=None if dtype is None else _native[dtype])


def ones_like(x: Any, dtype: str | None) -> Any:
    return torch.ones_like(x, dtype=None if dtype is None else _native[dtype])


def arange(start: Any, stop: Any, step: Any, dtype: str | None) -> Any:
    start, stop = (0, start) if stop is None else (start, stop)
    stop = start if (stop - start) * (1 if step is None else step) < 0 else stop  # nothing; torch would complain
    native = None if dtype in (None, "bool", "uint16", "uint32", "uint64") else _native[dtype]
    if dtype is not None and any(isinstance(n, float) for n in (start, stop, step)):
        native = native if native is not None and native.is_floating_point else torch.float64  # a step may be a half
    return torch.arange(start, stop, 1 if step is None else step, dtype=native, device=_native_device())
