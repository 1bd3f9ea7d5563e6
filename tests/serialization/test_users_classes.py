"""Configs of users' subclasses: they hold what Keras's hold, and the objects can be made from them."""

from __future__ import annotations

import functools
import json

import keras_peer
import numpy as np
import pytest
import users_classes

import keraslite
from keraslite import Input, Sequential, layers, models

X = np.linspace(-1, 1, 12).reshape(4, 3).astype("float32")


def plain(config):
    return json.loads(json.dumps(config))


@functools.cache
def configs_of_keras():
    return keras_peer.call("users_classes:keras_configs", "torch")


@pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")
@pytest.mark.parametrize("row", users_classes.ROWS)
def test_config_is_that_of_keras(row):
    ours = plain(users_classes.config(keraslite, row))
    assert ours == plain(configs_of_keras()[row])


@pytest.mark.parametrize("row", users_classes.ROWS)
def test_config_makes_it_again(row):
    thing = users_classes.made(keraslite, row)
    config = plain(thing.get_config())
    again = type(thing).from_config(config)
    assert again.own == 3
    assert plain(again.get_config()) == config


class Plain(layers.Layer):
    """Has no place for what it gives to `Layer` by itself."""

    def __init__(self, n, **options):
        super().__init__(autocast=False, **options)
        self.n = n
        self.inner = layers.Dense(n)

    def call(self, x):
        return self.inner(x)

    def get_config(self):
        return {**super().get_config(), "n": self.n}


class Narrow(layers.GRU):
    """Takes less than the class above it, and takes what it gives itself out of the config."""

    def __init__(self, units, **options):
        super().__init__(units=2 * units, activation="relu", **options)
        self.half = units

    def get_config(self):
        config = super().get_config()
        del config["activation"]
        return {**config, "units": self.half}


def test_saved_and_loaded(backend, tmp_path):
    net = Sequential([Input((3,)), Plain(4), layers.Reshape((2, 2)), Narrow(3, go_backwards=True)])
    net.save(tmp_path / "net.keras")
    again = models.load_model(tmp_path / "net.keras", custom_objects={"Plain": Plain, "Narrow": Narrow})
    np.testing.assert_array_equal(again.predict(X, verbose=0), net.predict(X, verbose=0))
    assert again.layers[0].autocast is False
    assert again.layers[-1].go_backwards is True
    assert again.layers[-1].half == 3


def test_what_the_caller_gives_is_kept():
    layer = Plain(2, activity_regularizer="l2", dtype="mixed_bfloat16")
    again = Plain.from_config(plain(layer.get_config()))
    assert again.activity_regularizer.l2 == layer.activity_regularizer.l2
    assert again.dtype_policy.name == "mixed_bfloat16"
    assert layers.Dense.from_config(layers.Dense(2, autocast=False).get_config()).autocast is False
