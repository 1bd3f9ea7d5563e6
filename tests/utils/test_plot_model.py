"""Models as graphs for Graphviz."""

from __future__ import annotations

import re
import shutil
import sys

import pytest

import keraslite as keras
from keraslite import layers, ops, utils
from keraslite.errors import ArgumentError, MissingPackageError


def residual():
    inputs = keras.Input((4,), name="x")
    hidden = layers.Dense(4, "relu", name="hidden")(inputs)
    return keras.Model(inputs, ops.add(layers.Add(name="sum")([inputs, hidden]), 1.0), name="residual")


def nested():
    inner = keras.Sequential([keras.Input((4,), name="a"), layers.Dense(2, name="b")], name="inner")
    inputs = keras.Input((4,), name="x")
    return keras.Model(inputs, layers.Dense(1, name="y")(inner(inputs)), name="outer")


def text_of(model, path, **options):
    utils.plot_model(model, path, **options)
    return path.read_text()


def edges(text):
    return set(re.findall(r'"([^"]+)" -> "([^"]+)"', text))


def test_boxes_and_arrows(tmp_path):
    text = text_of(residual(), tmp_path / "m.dot", show_layer_names=True)
    name = next(box for box in re.findall(r'"([^"]+)" \[label=', text) if box not in ("x", "hidden", "sum"))
    assert edges(text) == {("x", "hidden"), ("x", "sum"), ("hidden", "sum"), ("sum", name)}
    assert '"hidden" [label="hidden (Dense)"]' in text
    assert f'"{name}" [label="{name} (add)"]' in text
    assert 'rankdir="TB"' in text


def test_what_boxes_say(tmp_path):
    model = residual()
    model.get_layer("hidden").trainable = False
    text = text_of(model, tmp_path / "m.dot", show_shapes=True, show_dtype=True, show_layer_activations=True,
                   show_trainable=True, rankdir="LR", dpi=72, splines="curved")  # fmt: skip
    label = re.search(r'"hidden" \[label="([^"]*)"\]', text)[1]
    assert label.split("\\n") == [
        "Dense, relu", "input: (None, 4)", "output: (None, 4)", "dtype: float32", "not trainable",
    ]  # fmt: skip
    for setting in ('rankdir="LR"', 'dpi="72"', 'splines="curved"'):
        assert setting in text


def test_models_within_models(tmp_path):
    assert edges(text_of(nested(), tmp_path / "m.dot")) == {("x", "inner"), ("inner", "y")}
    text = text_of(nested(), tmp_path / "m.dot", expand_nested=True)
    assert edges(text) == {("x", "inner/a"), ("inner/a", "inner/b"), ("inner/b", "y")}
    assert 'subgraph "cluster_inner" {' in text


def test_models_without_a_graph(tmp_path):
    unbuilt = keras.Sequential([layers.Dense(2, name="a"), layers.Dense(1, name="b")])
    assert edges(text_of(unbuilt, tmp_path / "m.dot", show_shapes=True)) == {("a", "b")}

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = layers.Dense(2, name="a"), layers.Dense(1, name="b")

        def call(self, x):
            return self.b(self.a(x))

    text = text_of(Own(), tmp_path / "m.dot")
    assert edges(text) == set()
    assert text.count("[label=") == 2


def test_pydot_reads_it():
    pytest.importorskip("pydot")
    graph = utils.model_to_dot(residual(), show_shapes=True)
    found = {(edge.get_source().strip('"'), edge.get_destination().strip('"')) for edge in graph.get_edges()}
    assert {("x", "hidden"), ("x", "sum"), ("hidden", "sum")} <= found
    cluster = utils.model_to_dot(nested(), subgraph=True)
    assert cluster.get_name().strip('"') == "cluster_outer"
    assert len(cluster.get_edges()) == 2
    opened = utils.model_to_dot(nested(), expand_nested=True).to_string()
    assert edges(opened) == {("x", "inner/a"), ("inner/a", "inner/b"), ("inner/b", "y")}


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_pictures(tmp_path, ending, begins):
    utils.plot_model(nested(), tmp_path / f"m.{ending}", show_shapes=True, expand_nested=True)
    assert (tmp_path / f"m.{ending}").read_bytes().startswith(begins)


def test_mistakes(tmp_path, monkeypatch):
    with pytest.raises(ArgumentError, match="to have an ending such as '.png'. Received 'model'"):
        utils.plot_model(nested(), "model")
    with pytest.raises(ArgumentError, match="`rankdir`"):
        utils.plot_model(nested(), "model.dot", rankdir="up")
    with pytest.raises(ArgumentError, match="needs a model with layers"):
        utils.plot_model(keras.Sequential(), "model.dot")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(MissingPackageError, match="needs the program `dot` of Graphviz. It is not installed"):
        utils.plot_model(nested(), tmp_path / "model.png")
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(MissingPackageError, match="Run `pip install pydot`"):
        utils.model_to_dot(nested())
