"""Convolutions on TensorFlow tensors.

Its CPU kernels want channels last, have no gradient of grouped ones, and no dilation of transposed ones.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def _channels_last(kernel):
    """The kernel, which takes channels last, for either data format (its last argument)."""

    def run(x, *args):
        *args, data_format = args
        if data_format == "channels_last":
            return kernel(x, *args)
        rank = x.shape.rank
        result = kernel(tf.transpose(x, (0, *range(2, rank), 1)), *args)
        return tf.transpose(result, (0, rank - 1, *range(1, rank - 1)))

    return run


def _one_group(x, kernel, strides, padding, dilation):
    layout = {1: "NWC", 2: "NHWC", 3: "NDHWC"}[len(strides)]
    if max(strides) > 1 and max(dilation) > 1:  # TensorFlow has no such kernel
        kernel, dilation = _spread(kernel, dilation), (1,) * len(strides)
    return tf.nn.convolution(x, kernel, strides, padding.upper(), layout, dilation)  # type: ignore[arg-type]


@_channels_last
def convolution(x, kernel, strides, padding, dilation):
    groups = x.shape[-1] // kernel.shape[-2]
    if groups == 1:
        return _one_group(x, kernel, strides, padding, dilation)
    if kernel.shape[-2] == 1:  # (*window, 1, channels * multiplier)
        split = tf.reshape(kernel, (*kernel.shape[:-2], groups, -1))
        return _depthwise(x, split, strides, padding, dilation)
    parts = zip(tf.split(x, groups, -1), tf.split(kernel, groups, -1), strict=True)
    return tf.concat([_one_group(a, b, strides, padding, dilation) for a, b in parts], -1)


def _depthwise(x, kernel, strides, padding, dilation):
    """Its kernel takes two axes, equal strides, and either strides or dilation."""
    rank = len(strides)
    if rank == 1:
        x, kernel = x[:, tf.newaxis], kernel[tf.newaxis]
        return _depthwise(x, kernel, (strides[0],) * 2, padding, (1, dilation[0]))[:, 0]
    if rank == 2 and strides[0] == strides[1] and (strides[0] == 1 or set(dilation) == {1}):
        return tf.nn.depthwise_conv2d(x, kernel, (1, *strides, 1), padding.upper(), dilations=dilation)
    parts = zip(tf.split(x, x.shape[-1], -1), tf.split(kernel, x.shape[-1], -2), strict=True)
    return tf.concat([_one_group(a, b, strides, padding, dilation) for a, b in parts], -1)


depthwise_convolution = _channels_last(_depthwise)


@_channels_last
def transposed_convolution(x, kernel, strides, crops, dilation):
    rank = len(strides)
    kernel = _spread(kernel, dilation)
    sizes = tf.shape(x)
    whole = [(sizes[i + 1] - 1) * strides[i] + kernel.shape[i] for i in range(rank)]
    shape = tf.stack([sizes[0], *whole, kernel.shape[-2]])
    result = tf.nn.conv_transpose(x, kernel, shape, strides, "VALID")
    known = [None if n is None else (n - 1) * strides[i] + kernel.shape[i] for i, n in enumerate(x.shape[1:-1])]
    result = tf.ensure_shape(result, (x.shape[0], *known, kernel.shape[-2]))
    pads = [(max(-before, 0), max(-after, 0)) for before, after in crops]
    cuts = [slice(max(before, 0), -after if after > 0 else None) for before, after in crops]
    result = result[(slice(None), *cuts)]
    return tf.pad(result, [(0, 0), *pads, (0, 0)]) if any(map(any, pads)) else result


def _spread(kernel, dilation):
    """Zeros between the taps of a kernel."""
    for axis, d in enumerate(dilation):
        if d > 1:
            shape: Any = kernel.shape.as_list()
            zeros = tf.zeros((*shape[: axis + 1], d - 1, *shape[axis + 1 :]), kernel.dtype)
            kernel = tf.concat([tf.expand_dims(kernel, axis + 1), zeros], axis + 1)
            kernel = tf.reshape(kernel, (*shape[:axis], shape[axis] * d, *shape[axis + 1 :]))
            keep = [slice(None)] * axis + [slice(0, (shape[axis] - 1) * d + 1)]
            kernel = kernel[tuple(keep)]
    return kernel
