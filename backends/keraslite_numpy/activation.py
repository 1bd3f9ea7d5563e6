"""Activations on NumPy arrays."""

from __future__ import annotations

import numpy as np

from .precision import widened


def relu(x):
    return np.maximum(x, 0).astype(x.dtype, copy=False)


@widened
def sigmoid(x):
    small = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1, small) / (1 + small)


@widened
def softplus(x):
    with np.errstate(invalid="ignore"):  # NaN in, NaN out
        return np.logaddexp(x, x.dtype.type(0))


@widened
def softmax(x, axis):
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return powers / np.sum(powers, axis=axis, keepdims=True)


@widened
def log_softmax(x, axis):
    centered = x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    return centered - np.log(np.sum(np.exp(centered), axis=axis, keepdims=True))
