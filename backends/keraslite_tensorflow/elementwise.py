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


def maximum(x1: Any, x2: Any) -> Any:
    """Ties share the gradient; TensorFlow gives all of it to `x1`."""
    if not x1.dtype.is_floating:
        return tf.math.maximum(x1, x2)
    return tf.where(x1 > x2, x1, tf.where(x1 < x2, x2, 0.5 * x1 + 0.5 * x2))


def minimum(x1: Any, x2: Any) -> Any:
    """Ties share the gradient, as those of `maximum`."""
    if not x1.dtype.is_floating:
        return tf.math.minimum(x1, x2)
    return tf.where(x1 < x2, x1, tf.where(x1 > x2, x2, 0.5 * x1 + 0.5 * x2))


def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """At the bounds the gradient goes to `x` alone."""
    x = x if x_min is None else tf.math.maximum(x, x_min)
    return x if x_max is None else tf.math.minimum(x, x_max)


def power(x1: Any, x2: Any) -> Any:
    """The slope in `x1` is 0 where `x2` is; that in `x2` is 0 where `x1` is not above 0."""
    if not x1.dtype.is_floating:
        return tf.math.pow(x1, x2)
    still = tf.stop_gradient
    return tf.math.pow(tf.where(x2 == 0, still(x1), x1), tf.where(x1 > 0, x2, still(x2)))


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
