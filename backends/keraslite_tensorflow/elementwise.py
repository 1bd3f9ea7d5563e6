"""Kernels of this family on tensorflow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.math import (
    add,
    ceil,
    conj,
    divide_no_nan,
    erf,
    erfinv,
    exp,
    expm1,
    floor,
    imag,
    log,
    log1p,
    maximum,
    minimum,
    multiply,
    negative,
    real,
    reciprocal,
    rsqrt,
    sign,
    sqrt,
    square,
    subtract,
)

absolute = tf.math.abs
divide = tf.math.truediv
floor_divide = tf.math.floordiv
mod = tf.math.floormod
power = tf.math.pow


def round(x: Any, decimals: int) -> Any:
    if not x.dtype.is_floating:
        if decimals >= 0:
            return x
        return tf.cast(round(tf.cast(x, "float64"), decimals), x.dtype)
    if decimals == 0:
        return tf.math.round(x)
    scale = tf.constant(10.0**decimals, x.dtype)
    return tf.math.round(x * scale) / scale


def trunc(x: Any) -> Any:
    return tf.where(x < 0, tf.math.ceil(x), tf.math.floor(x)) if x.dtype.is_floating else tf.identity(x)
