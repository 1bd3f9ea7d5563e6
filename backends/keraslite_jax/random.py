"""Draws on JAX: Threefry, the key's two words are (seed, counter)."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from keraslite.backend.contract import SeedStorage

from .tensors import native

seed_storage: SeedStorage = {"dtype": "uint32", "device": None}


def set_seed(seed):
    """Nothing to do: JAX hides no generator."""


def _key(words):
    return jax.random.wrap_key_data(words.astype(jnp.uint32), impl="threefry2x32")


def random_uniform(key, shape, dtype):
    return jax.random.uniform(_key(key), shape, native(dtype))


def random_normal(key, shape, dtype):
    return jax.random.normal(_key(key), shape, native(dtype))


def random_integers(key, minval, maxval, shape, dtype):
    return jax.random.randint(_key(key), shape, minval, maxval, native(dtype))


def random_gamma(key, alpha, shape, dtype):
    return jax.random.gamma(_key(key), alpha, shape, native(dtype))


def random_binomial(key, counts, probabilities, shape, dtype):
    drawn = jnp.float64 if native(dtype) == jnp.float64 else jnp.float32
    return jax.random.binomial(_key(key), counts.astype(drawn), probabilities.astype(drawn), shape, drawn)


def random_dropout(x, key, rate, noise_shape):
    kept = jax.random.bernoulli(_key(key), 1 - rate, noise_shape)
    return jnp.where(kept, x / jnp.asarray(1 - rate, x.dtype), jnp.zeros((), x.dtype))
