"""Recurrent layers: masks, states, cells of one's own, dropout."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import config, layers, ops, transforms
from keraslite.backend import registry
from keraslite.errors import ArgumentError
from keraslite.layers import RNN, LSTMCell
from keraslite.masking import get_mask
from keraslite.ops.symbolic import SymbolicTensor

X = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
RECURRENT = [layers.SimpleRNN, layers.LSTM, layers.GRU]
every_layer = pytest.mark.parametrize("cls", RECURRENT, ids=lambda cls: cls.__name__)


def host(x):
    return np.asarray(ops.convert_to_numpy(x))


@every_layer
def test_right_padding_is_a_shorter_sequence(cls, backend):
    layer = cls(3)
    mask = np.array([[1, 1, 1, 0, 0]] * 3, bool)
    np.testing.assert_allclose(host(layer(X, mask=mask)), host(layer(X[:, :3])), rtol=1e-5, atol=1e-6)


@every_layer
def test_left_padding_is_a_shorter_sequence(cls, backend):
    layer = cls(3)
    mask = np.array([[0, 0, 1, 1, 1]] * 3, bool)
    np.testing.assert_allclose(host(layer(X, mask=mask)), host(layer(X[:, 2:])), rtol=1e-5, atol=1e-6)


@every_layer
def test_a_row_with_every_step_masked_keeps_the_initial_state(cls, backend):
    layer = cls(3, return_state=True, return_sequences=True)
    mask = np.zeros((3, 5), bool)
    outputs, *states = layer(X, mask=mask)
    assert not host(outputs).any()
    assert not any(host(state).any() for state in states)
    start = [np.full((3, 3), 0.5, "float32") for _ in states]
    _, *kept = layer(X, mask=mask, initial_state=start)
    assert all((host(state) == 0.5).all() for state in kept)


@every_layer
def test_masked_steps_repeat_the_output_or_give_zero(cls, backend):
    mask = np.array([[1, 0, 1, 0, 0]] * 3, bool)
    layer = cls(3, return_sequences=True)
    outputs = host(layer(X, mask=mask))
    np.testing.assert_array_equal(outputs[:, 1], outputs[:, 0])
    np.testing.assert_array_equal(outputs[:, 4], outputs[:, 2])
    layer.zero_output_for_mask = True
    zeroed = host(layer(X, mask=mask))
    assert not zeroed[:, [1, 3, 4]].any()
    np.testing.assert_allclose(zeroed[:, [0, 2]], outputs[:, [0, 2]], rtol=1e-6)


@every_layer
def test_initial_state_continues_a_sequence(cls, backend):
    layer = cls(3, return_state=True)
    _, *states = layer(X[:, :2])
    later, *_ = layer(X[:, 2:], initial_state=states)
    whole, *_ = layer(X)
    np.testing.assert_allclose(host(later), host(whole), rtol=1e-5, atol=1e-6)


@every_layer
def test_stateful_continues_until_it_is_reset(cls, backend):
    layer = cls(3, stateful=True)
    first = host(layer(X))
    second = host(layer(X))
    assert not np.allclose(first, second)
    layer.reset_state()
    np.testing.assert_allclose(host(layer(X)), first, rtol=1e-6)
    assert all(not w.path.endswith("rnn_state") for w in layer.weights)


def test_stateful_in_jit(backend):
    layer = layers.GRU(3, stateful=True)
    layer.build((3, 5, 4))
    run = transforms.jit(lambda x: layer(x))
    first, second = host(run(ops.convert_to_tensor(X))), host(run(ops.convert_to_tensor(X)))
    layer.reset_state()
    np.testing.assert_allclose(host(layer(X)), first, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(host(layer(X)), second, rtol=1e-5, atol=1e-6)


@every_layer
def test_unrolled_and_compiled_are_equal(cls, backend):
    layer = cls(3, return_sequences=True)
    expected = host(layer(X))
    layer.unroll = True
    np.testing.assert_allclose(host(layer(X)), expected, rtol=1e-5, atol=1e-6)
    layer.unroll = False
    np.testing.assert_allclose(host(transforms.jit(lambda x: layer(x))(ops.convert_to_tensor(X))), expected, rtol=1e-5,
                               atol=1e-6)  # fmt: skip


@every_layer
def test_dropout_is_one_mask_for_all_steps(cls, backend):
    layer = cls(3, dropout=0.5, recurrent_dropout=0.5, seed=1, return_sequences=True)
    calm = host(layer(X))
    one = host(layer(X, training=True))
    assert not np.allclose(calm, one)
    np.testing.assert_allclose(host(layer(X)), calm, rtol=1e-6)
    state = layer.cell.seed_generator.state.numpy().copy()
    layer(X, training=True)
    assert not np.array_equal(state, layer.cell.seed_generator.state.numpy())


def test_dropout_in_jit_draws_anew(differentiating_backend):
    layer = layers.LSTM(3, dropout=0.5)
    layer.build((3, 5, 4))
    run = transforms.jit(lambda x: layer(x, training=True))
    x = ops.convert_to_tensor(X)
    assert not np.allclose(host(run(x)), host(run(x)))


class PlainCell:
    """A cell that is no layer: a running sum of the inputs' sums."""

    state_size = 1

    def call(self, inputs, states):
        total = states[0] + ops.sum(inputs, axis=-1, keepdims=True)
        return total, total


