"""Products that sum over shared axes, on JAX."""

from __future__ import annotations

import jax.numpy as jnp


def matmul(x1, x2):
    return jnp.matmul(x1, x2)


def einsum(subscripts, operands):
    return jnp.einsum(subscripts, *operands)
