"""Draws, made on the host: the standard has no random numbers. Philox, keyed by (seed, counter)."""

from __future__ import annotations

import array_api_strict as xp
import numpy as np

from .tensors import to_numpy


def _generator(key):
    return np.random.Generator(np.random.Philox(key=[int(part) for part in to_numpy(key)]))


def _ints(x):
    return to_numpy(x).astype(np.int64)


def _drawn(dtype):
    return np.float64 if dtype == "float64" else np.float32


def random_uniform(key, shape, dtype):
    return xp.asarray(_generator(key).random(shape, _drawn(dtype)))


def random_normal(key, shape, dtype):
    return xp.asarray(_generator(key).standard_normal(shape, _drawn(dtype)))


def random_integers(key, minval, maxval, shape, dtype):
    return xp.asarray(_generator(key).integers(_ints(minval), _ints(maxval), shape, np.dtype(dtype)))


def random_gamma(key, alpha, shape, dtype):
    return xp.asarray(_generator(key).standard_gamma(to_numpy(alpha).astype(np.float64), shape).astype(_drawn(dtype)))


def random_binomial(key, counts, probabilities, shape, dtype):
    counts, probabilities = _ints(counts), to_numpy(probabilities).astype(np.float64)
    return xp.asarray(_generator(key).binomial(counts, probabilities, shape).astype(_drawn(dtype)))


def random_dropout(x, key, rate, noise_shape):
    kept = random_uniform(key, noise_shape, "float32") >= rate
    return xp.where(kept, x / (1 - rate), 0.0)
