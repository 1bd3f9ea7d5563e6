"""Draws on TensorFlow: its stateless ops, seeded with the key."""

from __future__ import annotations

import tensorflow as tf

from keraslite.backend.contract import SeedStorage

from .tensors import native

seed_storage: SeedStorage = {"dtype": "int64", "device": None}


def set_seed(seed):
    tf.random.set_seed(seed)


def _key(words):
    return tf.cast(words, tf.int64)


def _drawn(dtype):
    return tf.float64 if dtype == "float64" else tf.float32


def random_uniform(key, shape, dtype):
    values = tf.random.stateless_uniform(shape, _key(key), dtype=_drawn(dtype), alg="philox")
    if dtype in ("float16", "bfloat16"):  # must not round up to 1
        values = tf.floor(values * 256) / 256
    return values


def random_normal(key, shape, dtype):
    return tf.random.stateless_normal(shape, _key(key), dtype=_drawn(dtype), alg="philox")


def random_integers(key, minval, maxval, shape, dtype):
    bits = tf.random.stateless_uniform(shape, _key(key), None, None, tf.uint64, alg="philox")  # type: ignore[arg-type]
    minval, width = tf.cast(minval, tf.int64), tf.cast(tf.cast(maxval, tf.int64) - tf.cast(minval, tf.int64), tf.uint64)
    return tf.cast(tf.cast(bits % width, tf.int64) + minval, native[dtype])


def random_gamma(key, alpha, shape, dtype):
    return tf.random.stateless_gamma(shape, _key(key), tf.cast(alpha, _drawn(dtype)), dtype=_drawn(dtype))


def random_binomial(key, counts, probabilities, shape, dtype):
    drawn = _drawn(dtype)
    counts = tf.broadcast_to(tf.cast(counts, drawn), shape)
    probabilities = tf.broadcast_to(tf.cast(probabilities, drawn), shape)
    return tf.random.stateless_binomial(shape, _key(key), counts, probabilities, drawn)


def random_dropout(x, key, rate, noise_shape):
    kept = tf.random.stateless_uniform(noise_shape, _key(key), dtype=tf.float32, alg="philox") >= rate
    return tf.where(kept, x / tf.cast(1 - rate, x.dtype), tf.zeros((), x.dtype))
