"""Kernels of this family on tensorflow."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

_METHODS = {
    None: tf.tensor_scatter_nd_update,
    "add": tf.tensor_scatter_nd_add,
    "max": tf.tensor_scatter_nd_max,
    "min": tf.tensor_scatter_nd_min,
}


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any) -> Any:
    depth = indices.shape[-1]
    sizes = tf.cast(tf.shape(inputs)[:depth], indices.dtype)
    indices = tf.where(indices < 0, indices + sizes, indices)
    if reduction in _METHODS:
        return _METHODS[reduction](inputs, indices, updates)
    # no product among them: the factor of every place, then multiply
    places = math.prod(inputs.shape[:depth])
    strides = tf.math.cumprod(tf.concat([sizes[1:], tf.ones((1,), sizes.dtype)], 0), reverse=True)
    joined = tf.reshape(tf.reduce_sum(indices * strides, -1), [-1])
    rows = tf.reshape(updates, [-1, *inputs.shape[depth:]])
    factors = tf.math.unsorted_segment_prod(rows, joined, places)
    return inputs * tf.reshape(factors, tf.shape(inputs))
