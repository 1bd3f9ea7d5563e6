"""Kernels of this family on jax."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp


def sum(x: Any, axis: Any, keepdims: bool) -> Any:
    return jnp.sum(x, axis, keepdims=keepdims)


def prod(x: Any, axis: Any, keepdims: bool, dtype: Any) -> Any:
    return jnp.prod(x, axis, keepdims=keepdims)


def mean(x: Any, axis: Any, keepdims: bool) -> Any:
    return jnp.mean(x, axis, keepdims=keepdims)


def var(x: Any, axis: Any, keepdims: bool) -> Any:
    return jnp.var(x, axis, keepdims=keepdims)


@functools.partial(jax.jit, static_argnums=(1, 2))
def logsumexp(x: Any, axis: Any, keepdims: bool) -> Any:
    high = jnp.max(x, axis, keepdims=True, initial=None if x.size else -jnp.inf)
    finite = jnp.isfinite(high)
    result = jax.nn.logsumexp(jnp.where(finite, x, jnp.zeros_like(x)), axis, keepdims=True)
    result = jnp.where(finite, result, high)  # so no gradient is NaN
    return result if keepdims else jnp.squeeze(result, axis)


def max(x: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
    return jnp.max(x, axis, keepdims=keepdims, initial=initial)


def min(x: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
    return jnp.min(x, axis, keepdims=keepdims, initial=initial)


def argmax(x: Any, axis: Any, keepdims: bool) -> Any:
    return jnp.argmax(x, axis, keepdims=keepdims)


def argmin(x: Any, axis: Any, keepdims: bool) -> Any:
    return jnp.argmin(x, axis, keepdims=keepdims)


def any(x: Any, axis: Any, keepdims: bool) -> Any:
    return jnp.any(x, axis, keepdims=keepdims)


def all(x: Any, axis: Any, keepdims: bool) -> Any:
    return jnp.all(x, axis, keepdims=keepdims)
