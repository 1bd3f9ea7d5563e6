"""Kernels of this family on jax."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

_METHODS = {None: "set", "add": "add", "max": "max", "min": "min", "mul": "multiply"}


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any) -> Any:
    at = inputs.at[tuple(jnp.moveaxis(indices, -1, 0))]
    return getattr(at, _METHODS[reduction])(updates)
