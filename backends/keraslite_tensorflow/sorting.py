"""Kernels of this family on tensorflow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def sort(x: Any, axis: Any) -> Any:
    return tf.sort(tf.reshape(x, [-1]), 0) if axis is None else tf.sort(x, axis)


def argsort(x: Any, axis: Any) -> Any:
    if axis is None:
        x, axis = tf.reshape(x, [-1]), 0
    return tf.argsort(x, axis, stable=True)


def top_k(x: Any, k: int, sorted: bool) -> Any:
    return tuple(tf.math.top_k(x, k))


def searchsorted(sorted_sequence: Any, values: Any, side: str) -> Any:
    found = tf.searchsorted(sorted_sequence, tf.reshape(values, [-1]), side)
    return tf.reshape(found, tf.shape(values))


def nonzero(x: Any) -> Any:
    return tuple(tf.unstack(tf.where(x), num=x.shape.rank, axis=1)) if x.shape.rank else ()
