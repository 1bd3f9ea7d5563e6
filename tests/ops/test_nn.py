"""Normalization, crossentropies, encodings and attention against NumPy in float64."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import ops, transforms
from keraslite.conformance.rows import assert_close, host
from keraslite.conformance.tables.neural import K, Q, V
from keraslite.errors import ArgumentError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor


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
    assert host(ops.multi_hot(np.array([0, 2]), 4)).tolist() == [1, 0, 1, 0]


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
