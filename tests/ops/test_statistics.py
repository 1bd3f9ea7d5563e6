"""Statistics and pairs: singular points, unknown sizes, orders of axes, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keraslite import ops, transforms
from keraslite.conformance.rows import assert_close, host
from keraslite.errors import ArgumentError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor

NAN = float("nan")


def test_distances_of_equal_points_have_a_gradient_of_zero(differentiating_backend):
    x = ops.convert_to_tensor([[0.0, 0.0], [3.0, 4.0]])
    assert host(ops.cdist(x, x)).tolist() == [[0, 5], [5, 0]]
    gradient = host(transforms.grad(lambda x: ops.sum(ops.cdist(x, ops.stop_gradient(x))))(x))
    assert_close(gradient, np.array([[-0.6, -0.8], [0.6, 0.8]]), 1e-6)

    def slopes(x):
        return ops.sum(ops.square(transforms.grad(lambda x: ops.sum(ops.cdist(x, x)))(x)))

    assert np.isfinite(host(transforms.grad(slopes)(x))).all()


def test_a_constant_variable_spoils_only_its_own_correlations(differentiating_backend):
    x = ops.convert_to_tensor([[1.0, 2, 4], [1, 1, 1], [3, 1, 0]])
    assert np.isnan(host(ops.corrcoef(x))).tolist() == [[False, True, False], [True] * 3, [False, True, False]]
    gradient = host(transforms.grad(lambda x: ops.corrcoef(x)[0, 2])(x))
    alone = host(transforms.grad(lambda x: ops.corrcoef(x)[0, 1])(ops.take(x, np.array([0, 2]), 0)))
    assert_close(gradient[[0, 2]], alone, 1e-5)
    assert not gradient[1].any()


def test_a_correlation_is_never_more_than_one(backend):
    x = np.random.default_rng(0).normal(size=(1, 50)).astype("float32")
    assert np.abs(host(ops.corrcoef(np.concatenate([x, 3 * x, -x])))).max() <= 1


def test_histograms_with_nan_and_without_elements(backend):
    counts, edges = ops.histogram(np.array([1.0, NAN, 2, 9], "float32"), 2, (1, 3))
    assert (host(counts).tolist(), host(edges).tolist()) == ([1, 1], [1, 2, 3])
    counts, edges = ops.histogram(np.array([1.0, NAN], "float32"), 2)
    assert not host(counts).any()
    assert np.isnan(host(edges)).all()
    counts, edges = ops.histogram(np.zeros((0,), "float32"), 2)
    assert (host(counts).tolist(), host(edges).tolist()) == ([0, 0], [0, 0.5, 1])


def test_dot_of_more_axes(backend):
    x, y, z = (np.random.default_rng(1).normal(size=s).astype("float32") for s in ((2, 3, 4), (4,), (5, 4, 6)))
    assert_close(ops.dot(x, y), np.dot(x, y), 1e-5)
    assert_close(ops.dot(y, z), np.dot(y, z), 1e-5)
    assert_close(ops.dot(x, z), np.dot(x, z), 1e-5)


@pytest.mark.parametrize("count", [1, 2, 5, 6])
def test_the_median_of_even_and_odd_counts(backend, count):
    x = np.random.default_rng(2).normal(size=(count, 3)).astype("float32")
    assert_close(ops.median(x, axis=0), np.median(x, axis=0), 1e-6)
    assert_close(ops.nanmedian(x, axis=0), np.median(x, axis=0), 1e-6)


def test_unknown_sizes():
    b, n = Dimension("b"), Dimension("n")
    x, points = SymbolicTensor((b, n, 3)), SymbolicTensor((n, 3))
    assert ops.shape(ops.cross(x, points)) == (b, n, 3)
    assert ops.shape(ops.cross(SymbolicTensor((b, 2)), np.ones(2, "float32"))) == (b,)
    assert ops.shape(ops.cdist(x, points)) == (b, n, n)
    assert ops.shape(ops.kron(points, SymbolicTensor((2, b)))) == (2 * n, 3 * b)
    assert ops.shape(ops.diff(x, 2, 0))[1:] == (n, 3)
    assert ops.shape(ops.trapezoid(x, axis=1)) == (b, 3)
    assert ops.shape(ops.corrcoef(points)) == (n, n)
    assert [ops.shape(each) for each in ops.histogram(x, 4)] == [(4,), (5,)]
    assert ops.shape(ops.nanquantile(x, [0.1, 0.9], axis=1)) == (2, b, 3)
    assert ops.shape(ops.correlate(SymbolicTensor((n,)), np.ones(1, "float32"), "full")) == (n,)


EDGES: Any = [0.0, 1.0]
ERRORS = [
    (lambda: ops.diff(ops.ones((3,)), -1), "`diff` needs `n` to be an integer of 0 or more. Received -1"),
    (lambda: ops.trapezoid(ops.ones((2, 3)), ops.ones((2,))),
     r"`trapezoid` needs `x` of rank 1 or .* size of `y` \(3\) along axis 1. Received shapes \(2, 3\) and \(2,\)"),
    (lambda: ops.histogram(ops.ones((3,)), 0), "`histogram` needs `bins` to be an integer of 1 or more. Received 0"),
    (lambda: ops.histogram(ops.ones((3,)), EDGES), r"`histogram` needs `bins` .* Received \(0.0, 1.0\)"),
    (lambda: ops.histogram(ops.ones((3,)), range=(3, 1)), r"`histogram` needs `range` to be two .* Received \(3, 1\)"),
    (lambda: ops.corrcoef(ops.ones((2, 2, 2))), r"`corrcoef` needs a tensor of rank 1 or 2.* shape \(2, 2, 2\)"),
    (lambda: ops.correlate(ops.ones((2,)), ops.ones((2,)), "all"),
     "`correlate` needs `mode` to be one of valid, same, full. Received 'all'"),
    (lambda: ops.correlate(ops.ones((2, 2)), ops.ones((2,))),
     r"`correlate` needs two tensors of rank 1 .* Received shapes \(2, 2\) and \(2,\)"),
    (lambda: ops.correlate(ops.ones((2,)), ops.ones((0,))), "`correlate` needs two tensors .* at least one element"),
    (lambda: ops.cross(ops.ones((2, 4)), ops.ones((3,))),
     r"`cross` needs vectors of 2 or 3 components. Received, .* shape \(2, 4\)"),
    (lambda: ops.cross(SymbolicTensor((2, None)), ops.ones((3,))), r"`cross` needs vectors .* shape \(2, None\)"),
    (lambda: ops.cross(ops.ones((2, 3)), ops.ones((3,)), axisa=2), "`cross` needs `axis` from -2 to 1"),
    (lambda: ops.cdist(ops.ones((2, 3)), ops.ones((2, 4))),
     r"`cdist` needs tensors of shapes \(..., m, d\) and .* Received shapes \(2, 3\) and \(2, 4\)"),
    (lambda: ops.cdist(ops.ones((3,)), ops.ones((2, 3))), r"`cdist` needs .* Received shapes \(3,\) and \(2, 3\)"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "text"), ERRORS, ids=[str(i) for i in range(len(ERRORS))])
def test_errors(backend, make, text):
    with pytest.raises(ArgumentError, match=text):
        make()
