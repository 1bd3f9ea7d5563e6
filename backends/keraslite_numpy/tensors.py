"""NumPy arrays as tensors: conversion, dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraslite.backend import dtypes

tensor_types = (np.ndarray, np.generic)
dtype_names = {dtypes.to_numpy_dtype(name): name for name in sorted(dtypes.NAMES)}
native = {name: dtype for dtype, name in dtype_names.items()}


def to_tensor(array: Any, dtype: str | None = None, device: str | None = None) -> np.ndarray:
    return np.asarray(array) if dtype is None else dtypes.host_array(array, dtype)


def scalar(value: Any, dtype: str, device: str | None = None) -> np.ndarray:
    return np.asarray(value, native[dtype])


def to_numpy(x: Any) -> np.ndarray:
    return np.array(x)


def dtype_name(x: Any) -> str:
    try:
        return dtype_names[x.dtype]
    except KeyError:  # another byte order, or no dtype of ours
        return dtypes.canonical(x.dtype)


def shape(x: Any) -> tuple[int, ...]:
    return np.shape(x)


def cast(x: Any, dtype: str) -> np.ndarray:
    return dtypes.host_array(x, dtype)
