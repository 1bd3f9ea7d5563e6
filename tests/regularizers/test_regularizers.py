"""Regularizers: their formulas, and finding them."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import layers, ops, regularizers
from keraslite.errors import ArgumentError, UnknownNameError

X = np.array([[1.0, -2.0], [3.0, 0.5]], "float32")


def _cosines(rows):
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    count = len(rows)
    return (np.abs(unit @ unit.T).sum() - count) / (count * (count - 1))


@pytest.mark.parametrize(
    ("regularizer", "expected"),
    [
        (regularizers.L1(0.1), 0.1 * np.abs(X).sum()),
        (regularizers.L2(0.1), 0.1 * np.square(X).sum()),
        (regularizers.L1L2(0.1, 0.2), 0.1 * np.abs(X).sum() + 0.2 * np.square(X).sum()),
        (regularizers.OrthogonalRegularizer(0.5), 0.5 * _cosines(X)),
        (regularizers.OrthogonalRegularizer(0.5, "columns"), 0.5 * _cosines(X.T)),
        (regularizers.Regularizer(), 0.0),
    ],
)
def test_formula(regularizer, expected, backend):
    found = regularizer(ops.convert_to_tensor(X))
    np.testing.assert_allclose(np.asarray(ops.convert_to_numpy(found)), expected, rtol=1e-5)
    again = regularizers.deserialize(regularizers.serialize(regularizer))
    assert type(again) is type(regularizer)
    assert again.get_config() == regularizer.get_config()


@pytest.mark.parametrize(
    ("regularizer", "expected"),
    [
        (regularizers.L1L2(l1=0.1), 30.0),
        (regularizers.L1(0.1), 30.0),
        (regularizers.L1L2(l2=0.1), np.inf),
        (regularizers.L1L2(), 0.0),
        (regularizers.L1(0.0), 0.0),
        (regularizers.L2(0.0), 0.0),
    ],
)
def test_a_factor_of_0_leaves_its_term_out(regularizer, expected, backend):
    found = regularizer(ops.convert_to_tensor(np.array([300.0], "float16")))
    assert ops.dtype(found) == "float16"
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-3)


def test_losses_of_a_layer(backend):
    layer = layers.Dense(2, kernel_regularizer="l2", activity_regularizer=regularizers.L1(1.0))
    outputs = layer(X)
    activity, penalty = (float(ops.convert_to_numpy(x)) for x in layer.losses)
    assert activity == pytest.approx(float(np.abs(ops.convert_to_numpy(outputs)).sum() / 2), rel=1e-5)
    assert penalty == pytest.approx(float(0.01 * np.square(layer.kernel.numpy()).sum()), rel=1e-5)


def test_get():
    assert regularizers.get(None) is None
    assert isinstance(regularizers.get("l1"), regularizers.L1)
    assert isinstance(regularizers.get("l1_l2"), regularizers.L1L2)
    assert isinstance(regularizers.get("OrthogonalRegularizer"), regularizers.OrthogonalRegularizer)
    with pytest.raises(UnknownNameError, match="Did you mean 'orthogonal_regularizer'"):
        regularizers.get("orthogonal_regularisor")


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="`l1` to be a number of at least 0"):
        regularizers.L1(-1.0)
    with pytest.raises(ArgumentError, match="`mode` to be one of"):
        regularizers.OrthogonalRegularizer(mode="row")
    with pytest.raises(ArgumentError, match="needs a matrix"):
        regularizers.OrthogonalRegularizer()(np.ones(3, "float32"))
