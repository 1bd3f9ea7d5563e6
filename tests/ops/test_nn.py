"""Normalization, crossentropies, encodings and attention against NumPy in float64."""

from __future__ import annotations

import numpy as np
import pytest
from ops.table import Row, assert_close, call, conformance, host
from scipy import special

from keraslite import ops, transforms
from keraslite.errors import ArgumentError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor

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
test_value, test_dtype, test_symbolic, test_jit, test_gradient = conformance(ROWS)


@pytest.mark.usefixtures("backend")
def test_moments_of_half_precision_do_not_overflow():
    x = ops.cast(ops.convert_to_tensor(np.full((4, 1000), 300.0, "float32")), "float16")
    mean, variance = ops.moments(x, axes=1)
    assert ops.dtype(mean) == ops.dtype(variance) == "float16"
    assert_close(ops.cast(mean, "float32"), np.full(4, 300.0), 1e-3)
    assert_close(ops.cast(variance, "float32"), np.zeros(4), 1e-3)


@pytest.mark.usefixtures("backend")
def test_normalize_of_zero_and_of_large_numbers():
    assert_close(ops.normalize(np.zeros((2, 2), "float32")), np.zeros((2, 2)), 0)
    assert_close(ops.normalize(np.full((1, 4), 1e15, "float32"), order=3), np.full((1, 4), 4 ** (-1 / 3)), 1e-5)


@pytest.mark.usefixtures("differentiating_backend")
def test_gradient_of_binary_crossentropy_at_zero():
    target = ops.convert_to_tensor(np.array([0.0, 1.0, 0.25], "float32"))
    gradient = transforms.grad(lambda x: ops.sum(ops.binary_crossentropy(target, x, True)))(ops.zeros((3,)))
    assert_close(gradient, np.array([0.5, -0.5, 0.25]), 1e-6)


@pytest.mark.usefixtures("backend")
def test_extreme_outputs_of_crossentropies():
    hot = np.array([[0.0, 1.0]], "float32")
    wrong = np.array([[1.0, 0.0]], "float32")
    assert host(ops.categorical_crossentropy(hot, wrong))[0] == pytest.approx(16.118095)
    assert host(ops.binary_crossentropy(hot, 1000 * (2 * wrong - 1), from_logits=True)).max() == 1000
    classes = np.array([0, 5, -1], "int32")
    outside = ops.sparse_categorical_crossentropy(classes, np.ones((3, 3), "float32"))
    assert_close(outside, np.array([np.log(3), 0, 0]), 1e-6)


@pytest.mark.usefixtures("backend")
def test_classes_outside_give_zeros():
    classes = np.array([0, -1, 5], "int32")
    assert host(ops.one_hot(classes, 3)).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert ops.dtype(ops.one_hot(classes, 3, dtype="int32")) == "int32"
    assert host(ops.multi_hot(np.array([[0, 0, -1]]), 3)).tolist() == [[1, 0, 0]]


@pytest.mark.usefixtures("backend")
def test_unknown_sizes_stay_exact():
    n, t = Dimension("n"), Dimension("t")
    x, q = SymbolicTensor((n, t, 5)), SymbolicTensor((n, t, 4, 6))
    assert ops.shape(ops.layer_normalization(x, np.ones(5), np.ones(5))) == (n, t, 5)
    assert ops.shape(ops.moments(x, (0, 1))[1]) == (5,)
    assert ops.shape(ops.dot_product_attention(q, q, q, is_causal=True)) == (n, t, 4, 6)
    assert ops.shape(ops.one_hot(SymbolicTensor((n, t), "int32"), 7)) == (n, t, 7)
    assert ops.shape(ops.sparse_categorical_crossentropy(SymbolicTensor((n, t), "int32"), x)) == (n, t)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("run", "text"),
    [
        (lambda: ops.categorical_crossentropy(np.ones((2, 3)), np.ones((2, 4))), "of one shape"),
        (lambda: ops.binary_crossentropy(np.ones((2, 1)), np.ones((2,))), "of one shape"),
        (lambda: ops.sparse_categorical_crossentropy(np.ones((2, 3)), np.ones((2, 3))), "use `categorical_"),
        (lambda: ops.layer_normalization(np.ones((2, 3)), np.ones(2)), "`gamma` of shape"),
        (lambda: ops.normalize(np.ones((2, 3)), order=0), "`order` to be an integer"),
        (lambda: ops.one_hot(np.ones((2,)), 3, sparse=True), "sparse=False"),
        (lambda: ops.dot_product_attention(np.ones((2, 3, 4)), np.ones((2, 3, 4)), np.ones((2, 3, 4))), "rank 4"),
        (lambda: ops.dot_product_attention(Q, K[..., :3], V), "one size along the last axis"),
    ],
)
def test_messages(run, text):
    with pytest.raises(ArgumentError, match=text):
        run()
