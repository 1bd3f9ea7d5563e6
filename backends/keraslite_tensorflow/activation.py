"""Activations on TensorFlow tensors."""

from __future__ import annotations

import tensorflow as tf
from tensorflow.math import log_sigmoid, sigmoid, softplus
from tensorflow.nn import relu, relu6, silu

__all__ = ["log_sigmoid", "relu", "relu6", "sigmoid", "silu", "softplus"]


def softmax(x, axis):
    if len(axis) == 1:
        return tf.nn.softmax(x, axis[0])
    powers = tf.exp(x - tf.reduce_max(x, axis, keepdims=True))
    return powers / tf.reduce_sum(powers, axis, keepdims=True)


def log_softmax(x, axis):
    if len(axis) == 1:
        return tf.nn.log_softmax(x, axis[0])
    return x - tf.reduce_logsumexp(x, axis, keepdims=True)


def gelu(x, approximate):
    return tf.nn.gelu(x, approximate)


def leaky_relu(x, negative_slope):
    return tf.nn.leaky_relu(x, negative_slope)
