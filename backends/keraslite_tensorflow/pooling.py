"""Pooling on TensorFlow tensors, whose CPU kernels want channels last and floats."""

from __future__ import annotations

import tensorflow as tf


def _pooled(x, kind, pool, strides, padding, data_format):
    rank = x.shape.rank
    if data_format == "channels_first":
        x = tf.transpose(x, (0, *range(2, rank), 1))
    x = tf.nn.pool(x, pool, kind, strides, padding.upper())
    return tf.transpose(x, (0, rank - 1, *range(1, rank - 1))) if data_format == "channels_first" else x


def pool_max(x, pool_size, strides, padding, data_format):
    if not x.dtype.is_floating:
        wide = tf.cast(x, tf.float64 if x.dtype.size > 2 else tf.float32)
        return tf.cast(_pooled(wide, "MAX", pool_size, strides, padding, data_format), x.dtype)
    return _pooled(x, "MAX", pool_size, strides, padding, data_format)


def pool_average(x, pool_size, strides, padding, data_format):
    return _pooled(x, "AVG", pool_size, strides, padding, data_format)
