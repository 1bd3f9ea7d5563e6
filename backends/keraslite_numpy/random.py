"""Draws on NumPy: Philox, keyed by (seed, counter)."""

from __future__ import annotations

import numpy as np

from keraslite.backend.contract import SeedStorage

seed_storage: SeedStorage = {"dtype": "uint32", "device": None}


def set_seed(seed):
    """Nothing to do: no generator is hidden here."""


def _generator(key):
    return np.random.Generator(np.random.Philox(key=[int(part) for part in key]))


def _drawn(dtype):
    return np.float64 if dtype == "float64" else np.float32


def random_uniform(key, shape, dtype):
    values = _generator(key).random(shape, _drawn(dtype))
    if dtype in ("float16", "bfloat16"):  # must not round up to 1
        values = np.floor(values * 256) / 256
    return values


def random_normal(key, shape, dtype):
    return _generator(key).standard_normal(shape, _drawn(dtype))


def random_integers(key, minval, maxval, shape, dtype):
    return _generator(key).integers(minval, maxval, shape, np.dtype(dtype))


def random_gamma(key, alpha, shape, dtype):
    return _generator(key).standard_gamma(alpha.astype(np.float64), shape).astype(_drawn(dtype))


def random_binomial(key, counts, probabilities, shape, dtype):
    counts, probabilities = counts.astype(np.int64), probabilities.astype(np.float64)
    return _generator(key).binomial(counts, probabilities, shape).astype(_drawn(dtype))


def random_dropout(x, key, rate, noise_shape):
    kept = _generator(key).random(noise_shape, np.float32) >= rate
    return np.where(kept, x / x.dtype.type(1 - rate), x.dtype.type(0))
