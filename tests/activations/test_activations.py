"""Activations: equal to Keras's, found by name, saved by name."""

from __future__ import annotations

import inspect

import keras_peer
import numpy as np
import pytest

from keraslite import activations, layers, ops, serialization
from keraslite.errors import UnknownNameError

NAMES = [name for name in activations.__all__ if name not in ("get", "serialize", "deserialize")]
OPTIONS = {
    "relu": {"negative_slope": 0.1, "max_value": 1.5, "threshold": 0.3},
    "threshold": {"threshold": 0.2, "default_value": -1.0},
    "celu": {"alpha": 0.7},
    "elu": {"alpha": 0.7},
    "gelu": {"approximate": True},
    "leaky_relu": {"negative_slope": 0.3},
    "softmax": {"axis": 0},
    "squareplus": {"b": 2},
}
CASES = [(name, {}) for name in NAMES if name != "threshold"] + list(OPTIONS.items())
X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32") * 3


@pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")
@pytest.mark.parametrize(("name", "options"), CASES)
def test_value_is_that_of_keras(name, options, backend):
    found = ops.convert_to_numpy(getattr(activations, name)(ops.convert_to_tensor(X), **options))
    expected = keras_peer.call("activations.keras_activations:value", name=name, x=X, options=options)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


# At, and on both sides of, every threshold and limit among the arguments.
AROUND = np.array([-np.inf, -3, -1, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 2, 6, 7, np.inf], "float32")
RELUS = [
    {"negative_slope": slope, "max_value": most, "threshold": threshold}
    for slope in (0.0, 0.1, 1.0, 2.0, -0.5)
    for most in (None, 0.0, 0.25, 1.0, 6.0)
    for threshold in (0.0, 0.5, 1.0, 2.0, 7.0)
]


@pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")
def test_relu_is_that_of_keras_at_its_thresholds(backend):
    expected = keras_peer.call("activations.keras_activations:relus", backend="torch", x=AROUND, options=RELUS)
    for options, values in zip(RELUS, expected, strict=True):
        found = ops.convert_to_numpy(activations.relu(ops.convert_to_tensor(AROUND), **options))
        np.testing.assert_allclose(found, values, rtol=1e-6, err_msg=str(options))


def test_relu_with_a_negative_threshold_keeps_what_is_above_it(backend):
    found = activations.relu(ops.convert_to_tensor(AROUND), max_value=1.0, threshold=-1.0)
    np.testing.assert_array_equal(ops.convert_to_numpy(found), np.where(AROUND > -1, np.minimum(AROUND, 1), 0))


def test_relu_of_nan_is_nan(backend):
    nan = ops.convert_to_tensor(np.array([np.nan], "float32"))
    for options in RELUS:
        assert np.isnan(ops.convert_to_numpy(activations.relu(nan, **options))), options


@pytest.mark.parametrize("name", NAMES)
def test_names_stand_for_functions(name):
    function = activations.get(name)
    assert function is getattr(activations, name)
    if name not in ("threshold", "glu"):
        layer = layers.Activation(name)
        assert layers.Activation.from_config(layer.get_config()).activation is function
    assert activations.get(activations.serialize(function)) is function
    assert next(iter(inspect.signature(function).parameters)) == "x"


def test_get():
    assert activations.get(None) is activations.linear
    assert activations.get(abs) is abs
    with pytest.raises(UnknownNameError, match="Did you mean 'softmax'"):
        activations.get("sofmax")
    with pytest.raises(UnknownNameError, match="needs a name, a config, or an activation"):
        activations.get(3)


def test_registered_function():
    @serialization.register_serializable("tests")
    def twice(x):
        return 2 * x

    layer = layers.Dense(2, activation=twice)
    assert layers.Dense.from_config(layer.get_config()).activation is twice
    assert activations.get("tests>twice") is twice
