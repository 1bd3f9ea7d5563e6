"""Activations on JAX arrays."""

from __future__ import annotations

import jax
from jax.nn import sigmoid, silu, softplus


def relu(x):
    return jax.nn.relu(x)


def softmax(x, axis):
    return jax.nn.softmax(x, axis)


def log_softmax(x, axis):
    return jax.nn.log_softmax(x, axis)


def relu6(x):
    return jax.nn.relu6(x)


def elu(x, alpha):
    return jax.nn.elu(x, alpha)


def celu(x, alpha):
    return jax.nn.celu(x, alpha)


def selu(x):
    return jax.nn.selu(x)


__all__ = ["sigmoid", "silu", "softplus"]
