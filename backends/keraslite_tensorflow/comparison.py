"""Kernels of this family on tensorflow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.math import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    not_equal,
)

logical_xor = tf.math.not_equal
isfinite = tf.math.is_finite
isinf = tf.math.is_inf
isnan = tf.math.is_nan


def where(condition: Any, x1: Any, x2: Any) -> Any:
    if x1 is None and x2 is None:
        return tuple(tf.unstack(tf.where(condition), num=condition.shape.rank, axis=1))
    return tf.where(condition, x1, x2)
