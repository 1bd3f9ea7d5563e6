"""Kernels of this family on tensorflow; booleans come as uint8 (see `quirks`)."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.bitwise import bitwise_and, bitwise_or, bitwise_xor

from .tensors import native as _native
from .tensors import shape as _shape

bitwise_left_shift = tf.bitwise.left_shift
bitwise_right_shift = tf.bitwise.right_shift


def bitwise_invert(x: Any) -> Any:
    return tf.math.logical_not(x) if x.dtype == tf.bool else tf.bitwise.invert(x)


def bitcast(x: Any, size: Any, dtype: str) -> Any:
    x = tf.cast(x, tf.uint8) if x.dtype == tf.bool else x
    target = tf.uint8 if dtype == "bool" else _native[dtype]
    if target.size > x.dtype.size:
        many = target.size // x.dtype.size
        x = tf.reshape(x, (*_shape(x)[:-1], size, many))
    result = tf.bitcast(x, target)
    if target.size < x.dtype.size:
        result = tf.reshape(result, (*_shape(x)[:-1], size))
    return result
