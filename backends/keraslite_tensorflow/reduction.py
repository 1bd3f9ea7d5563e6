"""Kernels of this family on tensorflow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

sum = tf.math.reduce_sum
mean = tf.math.reduce_mean
any = tf.math.reduce_any
all = tf.math.reduce_all


def prod(x: Any, axis: Any, keepdims: bool, dtype: Any) -> Any:
    return tf.math.reduce_prod(x, axis, keepdims)


def _checked(x: Any, axis: Any) -> None:
    if 0 in [x.shape[i] for i in axis]:
        raise ValueError("no elements")  # TensorFlow gives the lowest number; other engines refuse, as we do


def max(x: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
    if initial is None:
        _checked(x, axis)
        return tf.math.reduce_max(x, axis, keepdims)
    return tf.math.maximum(tf.math.reduce_max(x, axis, keepdims), tf.cast(initial, x.dtype))


def min(x: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
    if initial is None:
        _checked(x, axis)
        return tf.math.reduce_min(x, axis, keepdims)
    return tf.math.minimum(tf.math.reduce_min(x, axis, keepdims), tf.cast(initial, x.dtype))


def _index(find: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    rank = x.shape.rank
    result = find(tf.reshape(x, [-1]) if axis is None else x, 0 if axis is None else axis, tf.int32)
    if not keepdims:
        return result
    return tf.reshape(result, [1] * rank) if axis is None else tf.expand_dims(result, axis)


def argmax(x: Any, axis: Any, keepdims: bool) -> Any:
    return _index(tf.math.argmax, x, axis, keepdims)


def argmin(x: Any, axis: Any, keepdims: bool) -> Any:
    return _index(tf.math.argmin, x, axis, keepdims)
