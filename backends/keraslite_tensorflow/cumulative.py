"""Kernels of this family on tensorflow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def cumsum(x: Any, axis: Any, dtype: Any) -> Any:
    return tf.math.cumsum(tf.reshape(x, [-1]) if axis is None else x, axis or 0)


def cumprod(x: Any, axis: Any, dtype: Any) -> Any:
    x, axis = (tf.reshape(x, [-1]), 0) if axis is None else (x, axis)
    size = x.shape[axis]
    if size is None or not x.dtype.is_floating:
        return tf.math.cumprod(x, axis)
    # By doubling: the gradient of TensorFlow's own divides by x, and is wrong where that is 0.
    step = 1
    while step < size:
        ones = tf.ones_like(tf.gather(x, tf.range(step), axis=axis))
        x *= tf.concat([ones, tf.gather(x, tf.range(size - step), axis=axis)], axis)
        step *= 2
    return x
