"""`Sequential`: deferred building, changing the stack, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import Input, Model, Sequential, layers, ops
from keraslite.errors import ArgumentError, NotBuiltError

X = np.ones((4, 3), "float32")


def test_deferred_build(backend):
    net = Sequential([layers.Dense(4, activation="relu"), layers.Dense(2)])
    assert not net.built
    assert net.weights == []
    assert tuple(net(X).shape) == (4, 2)
    assert net.built
    assert len(net.weights) == 4
    assert tuple(net(X[:2]).shape) == (2, 2)


def test_build_by_shape(backend):
    net = Sequential([layers.Dense(2)])
    net.build((None, 3))
    assert net.input_shape == (None, 3)
    assert net.layers[0].kernel.shape == (3, 2)


@pytest.mark.parametrize("options", [{"input_shape": (3,)}, {"input_dim": 3}, {"batch_input_shape": (None, 3)}])
def test_shape_on_the_first_layer(backend, options):
    net = Sequential()
    net.add(layers.Dense(4, **options))
    net.add(layers.Dense(2))
    assert net.built
    assert net.output_shape == (None, 2)
    assert [type(layer).__name__ for layer in net.layers] == ["Dense", "Dense"]


def test_add_and_pop(backend):
    net = Sequential([Input((3,)), layers.Dense(4)])
    net.add(layers.Dense(2))
    assert tuple(net(X).shape) == (4, 2)
    top = net.pop()
    assert top.units == 2
    assert tuple(net(X).shape) == (4, 4)
    assert len(net.weights) == 2
    net.add(layers.Dense(7))
    assert tuple(net.predict(X, verbose=0).shape) == (4, 7)


def test_pop_to_the_bottom():
    net = Sequential([Input((3,)), layers.Dense(4)])
    net.pop()
    assert net.layers == []
    assert not net.built
    net.add(layers.Dense(2))
    assert net.output_shape == (None, 2)
    with pytest.raises(ArgumentError, match="no layer to `pop`"):
        Sequential().pop()


def test_add_after_a_deferred_build(backend):
    net = Sequential([layers.Dense(4)])
    net(X)
    net.add(layers.Dense(2))
    assert tuple(net(X).shape) == (4, 2)
    assert len(net.weights) == 4


def test_add_without_rebuild(backend):
    net = Sequential([Input((3,))])
    net.add(layers.Dense(2), rebuild=False)
    with pytest.raises(ArgumentError, match=r"Received shape \(4, 2\)"):
        net(X[:, :2])
    assert tuple(net(X).shape) == (4, 2)


def test_changes_without_rebuild_count_in_the_next_call(backend):
    net = Sequential([Input((3,)), layers.Dense(2)])
    assert tuple(net(X).shape) == (4, 2)
    net.add(layers.Dense(5), rebuild=False)
    assert not net.built
    assert tuple(net(X).shape) == (4, 5)
    net.pop(rebuild=False)
    assert not net.built
    assert tuple(net(X).shape) == (4, 2)
    assert net.output_shape == (None, 2)


@pytest.mark.parametrize(("stack", "message"), [
    ([layers.Dense(2, name="a"), layers.Dense(2, name="a")], "different names.*'a' twice"),
    (["relu"], "needs a layer. Received str"),
    ([layers.Dense(2), layers.InputLayer(shape=(3,))], "`Input` first"),
])  # fmt: skip
def test_refused(stack, message):
    with pytest.raises(ArgumentError, match=message):
        Sequential(stack)


def test_layers_with_several_outputs_are_refused():
    with pytest.raises(ArgumentError, match="one output"):
        Sequential([Input((5, 3)), layers.LSTM(2, return_state=True)])


class Nothing(layers.Layer):
    def call(self, x):
        pass


def test_a_layer_that_gives_nothing_is_named(backend):
    for net in (Sequential([layers.Dense(2), Nothing(name="empty")]), Sequential([Nothing(name="empty")])):
        with pytest.raises(ArgumentError, match="Received None from Nothing layer 'empty'. Does its `call` return"):
            net(X)


def test_as_a_layer(backend):
    x = Input((3,))
    head = Sequential([layers.Dense(4), layers.Dense(2)])
    net = Model(x, head(x))
    assert head.built
    assert tuple(net(X).shape) == (4, 2)
    assert len(net.weights) == 4


def test_holding_a_model(backend):
    x = Input((3,))
    base = Model(x, layers.Dense(4)(x))
    net = Sequential([base, layers.Dense(2)])
    assert tuple(net(X).shape) == (4, 2)
    assert len(net.weights) == 4


def test_function_becomes_a_layer(backend):
    net = Sequential([Input((3,)), ops.square])
    np.testing.assert_allclose(ops.convert_to_numpy(net(2 * X)), 4 * X)


def test_masks_go_through(backend):
    net = Sequential([layers.Embedding(5, 3, mask_zero=True), layers.LSTM(2)])
    padded = net(np.array([[1, 2, 0, 0]]))
    plain = net(np.array([[1, 2]]))
    np.testing.assert_allclose(ops.convert_to_numpy(padded), ops.convert_to_numpy(plain), atol=1e-6)


@pytest.mark.parametrize("built", [False, True])
def test_config_round_trip(backend, built):
    net = Sequential([layers.Dense(4, activation="relu", name="a"), layers.Dense(2)], name="net")
    if built:
        net.build((None, 3))
    again = Sequential.from_config(net.get_config())
    assert again.get_config() == net.get_config()
    assert again.built == built
    assert tuple(again(X).shape) == (4, 2)


def test_counting_an_unbuilt_model():
    net = Sequential([layers.Dense(2)], name="net")
    with pytest.raises(NotBuiltError, match=r"net.*build"):
        net.count_params()
    net.build((None, 3))
    assert net.count_params() == 8


def test_wrong_last_dimension(backend):
    net = Sequential([Input((3,), name="x"), layers.Dense(2)], name="net")
    with pytest.raises(ValueError, match=r"'net'.*shape \(None, 3\).*\(4, 5\)"):
        net(np.ones((4, 5), "float32"))
