"""Kernels of this family on tensorflow."""

from __future__ import annotations

import math
from collections.abc import Callable
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


def _over_segments(combine: Callable[..., Any]) -> Callable[..., Any]:
    def kernel(data: Any, segment_ids: Any, num_segments: Any, sorted: bool) -> Any:
        if num_segments is None:
            num_segments = int(tf.maximum(tf.reduce_max(segment_ids), -1)) + 1
        segment_ids = tf.where(segment_ids >= num_segments, -1, segment_ids)  # negative ones are left out
        return combine(data, segment_ids, num_segments)

    return kernel


segment_sum = _over_segments(tf.math.unsorted_segment_sum)
segment_prod = _over_segments(tf.math.unsorted_segment_prod)
