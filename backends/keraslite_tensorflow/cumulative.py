"""Kernels of this family on tensorflow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def cumsum(x: Any, axis: Any, dtype: Any) -> Any:
    return tf.math.cumsum(tf.reshape(x, [-1]) if axis is None else x, axis or 0)


def cumprod(x: Any, axis: Any, dtype: Any) -> Any:
    return tf.math.cumprod(tf.reshape(x, [-1]) if axis is None else x, axis or 0)
