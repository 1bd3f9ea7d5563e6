"""Kernels of this family on jax."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.numpy import (
    add,
    ceil,
    conj,
    divide,
    exp,
    exp2,
    expm1,
    floor,
    floor_divide,
    fmod,
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
    real,
    reciprocal,
    sign,
    sqrt,
    square,
    subtract,
    trunc,
)

from .guards import at_origin as _at_origin

erf = lax.erf
hypot = _at_origin(jnp.hypot)


@jax.custom_jvp
def _real_absolute(x: Any) -> Any:
    return jnp.absolute(x)


@_real_absolute.defjvp
def _slope_of_absolute(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return _real_absolute(x), jnp.sign(x) * dx


@jax.jit
def absolute(x: Any) -> Any:
    """Its slope at 0 is 0, where JAX has 1."""
    return _real_absolute(x) if jnp.issubdtype(x.dtype, jnp.floating) else jnp.absolute(x)


@jax.jit
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """At the bounds the gradient goes to `x` alone, where JAX has halves."""
    low = x if x_min is None else x_min
    return _clip(x, low, jnp.maximum(x, low) if x_max is None else x_max)


@jax.custom_jvp
def _clip(x: Any, low: Any, high: Any) -> Any:
    return jnp.clip(x, low, high)


@_clip.defjvp
def _slope_of_clip(primals: Any, tangents: Any) -> Any:
    (x, low, high), (dx, d_low, d_high) = primals, tangents
    above = jnp.maximum(x, low) > high
    return _clip(x, low, high), jnp.where(above, d_high, jnp.where(x < low, d_low, dx))


@jax.jit
def power(x1: Any, x2: Any) -> Any:
    """The slope in `x1` is 0 where `x2` is; that in `x2` is 0 where `x1` is not above 0."""
    if not jnp.issubdtype(x1.dtype, jnp.floating):
        return jnp.power(x1, x2)
    still = lax.stop_gradient
    return jnp.power(jnp.where(x2 == 0, still(x1), x1), jnp.where(x1 > 0, x2, still(x2)))


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
