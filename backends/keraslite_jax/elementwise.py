"""Kernels of this family on jax."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax
from jax.numpy import (
    absolute,
    add,
    ceil,
    clip,
    conj,
    divide,
    exp,
    exp2,
    expm1,
    floor,
    floor_divide,
    hypot,
    imag,
    log,
    log1p,
    log2,
    log10,
    maximum,
    minimum,
    mod,
    multiply,
    negative,
    power,
    real,
    reciprocal,
    sign,
    sqrt,
    square,
    subtract,
    trunc,
)

erf = lax.erf
erfinv = lax.erf_inv


def rsqrt(x: Any) -> Any:
    return lax.rsqrt(x)


def round(x: Any, decimals: int) -> Any:
    if decimals < 0 and jnp.issubdtype(x.dtype, jnp.integer):  # JAX has none of integers
        scale = 10**-decimals
        down = x // scale
        rest, half = 2 * (x - down * scale), jnp.asarray(scale, x.dtype)
        return (down + ((rest > half) | ((rest == half) & (down % 2 == 1))).astype(x.dtype)) * scale
    return jnp.round(x, decimals)
