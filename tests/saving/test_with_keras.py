"""Files go both ways between real Keras 3 and here, optimizer state included."""

from __future__ import annotations

import functools

import keras_peer
import numpy as np
import peer_models
import pytest

import keraslite

pytestmark = pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")


@pytest.fixture(scope="module")
def made_by_keras(tmp_path_factory):
    """What Keras gave for a model of that name, and the file it wrote: trained once for all engines."""
    folder = tmp_path_factory.mktemp("theirs")

    @functools.cache
    def make(name):
        path = str(folder / f"{name}.keras")
        return {"path": path, **keras_peer.call("peer_models:keras_make", name=name, path=path)}

    return make


@pytest.mark.parametrize("name", sorted(peer_models.MODELS))
def test_from_keras(name, differentiating_backend, made_by_keras):
    theirs = made_by_keras(name)
    path = theirs["path"]
    peer_models.register(keraslite)
    _, x, y = peer_models.MODELS[name](keraslite)
    net = keraslite.models.load_model(path)
    for ours, expected in zip(peer_models.outputs(net, x), theirs["outputs"], strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-5)
    np.testing.assert_allclose(peer_models.train(net, x, y), theirs["losses"], atol=1e-4)


@pytest.mark.parametrize("name", sorted(peer_models.MODELS))
def test_to_keras(name, differentiating_backend, tmp_path):
    path = str(tmp_path / "ours.keras")
    keraslite.utils.set_random_seed(3)
    net, x, y = peer_models.MODELS[name](keraslite)
    peer_models.train(net, x, y)
    net.save(path)
    outputs, losses = peer_models.outputs(net, x), peer_models.train(net, x, y)
    theirs = keras_peer.call("peer_models:keras_take", name=name, path=path)
    for ours, expected in zip(outputs, theirs["outputs"], strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-5)
    np.testing.assert_allclose(losses, theirs["losses"], atol=1e-4)


@pytest.mark.parametrize("name", sorted(peer_models.MODELS))
def test_numpy_predicts_what_keras_trained(name, made_by_keras):
    theirs = made_by_keras(name)
    path = theirs["path"]
    with keraslite.use_backend("numpy"):
        peer_models.register(keraslite)
        _, x, _ = peer_models.MODELS[name](keraslite)
        net = keraslite.models.load_model(path)
        for ours, expected in zip(peer_models.outputs(net, x), theirs["outputs"], strict=True):
            np.testing.assert_allclose(ours, expected, atol=1e-5)
