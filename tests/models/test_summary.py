"""`summary()`: rows, totals, nested models."""

from __future__ import annotations

import pytest

from keraslite import Input, Model, Sequential, layers
from keraslite.errors import ArgumentError


def printed(net, **options):
    lines = []
    net.summary(print_fn=lines.append, line_length=110, **options)
    return "\n".join(lines)


def nested():
    x = Input((3,), name="x")
    inner = Sequential([Input((3,)), layers.Dense(4, name="deep")], name="inner")
    return Model(x, layers.Dense(2, name="head")(inner(x)), name="net")


def test_rows_and_totals():
    text = printed(Sequential([Input((3,)), layers.Dense(4, name="a"), layers.Dense(2, name="b")], name="net"))
    assert 'Model: "net"' in text
    assert "a (Dense)" in text
    assert "(None, 4)" in text
    assert "Total params: 26 (104.00 B)" in text
    assert "Trainable params: 26" in text
    assert "Non-trainable params: 0" in text


def test_to_the_screen(capsys):
    nested().summary()
    assert "head (Dense)" in capsys.readouterr().out


def test_in_a_notebook_as_everywhere(capsys, monkeypatch):
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    text = printed(nested())
    assert "head (Dense)" in text
    nested().summary(line_length=110)
    assert capsys.readouterr().out == text + "\n"


def test_nested_models():
    assert "deep" not in printed(nested())
    assert "deep (Dense)" in printed(nested(), expand_nested=True)


def test_frozen_layers_count_as_such():
    net = nested()
    net.get_layer("inner").trainable = False
    text = printed(net, show_trainable=True)
    assert "Trainable params: 10" in text
    assert "Non-trainable params: 16" in text
    assert " N " in text


def test_connections():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    text = printed(Model([a, b], layers.Add(name="sum")([a, b]) * 2.0))
    assert "Connected to" in text
    assert "a[0]" in text
    assert "multiply" in text


def test_unbuilt():
    assert "0 (unbuilt)" in printed(Sequential([layers.Dense(2)]))


def test_subclassed_inside_and_optimizer(differentiating_backend):
    net = nested()
    net.compile("adam", "mse")
    net.fit([[0.0, 0.0, 0.0]], [[0.0, 0.0]], verbose=0)
    text = printed(net, expand_nested=True)
    assert "Optimizer params" in text
    assert "Trainable params: 26" in text


def test_layer_range():
    net = Sequential([Input((3,)), *[layers.Dense(2, name=f"d{i}") for i in range(5)]])
    text = printed(net, layer_range=["d1", "d3"])
    assert "d2" in text
    assert "d4" not in text
    with pytest.raises(ArgumentError, match="d9"):
        printed(net, layer_range=["d9", "d3"])
