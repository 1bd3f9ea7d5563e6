"""JAX arrays as tensors: conversion, dtypes.

Unless `jax_enable_x64` is set, JAX has no 64-bit dtypes: data of those become 32-bit, and asking for one is an error
that `keraslite.ops` raises.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jax import lax

from keraslite.backend import dtypes
from keraslite.backend.contract import Layout

from .device import native_device

tensor_types = (jax.Array, jax.core.Tracer)
dtype_names = {dtypes.to_numpy_dtype(name): name for name in sorted(dtypes.NAMES)}

_NARROW = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}
_NATIVE = {name: dtype for dtype, name in dtype_names.items()}
_NATIVE_32 = {name: _NATIVE[_NARROW.get(name, name)] for name in _NATIVE}


def native(dtype: str) -> np.dtype[Any]:
    """The dtype JAX stores that one as."""
    wide = jax.config.jax_enable_x64  # type: ignore[attr-defined]  # JAX adds its options at run time
    return _NATIVE[dtype] if wide else _NATIVE_32[dtype]


def stored_dtype(dtype: str) -> str:
    """The name of `native`."""
    wide = jax.config.jax_enable_x64  # type: ignore[attr-defined]
    return dtype if wide else _NARROW.get(dtype, dtype)


#: How to get the dtypes that are stored as others.
dtype_switch = 'jax.config.update("jax_enable_x64", True) or JAX_ENABLE_X64=1'


def to_tensor(array: Any, dtype: str | None = None, device: str | None = None) -> jax.Array:
    if isinstance(array, tensor_types):
        array = cast(array, dtype) if dtype else array
        return jax.device_put(array, native_device(device)) if device and _moves(array, device) else array
    array = np.asarray(array)
    # JAX may read the array's memory later, or keep it, so it gets its own
    array = dtypes.own_array(array, dtype_names[native(dtype or dtypes.canonical(array.dtype))])
    return jnp.asarray(array, device=native_device(device) if device else None)


def to_layout(array: Any, dtype: str | None, layout: Layout) -> jax.Array:
    target = native_device(layout)
    if not isinstance(array, tensor_types):
        array = np.asarray(array)
        return jax.device_put(
            dtypes.own_array(array, dtype_names[native(dtype or dtypes.canonical(array.dtype))]), target
        )
    array = cast(array, dtype) if dtype else array
    if isinstance(array, jax.core.Tracer):
        return lax.with_sharding_constraint(array, target)
    return jax.device_put(array, target)


def scalar(value: Any, dtype: str, device: str | None = None) -> jax.Array:
    if value == 0 and math.copysign(1, value.real) < 0:  # -0.0 equals 0.0, the cache would mix them up
        return to_tensor(value, dtype, device)
    return _scalar(value, native(dtype), device)


@lru_cache(maxsize=1024)
def _scalar(value: Any, dtype: np.dtype[Any], device: str | None) -> jax.Array:
    with jax.ensure_compile_time_eval(), jax.debug_nans(False):  # a NaN that somebody writes is none that appears
        return jnp.array(np.asarray(value, dtype), device=native_device(device) if device else None)


def to_numpy(x: jax.Array) -> np.ndarray:
    return np.array(x)


def dtype_name(x: jax.Array) -> str:
    return dtype_names[x.dtype]


def shape(x: jax.Array) -> tuple[int, ...]:
    return x.shape


def cast(x: jax.Array, dtype: str) -> jax.Array:
    if x.dtype.kind == "c" and dtype not in dtypes.COMPLEX:
        x = x != 0 if dtype == "bool" else lax.real(x)
    return lax.convert_element_type(x, native(dtype))


def _moves(x: Any, device: str) -> bool:
    return isinstance(x, jax.core.Tracer) or x.devices() != {native_device(device)}
