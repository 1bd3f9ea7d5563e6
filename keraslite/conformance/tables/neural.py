"""Normalization, crossentropies, encodings and attention against NumPy in float64."""

from __future__ import annotations

import numpy as np
from scipy import special

from keraslite.conformance.rows import Row, call

GENERATOR = np.random.default_rng(4)


def array(*shape):
    return GENERATOR.normal(size=shape)


def fit(x, parameter, axes):
    shape = [n if i in axes else 1 for i, n in enumerate(x.shape)]
    return parameter.reshape(shape)


def axes_of(axis, rank):
    axes = range(rank) if axis is None else (axis,) if isinstance(axis, int) else axis
    return tuple(sorted(a % rank for a in axes))


def moments(x, axes, keepdims=False):
    axes = axes_of(axes, x.ndim)
    return x.mean(axes, keepdims=keepdims), x.var(axes, keepdims=keepdims)


def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    axes = axes_of(axis, x.ndim)
    result = (x - fit(x, mean, axes)) / np.sqrt(fit(x, variance, axes) + epsilon)
    result = result if scale is None else result * fit(x, scale, axes)
    return result if offset is None else result + fit(x, offset, axes)


def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=1e-7):
    axes = axes_of(axis, x.ndim)
    result = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)
    result = result if gamma is None else result * fit(x, gamma, axes)
    return result if beta is None else result + fit(x, beta, axes)


def rms_normalization(x, scale=None, axis=-1, epsilon=1e-7):
    axes = axes_of(axis, x.ndim)
    result = x / np.sqrt((x**2).mean(axes, keepdims=True) + epsilon)
    return result if scale is None else result * fit(x, scale, axes)


def normalize(x, axis=-1, order=2, epsilon=1e-7):
    axes = axes_of(axis, x.ndim)
    norm = (np.abs(x) ** order).sum(axes, keepdims=True) ** (1 / order)
    return x / np.maximum(norm, epsilon)


def binary_crossentropy(target, output, from_logits=False):
    if from_logits:
        return -(target * special.log_expit(output) + (1 - target) * special.log_expit(-output))
    output = np.clip(output, 1e-7, 1 - 1e-7)
    return -(target * np.log(output) + (1 - target) * np.log(1 - output))


def log_probabilities(output, from_logits, axis):
    if from_logits:
        return special.log_softmax(output, axis)
    return np.log(np.clip(output / output.sum(axis, keepdims=True), 1e-7, 1 - 1e-7))


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    return -(target * log_probabilities(output, from_logits, axis)).sum(axis)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    target = target[..., 0] if target.ndim == output.ndim else target
    return -np.take_along_axis(
        log_probabilities(output, from_logits, axis), np.expand_dims(target, axis).astype(int), axis
    ).squeeze(axis)


def one_hot(x, num_classes, axis=-1, dtype=None):
    rows = (x[..., None] == np.arange(num_classes)).astype("float64")
    return np.moveaxis(rows, -1, axis)


def multi_hot(inputs, num_classes, axis=-1, dtype=None):
    return one_hot(inputs, num_classes).max(1 if inputs.ndim > 1 else 0)


def attention(query, key, value, bias=None, mask=None, scale=None, is_causal=False, attn_logits_soft_cap=None):
    groups = query.shape[2] // key.shape[2]
    key, value = key.repeat(groups, 2), value.repeat(groups, 2)
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    logits = np.einsum("btnh,bsnh->bnts", query, key) * scale
    if attn_logits_soft_cap:
        logits = attn_logits_soft_cap * np.tanh(logits / attn_logits_soft_cap)
    logits = logits if bias is None else logits + bias
    logits = logits if mask is None else np.where(mask, logits, -1e9)
    if is_causal:
        logits = np.where(np.tri(*logits.shape[-2:]) > 0, logits, -1e9)
    return np.einsum("bnts,bsnh->btnh", special.softmax(logits, -1), value)


X = array(3, 4, 5)
TARGETS = GENERATOR.uniform(size=(3, 4))
PROBABILITIES = GENERATOR.uniform(0.05, 0.95, size=(3, 4))
LOGITS = array(3, 4) * 3
CLASSES = np.array([0, 3, 1], "int32")
GRID = np.array([[0, 2, 1], [3, 3, 0]], "int32")
Q, K, V = array(2, 5, 4, 6), array(2, 7, 4, 6), array(2, 7, 4, 3)
MASK = GENERATOR.uniform(size=(2, 1, 5, 7)) > 0.4
MASK[0, 0, 2] = False  # a row that may see nothing
ROWS = [
    Row("moments", (call(X, 0), call(X, (0, 2)), call(X, -1, keepdims=True), call(X, None)), moments),
    Row(
        "batch_normalization",
        (
            call(X, array(5), np.abs(array(5)), -1),
            call(X, array(4), np.abs(array(4)), 1, array(4), array(4), 0.1),
            call(X, array(5), np.abs(array(5)), -1, scale=array(5)),
        ),
        batch_normalization,
        mixes=False,
        symbolic="static",
    ),
    Row(
        "layer_normalization",
        (call(X, epsilon=1e-3), call(X, array(5), array(5), epsilon=0.1), call(X, array(4, 5), array(4, 5), (1, 2)),
         call(X, array(4), array(4), 1), call(X, gamma=array(5))),
        layer_normalization,
        mixes=False,
    ),
    Row("rms_normalization", (call(X), call(X, array(5)), call(X, array(4), 1, 0.1)), rms_normalization, mixes=False),
    Row("normalize", (call(X), call(X, axis=1), call(X, axis=(0, 2), order=1), call(X, axis=None, order=3)), normalize),
    Row(
        "binary_crossentropy",
        (call(TARGETS, PROBABILITIES), call(TARGETS, LOGITS, from_logits=True)),
        binary_crossentropy,
    ),
    Row(
        "categorical_crossentropy",
        (call(TARGETS, PROBABILITIES), call(TARGETS, LOGITS, from_logits=True), call(TARGETS, LOGITS, True, 0)),
        categorical_crossentropy,
    ),
    Row(
        "sparse_categorical_crossentropy",
        (call(CLASSES, PROBABILITIES), call(CLASSES, LOGITS, from_logits=True), call(CLASSES[:, None], LOGITS, True),
         call(GRID, array(2, 3, 4), True), call(GRID, array(2, 4, 3), True, 1)),
        sparse_categorical_crossentropy,
        mixes=False,
    ),
    Row("one_hot", (call(GRID, 4), call(GRID, 4, axis=0), call(GRID, 4, axis=1), call(GRID, 2), call(CLASSES, 4)),
        one_hot, gradient=False, mixes=False),
    Row("multi_hot", (call(GRID, 4), call(CLASSES, 4)), multi_hot, gradient=False, mixes=False, symbolic="static"),
    Row(
        "dot_product_attention",
        (
            call(Q, K, V),
            call(Q, K, V, is_causal=True),
            call(Q, K[:, :, :2], V[:, :, :2]),
            call(Q, K, V, mask=MASK),
            call(Q, K, V, bias=array(1, 4, 5, 7), scale=0.3),
            call(Q, K, V, array(2, 1, 5, 7), MASK, is_causal=True),
            call(Q, K, V, mask=MASK, attn_logits_soft_cap=2.0),
        ),
        attention,
        mixes=False,
    ),
]  # fmt: skip
