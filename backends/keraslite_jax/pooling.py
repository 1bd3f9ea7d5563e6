"""Pooling on JAX arrays: `reduce_window`."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax


def _reduced(x, pool, strides, padding, data_format, start, reduce):
    last = data_format == "channels_last"
    window = (1, *pool, 1) if last else (1, 1, *pool)
    steps = (1, *strides, 1) if last else (1, 1, *strides)
    return lax.reduce_window(x, start, reduce, window, steps, padding.upper())


def pool_max(x, pool_size, strides, padding, data_format):
    if x.dtype == jnp.bool_:
        return _reduced(x, pool_size, strides, padding, data_format, np.array(False), lax.max)
    lowest = -np.inf if jnp.issubdtype(x.dtype, jnp.floating) else jnp.iinfo(x.dtype).min
    return _reduced(x, pool_size, strides, padding, data_format, np.array(lowest, x.dtype), lax.max)


def pool_average(x, pool_size, strides, padding, data_format):
    zero = np.array(0, x.dtype)
    total = _reduced(x, pool_size, strides, padding, data_format, zero, lax.add)
    if padding == "valid":
        return total / int(np.prod(pool_size))
    shape = (1, *x.shape[1:-1], 1) if data_format == "channels_last" else (1, 1, *x.shape[2:])
    ones = jnp.ones(shape, x.dtype)
    return total / _reduced(ones, pool_size, strides, padding, data_format, zero, lax.add)
