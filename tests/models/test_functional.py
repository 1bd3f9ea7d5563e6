"""Functional models and subclasses."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from keraslite import Input, Model, Sequential, layers, ops
from keraslite.errors import ArgumentError, UnknownNameError

X = np.linspace(-1, 1, 12).reshape(4, 3).astype("float32")


class Doubler(Model):
    def __init__(self, units=2):
        super().__init__()
        self.units = units
        self.dense = layers.Dense(units)

    def call(self, x):
        return self.dense(x) * 2.0


class Drawn(Model):
    def __init__(self, units=2):
        x = Input((3,))
        super().__init__(inputs=x, outputs=layers.Dense(units)(x))
        self.units = units


def test_several_inputs_and_outputs(backend):
    a, b = Input((3,), name="a"), Input((3,), name="b")
    net = Model([a, b], [a + b, layers.Dense(2)(a)])
    total, dense = net([X, 2 * X])
    np.testing.assert_allclose(ops.convert_to_numpy(total), 3 * X, rtol=1e-6)
    assert tuple(dense.shape) == (4, 2)
    assert net.output_shape == [(None, 3), (None, 2)]
    assert net.input_names == ["a", "b"]


def test_shared_layer_and_residual(backend):
    x = Input((3,))
    dense = layers.Dense(3)
    net = Model(x, dense(dense(x)) + x)
    kernel = ops.convert_to_numpy(dense.kernel.value)
    np.testing.assert_allclose(ops.convert_to_numpy(net(X)), X @ kernel @ kernel + X, atol=1e-5)
    assert len(net.weights) == 2


def test_nested_models(backend):
    inner_in = Input((3,))
    inner = Model(inner_in, layers.Dense(3)(inner_in))
    x = Input((3,))
    net = Model(x, Sequential([layers.Dense(2)])(inner(inner(x))))
    assert len(net.weights) == 4
    assert tuple(net(X).shape) == (4, 2)


def test_dict_inputs_by_name(backend):
    net = _dict_model()
    np.testing.assert_allclose(ops.convert_to_numpy(net({"right": X, "left": 3 * X})), 2 * X, rtol=1e-5, atol=1e-6)


def _dict_model():
    left, right = Input((3,), name="left"), Input((3,), name="right")
    return Model({"left": left, "right": right}, left - right)


@pytest.mark.parametrize(("given", "message"), [
    ({"left": X}, "missing \\['right'\\]"),
    ({"left": X, "right": X, "more": X}, "unknown \\['more'\\]"),
    ({"left": X, "rigth": X}, r"unknown \['rigth'\]. Did you mean 'right'\?"),
])  # fmt: skip
def test_dict_inputs_that_do_not_fit(backend, given, message):
    with pytest.raises(ArgumentError, match=message):
        _dict_model()(given)


def test_dict_by_input_names_of_a_list_model(backend):
    a, b = Input((3,), name="a"), Input((3,), name="b")
    net = Model([a, b], a - b)
    np.testing.assert_allclose(ops.convert_to_numpy(net({"b": X, "a": 2 * X})), X, rtol=1e-5, atol=1e-6)


def test_number_and_shape_of_inputs(backend):
    a, b = Input((3,), name="a"), Input((3,), name="b")
    net = Model([a, b], a - b, name="net")
    with pytest.raises(ArgumentError, match="needs 2 inputs: a, b"):
        net([X])
    with pytest.raises(ArgumentError, match="needs 1 input: a. Received 2"):
        Model(a, a + 1)([X, X])
    with pytest.raises(ArgumentError, match="its input 'b' of shape \\(None, 3\\)"):
        net([X, X[:, :2]])


def test_inputs_from_the_middle(backend):
    x = Input((3,))
    h = layers.Dense(4)(x)
    out = layers.Dense(2)(h)
    whole, tail = Model(x, out), Model(h, out)
    assert tail.input_shape == (None, 4)
    assert len(tail.weights) == 2
    expected = ops.convert_to_numpy(whole(X))
    np.testing.assert_allclose(ops.convert_to_numpy(tail(Model(x, h)(X))), expected, atol=1e-6)


def test_disconnected_graph():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    with pytest.raises(ArgumentError, match="also depend on 'b'.*Add it to `inputs`"):
        Model(a, layers.Dense(2)(layers.Add()([a, b])))


def test_inputs_and_outputs_must_be_symbolic():
    x = Input((3,))
    with pytest.raises(ArgumentError, match="`inputs` made by `keraslite.Input`"):
        Model(X, x)
    with pytest.raises(ArgumentError, match="symbolic `outputs`"):
        Model(x, X)
    with pytest.raises(ArgumentError, match="every input once"):
        Model([x, x], x)
    with pytest.raises(ArgumentError, match="Received NoneType None. Does the `call` of the last layer return nothing"):
        Model(x, None)


def test_unused_input(backend):
    a, b = Input((3,), name="a"), Input((3,), name="b")
    net = Model([a, b], layers.Dense(2)(a))
    assert tuple(net([X, X]).shape) == (4, 2)
    assert len(Model.from_config(net.get_config()).inputs) == 2


def test_subclass_called_on_an_input(backend):
    x = Input((3,))
    inner = Doubler()
    net = Model(x, layers.Dense(1)(inner(x)))
    assert net.layers[1] is inner
    assert len(net.weights) == 4
    assert tuple(net(X).shape) == (4, 1)


def test_subclass_that_draws_itself(backend):
    net = Drawn(5)
    assert net.output_shape == (None, 5)
    assert net.get_config()["units"] == 5
    assert tuple(Drawn.from_config(net.get_config())(X).shape) == (4, 5)


def test_subclass_without_call():
    with pytest.raises(NotImplementedError, match="call"):
        Model()(X)


def test_subclass_of_a_drawn_model(backend):
    class Own(Model):
        def extra(self):
            return "extra"

    x = Input((3,))
    net = Own(x, layers.Dense(2)(x), name="own")
    again = Own.from_config(net.get_config())
    assert again.extra() == "extra"
    assert again.get_config() == net.get_config()
    assert tuple(again(X).shape) == (4, 2)


def test_get_layer():
    net = Sequential([Input((3,)), layers.Dense(2, name="first"), layers.Dense(1, name="second")])
    assert net.get_layer("second") is net.layers[1]
    assert net.get_layer(index=0).name == "first"
    with pytest.raises(UnknownNameError, match="'secnd'.*Did you mean 'second'"):
        net.get_layer("secnd")
    with pytest.raises(ValueError, match="2 layers"):
        net.get_layer(index=2)
    with pytest.raises(ValueError, match="`name` or `index`"):
        net.get_layer()


def test_freezing(differentiating_backend):
    net = Sequential([Input((3,)), layers.Dense(4), layers.Dense(1)])
    net.layers[0].trainable = False
    net.compile("sgd", "mse")
    before = [ops.convert_to_numpy(w.value) for w in net.weights]
    net.fit(X, X[:, :1] + 1, verbose=0)
    changed = [not np.array_equal(a, ops.convert_to_numpy(w.value)) for a, w in zip(before, net.weights, strict=True)]
    assert changed == [False, False, True, True]
    net.layers[0].trainable = True
    net.compile("sgd", "mse")
    assert len(net.trainable_weights) == 4
    net.fit(X, X[:, :1] + 1, verbose=0)
    assert not np.array_equal(before[0], ops.convert_to_numpy(net.weights[0].value))
    net.trainable = False
    assert net.trainable_weights == []
    assert all(not layer.trainable for layer in net.layers)


def test_losses_of_layers_in_a_graph(backend):
    x = Input((3,))
    net = Model(x, layers.Dense(2, kernel_regularizer="l2")(layers.Activation("relu", activity_regularizer="l2")(x)))
    net(X)
    assert len(net.losses) == 2


def test_sizes_unknown_when_drawn(backend):
    x = Input((None, 3))
    batch, length, width = ops.shape(x)
    y = ops.reshape(layers.Dense(2)(ops.reshape(x, (batch * length, width))), (batch, length, 2))
    net = Model(x, y)
    assert net.output_shape == (None, None, 2)
    assert tuple(net(np.ones((2, 5, 3), "float32")).shape) == (2, 5, 2)
    assert tuple(net(np.ones((3, 4, 3), "float32")).shape) == (3, 4, 2)


def test_functions_as_nodes(backend):
    x = Input((3,))
    net = Model(x, layers.Dense(2)(ops.vectorized_map(lambda row: row * 2.0, x)))
    assert [type(layer).__name__ for layer in net.layers] == ["InputLayer", "Dense"]
    assert tuple(net(X).shape) == (4, 2)
    with pytest.raises(ValueError, match="inside a layer's `call`"):
        net.get_config()


def test_what_a_model_does_not_need_is_garbage():
    x = Input((3,))
    layer = layers.Dense(2)
    layer(x)
    gc.collect()
    assert layer._inbound_nodes == []
