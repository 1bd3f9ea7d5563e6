"""Where Variables keep their values: a `jax.Array` nobody else holds, since compiled programs donate it."""

from __future__ import annotations

from typing import Any

import jax
from jax import lax

from keraslite.backend import dtypes

from .device import native_device
from .tensors import dtype_names, native

untraced = jax.ensure_compile_time_eval


def new_storage(array: Any, dtype: str, trainable: bool = True, placement: Any = None) -> jax.Array:
    with untraced():
        if isinstance(array, jax.Array):
            array = _strong(array.astype(native(dtype)))
        else:
            array = dtypes.writable_array(array, dtype_names[native(dtype)])  # JAX may keep its memory
        # On a device by name, not by default: JAX compiles a program anew where that differs between calls.
        return jax.device_put(array, native_device(placement), may_alias=False)


def read_storage(storage: jax.Array) -> jax.Array:
    return storage


def write_storage(storage: jax.Array, tensor: jax.Array) -> jax.Array:
    return jax.device_put(_strong(tensor), storage.sharding, may_alias=False)


def set_trainable(storage: jax.Array, flag: bool) -> None:
    """Nothing to do: what is differentiated is said at each call."""


def _strong(x: jax.Array) -> jax.Array:
    """Without a weak dtype, with which every program would be compiled again."""
    return lax.convert_element_type(x, x.dtype) if x.weak_type else x
