"""Kernels of this family on jax."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.numpy import (
    broadcast_to,
    concatenate,
    copy,
    expand_dims,
    flip,
    moveaxis,
    reshape,
    roll,
    stack,
    swapaxes,
    tile,
    transpose,
)


def split(x: Any, indices_or_sections: Any, axis: int) -> Any:
    if isinstance(indices_or_sections, (tuple, list)):
        indices_or_sections = np.asarray(indices_or_sections, "int64")
    return tuple(jnp.split(x, indices_or_sections, axis))


def repeat(x: Any, repeats: Any, axis: Any) -> Any:
    if isinstance(repeats, int):
        return jnp.repeat(x, repeats, axis)
    repeats = np.asarray(repeats)
    total = int(repeats.sum()) if repeats.size > 1 else None
    return jnp.repeat(x, repeats, axis, total_repeat_length=total)


def pad_constant(x: Any, pads: Any, value: Any) -> Any:
    return jnp.pad(x, pads, constant_values=value)
