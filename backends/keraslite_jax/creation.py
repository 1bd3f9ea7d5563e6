"""Kernels of this family on jax."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.numpy import diag, diagonal, tril, triu

from .tensors import native as _native


def full(shape: Any, fill_value: Any, dtype: str | None) -> Any:
    return jnp.broadcast_to(fill_value, shape)


def arange(start: Any, stop: Any, step: Any, dtype: str | None) -> Any:
    start, stop = (0, start) if stop is None else (start, stop)
    native = None if dtype in (None, "bool") else _native(dtype)
    if (
        native is not None
        and jnp.issubdtype(native, jnp.integer)
        and any(isinstance(n, float) for n in (start, stop, step))
    ):
        return jnp.asarray(np.arange(start, stop, step).astype(native))  # a step may be a half
    return jnp.arange(start, stop, step, native)


def eye(N: int, M: int | None, k: int, dtype: str | None) -> Any:
    return jnp.eye(N, M, k, None if dtype is None else _native(dtype))


def zeros_like(x: Any, dtype: str | None) -> Any:
    return jnp.zeros_like(x, None if dtype is None else _native(dtype))


def ones_like(x: Any, dtype: str | None) -> Any:
    return jnp.ones_like(x, None if dtype is None else _native(dtype))
