"""Pooling on JAX arrays: a reshape where windows do not overlap, otherwise `reduce_window`.

On a CPU the gradient of `reduce_window` takes several times as long as that of the reshape.
"""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def _reduced(x, pool, strides, padding, data_format, start, reduce):
    last = data_format == "channels_last"
    window = (1, *pool, 1) if last else (1, 1, *pool)
    steps = (1, *strides, 1) if last else (1, 1, *strides)
    return lax.reduce_window(x, start, reduce, window, steps, padding.upper())


def _sizes(x, data_format):
    return x.shape[1:-1] if data_format == "channels_last" else x.shape[2:]


def _tiles(x, pool, strides, padding, data_format):
    """Whether the windows stand side by side, with nothing padded."""
    fits = padding == "valid" or all(n % k == 0 for n, k in zip(_sizes(x, data_format), pool, strict=True))
    return fits and tuple(pool) == tuple(strides)


def _cut(x, pool, data_format):
    """`x` with each spatial axis as two, windows and their elements, and which axes are those of the elements."""
    first = 1 if data_format == "channels_last" else 2
    shape, kept, axes = list(x.shape[:first]), [slice(None)] * first, []
    for n, k in zip(_sizes(x, data_format), pool, strict=True):
        shape += [n // k, k]
        kept.append(slice(n // k * k))
        axes.append(len(shape) - 1)
    return x[tuple(kept)].reshape(*shape, *x.shape[first + len(pool) :]), tuple(axes)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _largest(x, pool, data_format):
    windows, axes = _cut(x, pool, data_format)
    return windows.max(axes)


@_largest.defjvp
def _largest_jvp(pool, data_format, primals, tangents):
    """Among equals the first one has the gradient, as `reduce_window` and the other engines have it."""
    windows, axes = _cut(primals[0], pool, data_format)
    largest, count = windows.max(axes, keepdims=True), math.prod(pool)
    places = np.arange(count, dtype="int32").reshape([n if i in axes else 1 for i, n in enumerate(windows.shape)])
    place = jnp.where(windows == largest, places, count)
    moved = jnp.where(place == place.min(axes, keepdims=True), _cut(tangents[0], pool, data_format)[0], 0)
    return largest.squeeze(axes), moved.sum(axes)


def pool_max(x, pool_size, strides, padding, data_format):
    if x.dtype == jnp.bool_:
        return _reduced(x, pool_size, strides, padding, data_format, np.array(False), lax.max)
    floating = jnp.issubdtype(x.dtype, jnp.floating)
    if floating and _tiles(x, pool_size, strides, padding, data_format):
        return _largest(x, tuple(pool_size), data_format)
    lowest = -np.inf if floating else jnp.iinfo(x.dtype).min
    return _reduced(x, pool_size, strides, padding, data_format, np.array(lowest, x.dtype), lax.max)


def pool_average(x, pool_size, strides, padding, data_format):
    if math.prod(pool_size) > 4 and _tiles(x, pool_size, strides, padding, data_format):  # for few it is slower
        windows, axes = _cut(x, pool_size, data_format)
        return windows.mean(axes)
    zero = np.array(0, x.dtype)
    total = _reduced(x, pool_size, strides, padding, data_format, zero, lax.add)
    if padding == "valid":
        return total / int(np.prod(pool_size))
    shape = (1, *x.shape[1:-1], 1) if data_format == "channels_last" else (1, 1, *x.shape[2:])
    ones = jnp.ones(shape, x.dtype)
    return total / _reduced(ones, pool_size, strides, padding, data_format, zero, lax.add)
