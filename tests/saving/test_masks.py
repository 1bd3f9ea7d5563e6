"""Models in which masks flow: files that real Keras reads, and its files here; copies, and orders of layers."""

from __future__ import annotations

import copy
import functools
import json
import pickle

import h5py
import keras_peer
import mask_models
import numpy as np
import pytest

import keraslite
from keraslite import models

with_keras = pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")
NAMES = sorted(mask_models.MODELS)

# What Keras 3.15.1 cannot build, or cannot run as it built it.
REFUSED = {"names_of_masks", "time_distributed"}
# Where Keras finds fewer masks than keraslite (`docs/differences.md`), and other results for that.
OTHER_RESULTS = {"masking_in_half", "translation"}
FEWER = {"cross_attention", "nested_makes_masks", "self_attention", *OTHER_RESULTS}


def build(name):
    keraslite.utils.set_random_seed(5)
    mask_models.register(keraslite)
    return mask_models.MODELS[name](keraslite)


def as_json(net):
    return json.loads(json.dumps(net.get_config()))


def names(operations):
    return [operation.name for operation in operations]


def same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@with_keras
@pytest.mark.parametrize("name", NAMES)
def test_keras_reads_ours(name, tmp_path):
    path = str(tmp_path / "ours.keras")
    with keraslite.use_backend("numpy"):
        net = build(name)
        net.save(path)
        theirs = keras_peer.call("mask_models:keras_take", path=path)
        same(theirs["outputs"], mask_models.outputs(net))
    assert theirs["layers"] == names(net.layers)


@pytest.fixture(scope="module")
def made_by_keras(tmp_path_factory):
    folder = tmp_path_factory.mktemp("theirs")

    @functools.cache
    def make(name):
        path = str(folder / f"{name}.keras")
        return {"path": path, **keras_peer.call("mask_models:keras_make", name=name, path=path)}

    return make


@with_keras
@pytest.mark.parametrize("name", [name for name in NAMES if name not in REFUSED])
def test_we_read_keras(name, made_by_keras, tmp_path):
    theirs = made_by_keras(name)
    mask_models.register(keraslite)
    with keraslite.use_backend("numpy"):
        net = models.load_model(theirs["path"])
        if name not in OTHER_RESULTS:
            same(mask_models.outputs(net), theirs["outputs"])
        net.save(str(tmp_path / "again.keras"))
        same(mask_models.outputs(models.load_model(str(tmp_path / "again.keras"))), mask_models.outputs(net))
    ops = [operation for operation in net.operations if operation not in net.layers]
    assert bool(ops) is (name == "given_masks")  # masks that layers find are no ops of the model
    if name not in FEWER:
        assert mask_models.entries(net.get_config()) == theirs["entries"]
        assert names(net.layers) == theirs["layers"]


@pytest.mark.parametrize("name", NAMES)
def test_made_again(name):
    with keraslite.use_backend("numpy"):
        net = build(name)
        config, expected = as_json(net), mask_models.outputs(net)
        for again in (models.model_from_json(net.to_json()), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
            assert as_json(again) == config
            assert names(again.operations) == names(net.operations)
            again.set_weights(net.get_weights())
            same(mask_models.outputs(again), expected)
        clone = models.clone_model(net)
        clone.set_weights(net.get_weights())
        same(mask_models.outputs(clone), expected)
        assert mask_models.entries(clone.get_config()) == mask_models.entries(config)


@pytest.mark.parametrize("name", ["concatenated_any_length", "merged", "masking_in_half", "shared", "time_distributed"])
def test_made_again_on_each_engine(name, backend, tmp_path):
    net = build(name)
    net.save(str(tmp_path / "net.keras"))
    same(mask_models.outputs(models.load_model(str(tmp_path / "net.keras"))), mask_models.outputs(net))


@pytest.mark.parametrize("name", NAMES)
def test_names_in_files_differ(name):
    found = [layer["name"] for layer in as_json(build(name))["layers"]]
    assert len(set(found)) == len(found)


def test_masks_are_no_operations():
    net, lines = build("concatenated"), []
    net.summary(print_fn=lines.append)
    assert names(net.operations) == names(net.layers)
    assert "not_equal" not in lines[0]
    assert "not_equal" in [layer["name"] for layer in as_json(net)["layers"]]


def test_a_mask_of_ones_own_stays():
    x = keraslite.Input((5,), dtype="int32")
    y = keraslite.layers.Embedding(7, 3, mask_zero=True)(x)
    net = keraslite.Model(x, keraslite.layers.LSTM(2)(y, mask=keraslite.ops.not_equal(x, 2)))
    again = models.model_from_json(net.to_json())
    assert names(again.operations) == names(net.operations)
    assert as_json(again) == as_json(net)


def without_masks(path):
    """Put layers where files had them when the ops of masks did not count."""
    with h5py.File(path, "r+") as file:
        layers = file["layers"]
        for old, new in (("embedding_2", "moved"), ("embedding_1", "embedding_2"), ("embedding", "embedding_1"),
                         ("moved", "embedding")):  # fmt: skip
            layers.move(old, new)


def test_layers_in_the_order_without_masks(backend, tmp_path):
    path = str(tmp_path / "older.weights.h5")
    net = build("in_another_order")
    net.save_weights(path)
    without_masks(path)
    again = build("in_another_order")
    again.load_weights(path)
    same(mask_models.outputs(again), mask_models.outputs(net))
    assert names(net.layers).index("first") < names(net.layers).index("plain")


def test_the_state_of_an_optimizer_in_the_order_without_masks(differentiating_backend, tmp_path):
    path = str(tmp_path / "older.weights.h5")
    net, again = build("in_another_order"), build("in_another_order")
    for each in (net, again):
        each.compile("adam", "mse")
    net.fit(mask_models.data(net), np.ones((4, 4)), verbose=0)
    net.save_weights(path)
    without_masks(path)
    with pytest.warns(UserWarning, match="layers stand in another order"):
        again.load_weights(path)
    same(mask_models.outputs(again), mask_models.outputs(net))
