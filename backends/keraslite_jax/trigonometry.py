"""Kernels of this family on jax."""

from __future__ import annotations

import jax.numpy as jnp
from jax.numpy import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctanh,
    cos,
    cosh,
    sin,
    sinh,
    tan,
    tanh,
)

from .guards import at_origin as _at_origin

arctan2 = _at_origin(jnp.arctan2)
