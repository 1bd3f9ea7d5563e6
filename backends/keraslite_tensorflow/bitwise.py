"""Kernels of this family on tensorflow; booleans come as uint8 (see `quirks`)."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.bitwise import bitwise_and, bitwise_or, bitwise_xor

bitwise_left_shift = tf.bitwise.left_shift
bitwise_right_shift = tf.bitwise.right_shift


def bitwise_invert(x: Any) -> Any:
    return tf.math.logical_not(x) if x.dtype == tf.bool else tf.bitwise.invert(x)
