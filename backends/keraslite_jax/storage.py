"""Where Variables keep their values: a `jax.Array` nobody else holds, since compiled programs donate it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from keraslite.backend import dtypes

from .devices import native_device
from .tensors import dtype_names, native


def new_storage(array: Any, dtype: str, trainable: bool = True, device: Any = None, sharding: Any = None) -> jax.Array:
    with jax.ensure_compile_time_eval():  # real, even while something is traced
        if isinstance(array, jax.Array):
            array = jnp.array(array, native(dtype))
        else:
            array = dtypes.own_array(array, dtype_names[native(dtype)])
        if sharding is not None:
            return jax.device_put(array, sharding)
        return jnp.array(array, device=native_device(device) if device else None)


def read_storage(storage: jax.Array) -> jax.Array:
    return storage


def write_storage(storage: jax.Array, tensor: jax.Array) -> jax.Array:
    # A copy; and of a weak dtype, with which every program would be compiled again, a strong one.
    return jnp.array(tensor, tensor.dtype)


def adopt_storage(storage: jax.Array, tensor: jax.Array) -> jax.Array:
    """`write_storage` without the copy, for a tensor that nobody else can reach (the output of a program)."""
    return tensor


def set_trainable(storage: jax.Array, flag: bool) -> None:
    """Nothing to do: what is differentiated is said at each call."""
