"""PyTorch tensors: conversion, dtypes."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np
import torch

from keraslite.backend import dtypes

from .device import native_device
from .replay import refuse

tensor_types = (torch.Tensor,)
dtype_names = {getattr(torch, name): name for name in sorted(dtypes.NAMES)}
native = {name: dtype for dtype, name in dtype_names.items()}

# Dtypes that torch and NumPy exchange only as bits.
_AS_BITS = {"bfloat16": np.int16, "float8_e4m3fn": np.uint8, "float8_e5m2": np.uint8}
_SHARED = frozenset(dtypes.to_numpy_dtype(name) for name in native if name not in _AS_BITS)
_PINNED_FROM = 1 << 16  # bytes; below, pinning costs more than a blocking copy


def to_tensor(array: Any, dtype: str | None = None, device: str | None = None) -> torch.Tensor:
    if isinstance(array, torch.Tensor):
        array = cast(array, dtype) if dtype else array
        return array.to(native_device(device), non_blocking=True) if device else array
    array = np.asarray(array)
    name = dtype or dtypes.canonical(array.dtype)
    return over(dtypes.own_array(array, name), name, device)


def over(array: np.ndarray, name: str, device: str | None = None) -> torch.Tensor:
    """A tensor of the dtype of that name over the array's memory, where the device can reach it."""
    bits = _AS_BITS.get(name)
    tensor = torch.from_numpy(array) if bits is None else torch.from_numpy(array.view(bits)).view(native[name])
    target = native_device(device)
    if target.type == "cpu":
        return tensor
    if target.type == "cuda" and array.nbytes >= _PINNED_FROM:
        tensor = tensor.pin_memory()
    return tensor.to(target, non_blocking=True)


def borrow(array: np.ndarray) -> torch.Tensor | None:
    """A tensor over the memory of an array that nobody writes to; None where there can be none."""
    shared = array.dtype in _SHARED and array.flags.writeable and min(array.strides, default=0) >= 0
    return torch.from_numpy(array) if shared and native_device().type == "cpu" else None


def scalar(value: Any, dtype: str, device: str | None = None) -> torch.Tensor:
    if isinstance(value, float) and abs(value) > _LARGEST_FLOAT32 and dtype != "float64":
        value = math.copysign(math.inf, value)  # torch refuses it
    return torch.full((), value, dtype=native[dtype], device=native_device(device))


_LARGEST_FLOAT32 = torch.finfo(torch.float32).max


def to_numpy(x: torch.Tensor) -> np.ndarray:
    refuse("a value is read on the host")
    x = x.detach().resolve_conj().resolve_neg()
    x = x.cpu() if x.device.type != "cpu" else x.clone()
    name = dtype_names[x.dtype]
    if name in _AS_BITS:
        bits = torch.int16 if name == "bfloat16" else torch.uint8
        return x.contiguous().view(bits).numpy().view(getattr(ml_dtypes, name))
    return x.numpy()


def dtype_name(x: torch.Tensor) -> str:
    return dtype_names[x.dtype]


def shape(x: torch.Tensor) -> tuple[int, ...]:
    return tuple(x.shape)


def cast(x: torch.Tensor, dtype: str) -> torch.Tensor:
    if x.is_complex() and dtype not in dtypes.COMPLEX and dtype != "bool":
        x = x.real
    return x.to(native[dtype])
