"""Outputs that are calls of inner models are the same ones in Keras, and in files of version 0.1.0."""

from __future__ import annotations

import copy
import json

import keras_peer
import nested_outputs
import numpy as np
import pytest

import keraslite
from keraslite import Model, models

KERAS_LOSES = {"nested_twice", "same_input"}  # its own files of these do not load


def close(first, second):
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")
@pytest.mark.parametrize("name", [name for name in nested_outputs.MODELS if name not in KERAS_LOSES])
def test_files_go_both_ways(name, tmp_path):
    ours, theirs = str(tmp_path / "ours.keras"), str(tmp_path / "theirs.keras")
    net = nested_outputs.MODELS[name](keraslite)
    net.save(ours)
    answer = keras_peer.call("nested_outputs:keras_both", "torch", name=name, ours=ours, theirs=theirs)
    close(nested_outputs.outputs(net), answer["read"])
    close(nested_outputs.outputs(models.load_model(theirs)), answer["wrote"])
    assert json.loads(json.dumps(nested_outputs.places(net))) == answer["places"]


@pytest.mark.parametrize("name", nested_outputs.MODELS)
def test_copies(name, backend):
    net = nested_outputs.MODELS[name](keraslite)
    close(nested_outputs.outputs(net), nested_outputs.outputs(copy.deepcopy(net)))
    close(nested_outputs.outputs(net), nested_outputs.outputs(net.to_backend(backend)))


@pytest.mark.parametrize("name", [name for name in nested_outputs.MODELS if name not in KERAS_LOSES])
def test_configs_of_version_0_1_0(name):
    """It gave the calls of an inner model the numbers that they have in its list."""
    net = nested_outputs.MODELS[name](keraslite)
    config = net.get_config()

    def older(value):
        if isinstance(value, dict):
            return {key: older(item) for key, item in value.items()}
        if isinstance(value[0], str):
            return [value[0], value[1] - int(value[0] in ("inner", "middle") and name != "sequential"), value[2]]
        return [older(item) for item in value]

    config["output_layers"] = older(config["output_layers"])
    again = Model.from_config(config)
    again.set_weights(net.get_weights())
    close(nested_outputs.outputs(net), nested_outputs.outputs(again))
