"""`clone_model`, configs and JSON: the same architecture again."""

from __future__ import annotations

import json

import numpy as np
import pytest

from keraslite import Input, Model, Sequential, layers, models, ops, saving
from keraslite.errors import ArgumentError, SerializationError

X = np.linspace(-1, 1, 12).reshape(4, 3).astype("float32")


@saving.register_keras_serializable(package="test_cloning")
class Scaled(Model):
    def __init__(self, factor=2.0, **options):
        super().__init__(**options)
        self.factor = factor
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x) * self.factor


def drawn():
    x, y = Input((3,), name="x"), Input((3,), name="y")
    shared = layers.Dense(3, name="shared")
    h = ops.mean(ops.stack([shared(x), shared(y)], axis=1), axis=1) + x
    return Model([x, y], {"a": layers.Dense(2, name="a")(h[:, 1:]), "b": h}, name="net")


def test_clone_has_fresh_weights(backend):
    net = drawn()
    copy = models.clone_model(net)
    assert [w.shape for w in copy.weights] == [w.shape for w in net.weights]
    assert all(a is not b for a, b in zip(copy.layers, net.layers, strict=True))
    assert not np.array_equal(copy.weights[0].numpy(), net.weights[0].numpy())
    copy.set_weights(net.get_weights())
    for key, value in net([X, X + 1]).items():
        np.testing.assert_allclose(ops.convert_to_numpy(copy([X, X + 1])[key]), ops.convert_to_numpy(value), atol=1e-6)


def test_clone_function(backend):
    def widened(layer):
        if isinstance(layer, layers.Dense):
            return layers.Dense(layer.units, use_bias=False, name=layer.name)
        return type(layer).from_config(layer.get_config())

    assert len(models.clone_model(drawn(), clone_function=widened).weights) == 2
    stack = Sequential([Input((3,)), layers.Dense(2)])
    assert len(models.clone_model(stack, clone_function=widened).weights) == 1
    with pytest.raises(ArgumentError, match="return a layer"):
        models.clone_model(drawn(), clone_function=lambda layer: None)


def test_input_tensors(backend):
    stack = Sequential([Input((3,)), layers.Dense(2)])
    x = Input((3,), name="fresh", batch_size=4)
    copy = models.clone_model(stack, input_tensors=x)
    assert copy.input_shape == (4, 3)
    a, b = Input((3,), name="p"), Input((3,), name="q")
    assert models.clone_model(drawn(), input_tensors=[a, b]).input_names == ["p", "q"]


def test_call_function(backend):
    def doubled(layer, *args, **kwargs):
        return layer(*args, **kwargs) * 2.0

    net = Model(x := Input((3,)), layers.Activation("linear")(x))
    copy = models.clone_model(net, call_function=doubled, clone_function=lambda layer: layer)
    np.testing.assert_allclose(ops.convert_to_numpy(copy(X)), 2 * X)


def test_nested_and_recursive(backend):
    inner = Sequential([Input((3,)), layers.Dense(3)], name="inner")
    x = Input((3,))
    net = Model(x, inner(x))
    assert models.clone_model(net).layers[1] is not inner
    seen = []

    def noted(layer):
        seen.append(layer.name)
        return type(layer).from_config(layer.get_config())

    models.clone_model(net, clone_function=noted)
    assert "inner" in seen
    seen.clear()
    models.clone_model(net, clone_function=noted, recursive=True)
    assert "inner" not in seen
    assert inner.layers[0].name in seen


def test_subclassed(backend):
    net = Scaled(3.0)
    net(X)
    copy = models.clone_model(net)
    assert copy.factor == 3.0
    with pytest.raises(ArgumentError, match="subclassed model"):
        models.clone_model(net, clone_function=lambda layer: layer)


def test_functional_config_round_trip(backend):
    net = drawn()
    config = json.loads(json.dumps(net.get_config()))
    again = Model.from_config(config)
    assert type(again) is type(net)
    assert json.loads(json.dumps(again.get_config())) == config
    again.set_weights(net.get_weights())
    for key, value in net([X, X + 1]).items():
        np.testing.assert_allclose(ops.convert_to_numpy(again([X, X + 1])[key]), ops.convert_to_numpy(value), atol=1e-6)


@pytest.mark.parametrize("make", [drawn, lambda: Sequential([Input((3,)), layers.Dense(2)]), Scaled])
def test_json(backend, make):
    net = make()
    again = models.model_from_json(net.to_json())
    assert type(again) is type(net)
    assert again.to_json() == net.to_json()


def test_frozen_layers_stay_frozen(backend):
    net = drawn()
    net.get_layer("shared").trainable = False
    again = Model.from_config(net.get_config())
    assert not again.get_layer("shared").trainable
    assert len(again.trainable_weights) == 2


@pytest.mark.parametrize("make", [
    lambda: layers.MultiHeadAttention(2, 3),
    lambda: layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
    lambda: layers.TimeDistributed(layers.Dense(2)),
])  # fmt: skip
def test_a_frozen_layer_keeps_the_layers_it_makes_frozen(backend, make, tmp_path):
    """`build` makes them; in Keras 3.15.1 those of `MultiHeadAttention` are trainable again in a loaded model."""
    x, layer = Input((4, 2)), make()
    net = Model(x, layers.Dense(1)(layer(x, x) if isinstance(layer, layers.MultiHeadAttention) else layer(x)))
    layer.trainable = False
    net.save(tmp_path / "frozen.keras")
    for again in (models.load_model(tmp_path / "frozen.keras"), models.clone_model(net)):
        assert [v.shape for v in again.trainable_variables] == [v.shape for v in net.trainable_variables]
        assert len(again.trainable_variables) == 2


@pytest.mark.parametrize(("change", "message"), [
    (lambda c: c.pop("layers"), "'layers'"),
    (lambda c: c.update(output_layers=[["nothing", 0, 0]]), "'nothing'"),
    (lambda c: c["layers"].pop(2), "missing"),
    (lambda c: c.update(layers=5), "'layers'"),
    (lambda c: c.pop("input_layers"), "'input_layers'"),
    (lambda c: c["layers"][0].pop("config"), "'config'"),
    (lambda c: c["layers"][0].pop("inbound_nodes"), "'inbound_nodes'"),
    (lambda c: c["layers"][-1].update(inbound_nodes=[{"args": 3}]), "args"),
])  # fmt: skip
def test_damaged_config(change, message):
    config = json.loads(json.dumps(drawn().get_config()))
    change(config)
    with pytest.raises(SerializationError, match=message):
        Model.from_config(config)
