"""Kernels of this family on jax."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax
from jax.numpy import take


def take_along_axis(x: Any, indices: Any, axis: Any) -> Any:
    if axis is None:
        x, indices, axis = x.ravel(), indices.ravel(), 0
    return jnp.take_along_axis(x, indices, axis)


def basic_index(x: Any, key: Any) -> Any:
    return x[key]


def _starts(start_indices: Any) -> list[Any]:
    return [jnp.asarray(s, "int32") for s in start_indices]


def slice(inputs: Any, start_indices: Any, shape: Any) -> Any:
    return lax.dynamic_slice(inputs, _starts(start_indices), shape)


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    return lax.dynamic_update_slice(inputs, updates, _starts(start_indices))
