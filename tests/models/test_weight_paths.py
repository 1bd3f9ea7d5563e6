"""Weights have the paths that they have in Keras."""

from __future__ import annotations

import functools

import keras_peer
import pytest
import weight_paths

import keraslite


@functools.cache
def paths_in_keras():
    return keras_peer.call("weight_paths:keras_paths", "torch")


@pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")
@pytest.mark.parametrize("name", weight_paths.MODELS)
def test_paths_are_those_of_keras(name):
    assert weight_paths.paths(keraslite, name) == paths_in_keras()[name]


def test_names_within_a_sequential():
    net = keraslite.Sequential([keraslite.Input((3,)), keraslite.layers.Dense(2, name="d")], name="s")
    assert [weight.path for weight in net.weights] == ["s/d/kernel", "s/d/bias"]
    assert net.layers[0].path == "s/d"
