"""Matrices on JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.numpy.linalg import det, inv


def cholesky(x, upper):
    return jnp.linalg.cholesky(x, upper=upper)


def qr(x, mode):
    return tuple(jnp.linalg.qr(x, mode))


def svd(x, full_matrices, compute_uv):
    result = jnp.linalg.svd(x, full_matrices=full_matrices, compute_uv=compute_uv)
    return tuple(result) if compute_uv else result


def eigh(x):
    return tuple(jnp.linalg.eigh(x))


def eig(x):
    return tuple(jnp.linalg.eig(x))


def solve(a, b):
    return jnp.linalg.solve(a, b[..., None])[..., 0] if b.ndim == a.ndim - 1 else jnp.linalg.solve(a, b)


def solve_triangular(a, b, lower):
    if b.ndim == a.ndim - 1:
        return jax.lax.linalg.triangular_solve(a, b[..., None], left_side=True, lower=lower)[..., 0]
    return jax.lax.linalg.triangular_solve(a, b, left_side=True, lower=lower)


def lu_factor(x):
    return tuple(jax.lax.linalg.lu(x)[:2])


__all__ = ["det", "inv"]
