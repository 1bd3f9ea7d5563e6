"""Normalization on TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from .transforms import is_batched

__all__ = ["normalize_batch"]


def normalize_batch(x: Any, scale: Any, offset: Any, axis: Any, epsilon: Any) -> Any:
    if x.dtype != tf.float32 or axis != x.shape.rank - 1 or is_batched():
        return _written_out(x, scale, offset, axis, epsilon)
    width = tf.shape(x)[-1:]
    scale = tf.ones(width) if scale is None else scale
    offset = tf.zeros(width) if offset is None else offset
    rows = tf.reshape(x, tf.concat([[-1, 1, 1], width], 0))
    result, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=rows, scale=scale, offset=offset, mean=[], variance=[], epsilon=epsilon
    )
    count = tf.cast(tf.shape(rows)[0], x.dtype)
    variance *= tf.math.divide_no_nan(count - 1, count)  # it is the unbiased one
    return tf.ensure_shape(tf.reshape(result, tf.shape(x)), x.shape), tf.stop_gradient(mean), tf.stop_gradient(variance)


def _written_out(x: Any, scale: Any, offset: Any, axis: Any, epsilon: Any) -> Any:
    others = [i for i in range(x.shape.rank) if i != axis]
    mean, variance = tf.nn.moments(x, others, keepdims=True)
    along = [-1 if i == axis else 1 for i in range(x.shape.rank)]
    scale, offset = (p if p is None else tf.reshape(p, along) for p in (scale, offset))
    result = tf.nn.batch_normalization(x, mean, variance, offset, scale, epsilon)
    return result, *(tf.stop_gradient(tf.squeeze(s, others)) for s in (mean, variance))
