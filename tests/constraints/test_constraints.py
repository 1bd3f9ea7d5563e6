"""Constraints: what they guarantee, and finding them."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import constraints, ops
from keraslite.errors import ArgumentError, UnknownNameError

W = np.random.default_rng(0).normal(size=(5, 4)).astype("float32") * 2


def put(constraint, w=W):
    return np.asarray(ops.convert_to_numpy(constraint(ops.convert_to_tensor(w))))


def test_non_negative(backend):
    np.testing.assert_array_equal(put(constraints.NonNeg()), np.maximum(W, 0))


def test_max_norm(backend):
    norms = np.linalg.norm(W, axis=0)
    found = np.linalg.norm(put(constraints.MaxNorm(2.5)), axis=0)
    assert (norms > 2.5).any()
    np.testing.assert_allclose(found, np.minimum(norms, 2.5), rtol=1e-5)


def test_unit_norm(backend):
    np.testing.assert_allclose(np.linalg.norm(put(constraints.UnitNorm(axis=1)), axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(put(constraints.UnitNorm(axis=[0, 1]))), 1, rtol=1e-5)


def test_min_max_norm(backend):
    norms = np.linalg.norm(W, axis=0)
    found = np.linalg.norm(put(constraints.MinMaxNorm(0.2, 0.5, rate=0.3)), axis=0)
    np.testing.assert_allclose(found, 0.3 * np.clip(norms, 0.2, 0.5) + 0.7 * norms, rtol=1e-5)


@pytest.mark.parametrize("name", ["max_norm", "min_max_norm", "non_neg", "unit_norm"])
def test_get_and_config(name):
    constraint = constraints.get(name)
    config = constraints.serialize(constraint)
    assert config["module"] == "keras.constraints"
    again = constraints.deserialize(config)
    assert type(again) is type(constraint)
    assert again.get_config() == constraint.get_config()


def test_errors():
    with pytest.raises(UnknownNameError, match="Did you mean 'max_norm'"):
        constraints.get("max_normm")
    with pytest.raises(ArgumentError, match="`rate` to be a number in"):
        constraints.MinMaxNorm(rate=2)
