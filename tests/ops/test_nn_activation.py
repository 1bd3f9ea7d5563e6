"""Activations against their formulas in float64."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import ops
from keraslite.conformance.tables.activation import X
from keraslite.errors import ArgumentError


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("name", ["sigmoid", "softmax", "gelu", "softplus", "log_softmax"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_stays(name, dtype):
    x = ops.cast(ops.convert_to_tensor(X[0], dtype="float32"), dtype)
    result = getattr(ops, name)(x)
    assert ops.dtype(result) == dtype
    expected = getattr(ops, name)(ops.cast(x, "float32"))
    difference = ops.convert_to_numpy(ops.cast(result, "float32")) - ops.convert_to_numpy(expected)
    assert np.abs(difference).max() < 0.05


@pytest.mark.usefixtures("backend")
def test_glu_of_an_odd_size():
    with pytest.raises(ArgumentError, match="`glu` needs an even size"):
        ops.glu(np.ones((2, 3), "float32"))


@pytest.mark.usefixtures("backend")
def test_names_of_keras():
    assert ops.swish is ops.silu
    assert ops.hard_swish is ops.hard_silu
