"""Kernels of this family on tensorflow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def _wrapped(indices: Any, x: Any, axis: int) -> Any:
    if tf.executing_eagerly() and "CPU" in indices.device and tf.reduce_min(indices) >= 0:  # a look costs the least
        return indices
    size = tf.shape(x, indices.dtype)[axis] if x.shape[axis] is None else x.shape[axis]
    return tf.where(indices < 0, indices + size, indices)


def take(x: Any, indices: Any, axis: Any) -> Any:
    if axis is None:
        x, axis = tf.reshape(x, [-1]), 0
    return tf.gather(x, _wrapped(indices, x, axis), axis=axis)


def take_along_axis(x: Any, indices: Any, axis: Any) -> Any:
    if axis is None:
        x, indices, axis = tf.reshape(x, [-1]), tf.reshape(indices, [-1]), 0
    rank = x.shape.rank
    order = [*(i for i in range(rank) if i != axis), axis]
    x, indices = tf.transpose(x, order), tf.transpose(_wrapped(indices, x, axis), order)
    lead = tf.broadcast_dynamic_shape(tf.shape(x)[:-1], tf.shape(indices)[:-1])
    x = tf.broadcast_to(x, tf.concat([lead, tf.shape(x)[-1:]], 0))
    indices = tf.broadcast_to(indices, tf.concat([lead, tf.shape(indices)[-1:]], 0))
    taken = tf.gather(x, indices, batch_dims=rank - 1, axis=-1)
    return tf.transpose(taken, [*range(axis), rank - 1, *range(axis, rank - 1)])


def basic_index(x: Any, key: Any) -> Any:
    return x[tuple(tf.newaxis if item is None else item for item in key)]


def slice(inputs: Any, start_indices: Any, shape: Any) -> Any:
    return tf.slice(inputs, _starts(start_indices), shape)


def _starts(start_indices: Any) -> Any:
    if isinstance(start_indices, (tuple, list)):
        return tf.stack([tf.cast(s, tf.int32) for s in start_indices]) if start_indices else tf.zeros((0,), tf.int32)
    return tf.cast(start_indices, tf.int32)


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    begin = _starts(start_indices)
    end, strides = begin + tf.shape(updates), tf.ones_like(begin)
    return tf.raw_ops.TensorStridedSliceUpdate(input=inputs, begin=begin, end=end, strides=strides, value=updates)
