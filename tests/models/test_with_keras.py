"""The same models in real Keras: order of layers, paths of weights, op nodes in configs."""

from __future__ import annotations

import functools
import json
from typing import Any

import graph_models
import keras_peer
import numpy as np
import op_calls
import pytest

import keraslite
from keraslite import Model, ops, tree

pytestmark = pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")

# The same computation under another of Keras's names.
SYNONYMS = {"BitwiseNot": "BitwiseInvert", "Divide": "TrueDivide", "LeftShift": "BitwiseLeftShift",
            "RightShift": "BitwiseRightShift"}  # fmt: skip


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    return keras_peer.call("graph_models:keras_describe", path=str(tmp_path_factory.mktemp("graphs")))


@pytest.mark.parametrize("name", sorted(graph_models.GRAPHS))
def test_order_of_layers_and_paths_of_weights(name, described, tmp_path):
    ours = graph_models.describe(keraslite, name, str(tmp_path / "ours.weights.h5"))
    theirs = described[name]
    if name == "middle":  # the input made for the tensor in the middle has a name of its own
        assert ours["layers"][1:] == theirs["layers"][1:]
    else:
        assert ours["layers"] == theirs["layers"]
    # Random state is ours alone: Keras keeps none in files, and reads past it.
    assert [path for path in ours["weights"] if "seed_generator" not in path] == theirs["weights"]


@functools.cache
def _their_statistics() -> dict[str, list[float]]:
    return keras_peer.call("graph_models:keras_statistics")


@pytest.mark.parametrize("arrangement", sorted(graph_models.ARRANGEMENTS))
def test_calls_that_change_a_shared_layer_run_in_the_order_of_keras(arrangement):
    found = graph_models.statistics(keraslite, arrangement)
    np.testing.assert_allclose(found, _their_statistics()[arrangement], rtol=1e-5)


@functools.cache
def _their_entries() -> dict[str, Any]:
    return keras_peer.call("op_calls:keras_entries", names=sorted(op_calls.CALLS))


def _named(entries: list[Any]) -> Any:
    """Without the names of ops, which count calls in the process."""
    names = {entry["name"]: f"op{i}" for i, entry in enumerate(entries)}

    def walk(x: Any) -> Any:
        if isinstance(x, dict):
            return {key: walk(value) for key, value in x.items()}
        if isinstance(x, list):
            return [walk(value) for value in x]
        return names.get(x, SYNONYMS.get(x, x)) if isinstance(x, str) else x

    return walk(json.loads(json.dumps(entries)))


@pytest.mark.parametrize("name", sorted(op_calls.CALLS))
def test_op_node(name):
    theirs = _their_entries()[name]
    assert not isinstance(theirs, str), theirs
    assert _named(op_calls.entries(keraslite, name)) == _named(theirs)


def test_keras_reads_our_op_nodes():
    configs = {name: _model(name).get_config() for name in op_calls.CALLS}
    answers = keras_peer.call("op_calls:keras_reads", configs=json.loads(json.dumps(configs)))
    assert {name: answer for name, answer in answers.items() if answer} == {}


def _model(name: str) -> Any:
    specs, function = op_calls.CALLS[name]
    xs = op_calls.inputs(keraslite, specs)
    return Model(xs, function(ops, *xs))


@pytest.mark.parametrize("name", sorted(op_calls.CALLS))
def test_op_node_read_back(name):
    net = _model(name)
    config = json.loads(json.dumps(net.get_config()))
    again = Model.from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config
    values = [_values(*spec) for spec in op_calls.CALLS[name][0]]
    for a, b in zip(_outputs(net, values), _outputs(again, values), strict=True):
        np.testing.assert_array_equal(a, b)


def _values(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    numbers = np.random.default_rng(1).uniform(0.1, 3.0, (2, *shape)).astype(dtype)
    return np.sort(numbers, axis=0) + (10 * np.eye(4, dtype=dtype) if shape == (4, 4) else 0)


def _outputs(net: Any, values: list[np.ndarray]) -> list[np.ndarray]:
    with np.errstate(all="ignore"):
        return [ops.convert_to_numpy(x) for x in tree.leaves(net(values))]


@pytest.mark.parametrize("name", ["+", "x[:, 1:3, None]", "mean_axis", "take", "where_number", "einsum", "split"])
def test_op_node_on_each_engine(name, backend):
    net = _model(name)
    values = [_values(*spec) for spec in op_calls.CALLS[name][0]]
    with keraslite.use_backend("numpy"):
        expected = _outputs(Model.from_config(net.get_config()), values)
    for a, b in zip(_outputs(net, values), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
