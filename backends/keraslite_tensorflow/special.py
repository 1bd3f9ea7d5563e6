"""Kernels of this family on tensorflow."""

from __future__ import annotations

import tensorflow as tf
from tensorflow.math import bessel_i0 as i0
from tensorflow.math import erfc, igamma, lgamma


def gammainc(x1, x2):
    none = x1 == 0  # TensorFlow has NaN there
    edge = tf.where(x2 > 0, tf.ones_like(x2), tf.fill(tf.shape(x2), tf.constant(float("nan"), x2.dtype)))
    return tf.where(none, edge, igamma(tf.where(none, tf.ones_like(x1), x1), x2))
