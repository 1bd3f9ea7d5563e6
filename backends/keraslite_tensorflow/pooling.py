"""Pooling on TensorFlow tensors, whose CPU kernels want channels last and floats."""

from __future__ import annotations

import tensorflow as tf

_BY = {"MAX": tf.nn.max_pool, "AVG": tf.nn.avg_pool}  # `tf.nn.pool` refuses strides longer than the window


def _pooled(x, kind, pool, strides, padding, data_format):
    rank = x.shape.rank
    if data_format == "channels_first":
        x = tf.transpose(x, (0, *range(2, rank), 1))
    if rank == 5 and x.dtype in (tf.float64, tf.float16):
        x = _axis_by_axis(x, kind, pool, strides, padding)
    else:
        x = _BY[kind](x, pool, strides, padding.upper())
    return tf.transpose(x, (0, rank - 1, *range(1, rank - 1))) if data_format == "channels_first" else x


def _axis_by_axis(x, kind, pool, strides, padding):
    """Pooling of volumes, which has no kernel for float64 and float16 on CPUs, as that of planes and then of lines."""
    batch, depth, height, width, channels = (tf.shape(x)[i] if n is None else n for i, n in enumerate(x.shape))
    x = tf.reshape(x, (batch * depth, height, width, channels))
    x = _BY[kind](x, pool[1:], strides[1:], padding.upper())
    height, width = tf.shape(x)[1], tf.shape(x)[2]
    x = tf.reshape(x, (batch, depth, height * width, channels))
    x = _BY[kind](x, (pool[0], 1), (strides[0], 1), padding.upper())
    return tf.reshape(x, (batch, tf.shape(x)[1], height, width, channels))


def pool_max(x, pool_size, strides, padding, data_format):
    if not x.dtype.is_floating:
        wide = tf.cast(x, tf.float64 if x.dtype.size > 2 else tf.float32)
        return tf.cast(_pooled(wide, "MAX", pool_size, strides, padding, data_format), x.dtype)
    return _pooled(x, "MAX", pool_size, strides, padding, data_format)


def pool_average(x, pool_size, strides, padding, data_format):
    return _pooled(x, "AVG", pool_size, strides, padding, data_format)
