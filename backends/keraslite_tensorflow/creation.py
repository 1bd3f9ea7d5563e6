"""Kernels of this family on tensorflow."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from .tensors import cast as _cast


def full(shape: Any, fill_value: Any, dtype: str | None) -> Any:
    return tf.broadcast_to(fill_value, shape)


def zeros(shape: Any, dtype: str | None) -> Any:
    return tf.zeros(shape, dtype or "float32")


def ones(shape: Any, dtype: str | None) -> Any:
    return tf.ones(shape, dtype or "float32")


def zeros_like(x: Any, dtype: str | None) -> Any:
    return tf.zeros_like(x, dtype)


def ones_like(x: Any, dtype: str | None) -> Any:
    return tf.ones_like(x, dtype)


def arange(start: Any, stop: Any, step: Any, dtype: str | None) -> Any:
    start, stop = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    wide = None
    if not any(tf.is_tensor(n) for n in (start, stop, step)):
        start, stop, step = (n.item() if isinstance(n, np.generic) else n for n in (start, stop, step))
        if (stop - start) * step < 0:
            stop = start  # nothing; TensorFlow would complain
        if any(isinstance(n, float) for n in (start, stop, step)):
            wide = "float64"  # how many numbers there are depends on the last bits
    result = tf.range(start, stop, step, wide)
    return result if dtype is None else _cast(result, dtype)