class LayerCell(layers.Layer):
    """A cell as a user's layer, with an output unlike its state."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units
        self.output_size = 2

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")

    def call(self, inputs, states):
        state = ops.matmul(inputs, self.kernel) + states[0]
        return state[:, :2], [state]


def test_cells_of_ones_own(backend):
    np.testing.assert_allclose(host(RNN(PlainCell())(X))[:, 0], X.sum((1, 2)), rtol=1e-5, atol=1e-5)
    layer = RNN(LayerCell(3), return_state=True)
    output, state = layer(X)
    expected = X.sum(1) @ layer.cell.kernel.numpy()
    np.testing.assert_allclose(host(state), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(host(output), expected[:, :2], rtol=1e-4, atol=1e-5)
    assert layer.weights[0].path == f"{layer.name}/{layer.cell.name}/kernel"


def test_stacked_cells_are_stacked_layers(backend):
    both = RNN([LSTMCell(3), layers.GRUCell(2)], return_sequences=True)
    outputs = host(both(X))
    first, second = layers.LSTM(3, return_sequences=True), layers.GRU(2, return_sequences=True)
    first.build((None, 5, 4))
    second.build((None, 5, 3))
    first.set_weights(both.get_weights()[:3])
    second.set_weights(both.get_weights()[3:])
    np.testing.assert_allclose(host(second(first(X))), outputs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode", ["concat", "sum", "ave", "mul", None])
def test_bidirectional_merges_both_directions(mode, backend):
    layer = layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode=mode)
    outputs = layer(X)
    forward = host(layer.forward_layer(X))
    backward = host(layer.backward_layer(X))[:, ::-1]
    expected = {
        "concat": lambda: np.concatenate([forward, backward], -1),
        "sum": lambda: forward + backward,
        "ave": lambda: (forward + backward) / 2,
        "mul": lambda: forward * backward,
    }
    if mode is None:
        np.testing.assert_allclose(host(outputs[0]), forward, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(host(outputs[1]), backward, rtol=1e-5, atol=1e-6)
    else:
        np.testing.assert_allclose(host(outputs), expected[mode](), rtol=1e-5, atol=1e-6)
    assert layer.forward_layer.name.startswith("forward_")
    assert layer.weights[0].path.split("/")[:2] == [layer.name, layer.forward_layer.name]


def test_bidirectional_takes_states_and_another_layer(backend):
    layer = layers.Bidirectional(
        layers.LSTM(3, return_state=True), backward_layer=layers.LSTM(3, return_state=True, go_backwards=True)
    )
    output, *states = layer(X)
    assert len(states) == 4
    again, *_ = layer(X, initial_state=[np.zeros((3, 3), "float32")] * 4)
    np.testing.assert_allclose(host(again), host(output), rtol=1e-6)
    with pytest.raises(ArgumentError, match="another `go_backwards`"):
        layers.Bidirectional(layers.LSTM(3), backward_layer=layers.LSTM(3))
    with pytest.raises(ArgumentError, match="equal return_state"):
        layers.Bidirectional(layers.LSTM(3), backward_layer=layers.LSTM(3, go_backwards=True, return_state=True))
    with pytest.raises(ArgumentError, match="needs a recurrent layer"):
        layers.Bidirectional(layers.Dense(3))


def test_masks_go_on_where_steps_stay(backend):
    ids = np.array([[1, 2, 0], [3, 0, 0]])
    embedded = layers.Embedding(5, 4, mask_zero=True)(ids)
    for layer in (layers.LSTM(3, return_sequences=True), layers.Bidirectional(layers.LSTM(3, return_sequences=True))):
        np.testing.assert_array_equal(host(get_mask(layer(embedded))), ids != 0)
    assert get_mask(layers.LSTM(3)(embedded)) is None
    np.testing.assert_array_equal(host(get_mask(layers.TimeDistributed(layers.Dense(2))(embedded))), ids != 0)


def test_gradients_reach_every_step(differentiating_backend):
    layer = layers.LSTM(3)
    mask = np.array([[1, 1, 0, 1, 1]] * 3, bool)
    layer(X)

    def loss(x):
        return ops.sum(ops.square(layer(x, mask=mask)))

    found = host(transforms.grad(loss)(ops.convert_to_tensor(X)))
    assert np.abs(found[:, [0, 1, 3, 4]]).min() > 0
    assert not found[:, 2].any()
    assert np.isfinite(found).all()


def test_time_distributed_passes_the_mask(backend):
    class Keeps(layers.Layer):
        def call(self, inputs, mask=None):
            return inputs if mask is None else inputs * ops.cast(ops.expand_dims(mask, -1), "float32")

    mask = np.random.default_rng(0).random((3, 5)) > 0.5
    outputs = host(layers.TimeDistributed(Keeps())(X, mask=mask))
    np.testing.assert_array_equal(outputs, X * mask[..., None])


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.LSTM(-1), "^`LSTM` needs `units` to be a positive integer. Received units=-1"),
        (lambda: layers.LSTMCell(-1), "^`LSTMCell` needs `units` to be a positive integer"),
        (lambda: layers.GRU(3, dropout=2), "^`GRU` needs `dropout` to be a number in"),
        (lambda: layers.SimpleRNN(3, recurrent_dropout=-1), "^`SimpleRNN` needs `recurrent_dropout` to be a number in"),
        (lambda: layers.Bidirectional(layers.LSTM(0)), "^`LSTM` needs `units`"),
        (lambda: layers.LSTM(3)(np.zeros((2, 3), "float32")), "3 axes"),
        (lambda: layers.LSTM(3)(X, initial_state=[np.zeros((3, 3), "float32")]), "needs 2 initial states"),
        (lambda: layers.LSTM(3, stateful=True)(SymbolicTensor((None, 5, 4), "float32")), "known batch size"),
        (lambda: layers.LSTM(3, unroll=True)(SymbolicTensor((3, None, 4), "float32")), "known number of steps"),
        (lambda: RNN(3), "needs a cell with"),
        (lambda: layers.StackedRNNCells([3]), "needs cells with"),
        (lambda: layers.TimeDistributed(3), "needs a layer"),
        (lambda: layers.TimeDistributed(layers.Dense(2))(np.zeros((2, 3), "float32")), "at least three axes"),
    ],
)
def test_bad_arguments(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()


def test_portable_dropout_is_equal_on_every_engine():

    def run(name):
        with registry.use_backend(name):
            layer = layers.LSTM(3, dropout=0.5, recurrent_dropout=0.5, seed=3, kernel_initializer="ones",
                                recurrent_initializer="ones")  # fmt: skip
            return host(layer(X, training=True))

    config.enable_portable_random()
    first, *others = [run(name) for name in registry.installed()]
    for other in others:
        np.testing.assert_allclose(other, first, rtol=1e-5, atol=1e-6)
