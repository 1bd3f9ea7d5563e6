"""Conformance of reductions, running sums, sorting, searching and counting."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import ops
from keraslite.conformance.rows import assert_close
from keraslite.errors import ArgumentError, DTypeError


def test_half_precision_sums_and_means(backend):
    x = ops.ones((3000,), dtype="bfloat16")
    assert ops.dtype(ops.mean(x)) == "bfloat16"
    assert float(ops.convert_to_numpy(ops.mean(x))) == 1.0
    assert ops.dtype(ops.sum(ops.cast([1], "uint8"))) == "uint32"
    assert ops.dtype(ops.sum(ops.cast([1], "int8"))) == "int32"


def test_infinities(backend):
    low = ops.full((2, 3), float("-inf"))
    assert_close(ops.logsumexp(low, axis=1), np.full(2, -np.inf), 0)
    assert np.isnan(ops.convert_to_numpy(ops.quantile([1.0, float("nan"), 2.0], 0.5)))
    assert_close(ops.max(ops.zeros((0, 2)), axis=0, initial=3.0), np.full(2, 3.0), 0)


def test_unique_of_given_size(backend):
    assert_close(ops.unique([3, 1, 3], size=4, fill_value=-1), np.array([1, 3, -1, -1]), 0)
    assert_close(ops.unique([3, 1, 3], size=3), np.array([1, 3, 1]), 0)
    assert_close(ops.unique([3, 1, 2], size=2), np.array([1, 2]), 0)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "argmax", "any", "logsumexp", "std", "sort", "cumsum"])
def test_axis_out_of_range(backend, name):
    with pytest.raises(ArgumentError, match=rf"`{name}` needs `axis` from -2 to 1 for a tensor of rank 2. Rec.* 2\."):
        getattr(ops, name)(ops.ones((2, 3)), axis=2)


def test_extremes_of_nothing(backend):
    with pytest.raises(ArgumentError, match=r"of no elements need `initial`. Received shape \(0, 2\)"):
        ops.max(ops.zeros((0, 2)), axis=0)


def test_other_errors(backend):
    with pytest.raises(ArgumentError, match="needs `method` to be one of linear, .*Received 'cubic'"):
        ops.quantile(ops.ones((3,)), 0.5, method="cubic")
    with pytest.raises(ArgumentError, match=r"`top_k` needs `k` from 0 to .* Received shape \(3,\), k=4"):
        ops.top_k(ops.ones((3,)), 4)
    with pytest.raises(ArgumentError, match="`searchsorted` needs a sorted sequence of rank 1"):
        ops.searchsorted(ops.ones((2, 3)), ops.ones((2,)))
    with pytest.raises(ArgumentError, match=r"`average` needs `weights` of the shape of `x`, or of rank 1"):
        ops.average(ops.ones((3, 3)), weights=ops.ones((3,)))
    with pytest.raises(DTypeError, match="`sum` needs numbers. Received list of dtype <U1"):
        ops.sum(["a"])
