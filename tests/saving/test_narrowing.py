"""Files with 64-bit dtypes on an engine where these are switched off."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from keraslite import Input, Model, layers, models, ops, use_backend
from keraslite.backend import registry

X = np.linspace(-1, 1, 12).reshape(4, 3)


@pytest.fixture
def path(tmp_path):
    """A model of float64 with an input of int64, an op, and a metric, written by NumPy."""
    with use_backend("numpy"):
        x, ids = Input((3,), dtype="float64", name="x"), Input((2,), dtype="int64", name="ids")
        y = layers.Dense(2, dtype="float64", name="dense")(ops.cast(x, "float64"))
        z = layers.Flatten()(layers.Embedding(5, 2, dtype="float64")(ids))
        net = Model([x, ids], layers.Concatenate(dtype="float64")([y, z]))
        net.save(tmp_path / "net.keras")
        expected = net.predict([X, np.ones((4, 2), "int64")], verbose=0)
    return tmp_path / "net.keras", expected


def test_loads_as_what_the_engine_keeps(backend, path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net = models.load_model(path[0])
    narrow = registry.current().stored_dtype("float64")
    assert [weight.dtype for weight in net.weights] == [narrow] * 3
    texts = [str(each.message) for each in caught]
    if narrow == "float64":
        assert texts == []
    else:
        assert len(texts) == 1
        assert "net.keras needs float64, which engine 'jax' has not switched on" in texts[0]
        assert caught[0].filename == __file__
    outputs = net.predict([X, np.ones((4, 2), "int64")], verbose=0)
    assert str(outputs.dtype) == narrow
    np.testing.assert_allclose(outputs, path[1], atol=1e-6)


def test_others_are_left_alone(backend, tmp_path):
    x = Input((3,))
    net = Model(x, layers.Dense(2, dtype="mixed_bfloat16")(x))
    net.save(tmp_path / "net.keras")
    assert models.load_model(tmp_path / "net.keras").layers[-1].dtype_policy.name == "mixed_bfloat16"
