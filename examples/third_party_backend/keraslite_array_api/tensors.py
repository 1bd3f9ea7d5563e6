"""Arrays of the standard as keraslite's tensors: conversion, dtypes."""

from __future__ import annotations

import array_api_strict as xp
import numpy as np

from keraslite.backend import dtypes
from keraslite.errors import DTypeError

from .quiet import quiet

tensor_types = (type(xp.empty(0)),)  # the standard names no class
native = {name: getattr(xp, name) for name in sorted(dtypes.NAMES) if hasattr(xp, name)}
dtype_names = {dtype: name for name, dtype in native.items()}


def native_dtype(name):
    """The standard's dtype of that name; it has no half precision, bfloat16 or float8."""
    if name not in native:
        raise DTypeError(
            f"Engine 'array_api' needs a dtype of the array API standard. Received {name!r}. "
            f"Use one of {', '.join(native)}."
        )
    return native[name]


def to_tensor(array, dtype=None, device=None):
    if isinstance(array, tensor_types):
        return array if dtype is None else cast(array, dtype)
    name = dtype or dtypes.canonical(np.asarray(array).dtype)
    native_dtype(name)
    return xp.asarray(_host_array(array, name), copy=True)  # what the caller does to the array must not show here


_host_array = quiet(dtypes.host_array)  # NaN to an integer


def scalar(value, dtype, device=None):
    """A Python number as a tensor of rank 0: optional, and quicker than by way of a NumPy array."""
    return xp.asarray(value, dtype=native_dtype(dtype))


def to_numpy(x):
    return np.array(np.from_dlpack(x))


def dtype_name(x):
    return dtype_names[x.dtype]


def shape(x):
    return x.shape


@quiet
def cast(x, dtype):
    target = native_dtype(dtype)
    if is_complex(x) and not xp.isdtype(target, "complex floating"):  # which `astype` may not do
        x = x != 0 if dtype == "bool" else xp.real(x)
    return xp.astype(x, target, copy=False)


def is_complex(x):
    """Whether `x` has complex elements."""
    return xp.isdtype(x.dtype, "complex floating")


def copy_of(x):
    """The same values in memory of their own."""
    return xp.asarray(x, copy=True)


def from_the_end(indices, size):
    """Indices in which negative ones count from the end, as numbers from 0."""
    return xp.where(indices < 0, indices + size, indices)
