"""Kernels of this family on tensorflow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow import broadcast_to, reshape

copy = tf.identity
concatenate = tf.concat
stack = tf.stack
repeat = tf.repeat


def transpose(x: Any, axes: Any) -> Any:
    return tf.transpose(x, None if axes is None else [a % x.shape.rank for a in axes])


def tile(x: Any, repeats: Any) -> Any:
    rank = max(x.shape.rank, len(repeats))
    x = tf.reshape(x, [1] * (rank - x.shape.rank) + x.shape.as_list()) if rank > x.shape.rank else x
    return tf.tile(x, (*(1,) * (rank - len(repeats)), *repeats))


def flip(x: Any, axis: Any) -> Any:
    return tf.reverse(x, axis)


def roll(x: Any, shift: Any, axis: Any) -> Any:
    if axis is None:
        return tf.reshape(tf.roll(tf.reshape(x, [-1]), shift, 0), tf.shape(x))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,) * len(axes)
    return tf.roll(x, list(shifts), [a % x.shape.rank for a in axes])


def split(x: Any, indices_or_sections: Any, axis: int) -> Any:
    if isinstance(indices_or_sections, int):
        return tuple(tf.split(x, indices_or_sections, axis))
    size = x.shape[axis]
    edges = [min(i + size if i < 0 else i, size) for i in indices_or_sections]
    return tuple(tf.split(x, [b - a for a, b in zip([0, *edges], [*edges, size], strict=True)], axis))


def unstack(x: Any, num: Any, axis: int) -> Any:
    return tuple(tf.unstack(x, num, axis))


def pad_constant(x: Any, pads: Any, value: Any) -> Any:
    if value == 0:
        return tf.pad(x, pads)
    if tf.executing_eagerly():
        return tf.pad(x, pads, constant_values=tf.cast(value, x.dtype))
    # within `vectorized_map`, `tf.pad` pads with 0 whatever it was given
    return tf.where(tf.pad(tf.ones_like(x, tf.bool), pads), tf.pad(x, pads), tf.cast(value, x.dtype))
