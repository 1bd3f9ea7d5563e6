"""Recurrent layers: masks, states, users' own cells, dropout."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import config, layers, ops, transforms, tree
from keraslite.backend import registry
from keraslite.errors import ArgumentError
from keraslite.layers import RNN, Input, LSTMCell
from keraslite.masking import get_mask
from keraslite.models import Sequential
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.variable import Variable

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
    layer.reset_state()  # nothing to reset yet
    first = host(layer(X))
    second = host(layer(X))
    assert not np.allclose(first, second)
    layer.reset_state()
    np.testing.assert_allclose(host(layer(X)), first, rtol=1e-6)
    assert all(not w.path.endswith("rnn_state") for w in layer.weights)


def test_layers_without_kept_states_have_nothing_to_reset(backend):
    for layer in (layers.GRU(3), layers.Bidirectional(layers.LSTM(3))):
        before = host(layer(X))
        layer.reset_state()
        np.testing.assert_array_equal(host(layer(X)), before)


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


FUSED = [layers.LSTM, layers.GRU]
every_fused = pytest.mark.parametrize("cls", FUSED, ids=lambda cls: cls.__name__)


def by_steps(layer, monkeypatch, run):
    """`run` with the layer's cell going step by step."""
    with monkeypatch.context() as patch:
        patch.setattr(type(layer.cell), "runs_whole", lambda cell: False)
        return run()


def every_output(layer, *args, **kwargs):
    return [host(x) for x in tree.leaves(layer(*args, **kwargs))]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"return_sequences": True, "return_state": True},
        {"return_sequences": True, "go_backwards": True},
        {"unroll": True},
        {"use_bias": False, "return_sequences": True},
        {"dropout": 0.5, "seed": 1},
    ],
    ids=lambda options: "-".join(options) or "plain",
)
@every_fused
def test_all_steps_at_once_are_the_steps(cls, options, backend, monkeypatch):
    layer = cls(3, bias_initializer="uniform", **options)
    layer.build(X.shape)
    states = [X[:, i, :3] for i in range(layer.cell.state_count)]
    seed = layer.cell.seed_generator.state.numpy()

    def run():
        layer.cell.seed_generator.state.assign(seed)
        starts = [every_output(layer, X, training=True, **given) for given in ({}, {"initial_state": states})]
        return [x for outputs in starts for x in outputs]

    whole = run()
    for one, other in zip(whole, by_steps(layer, monkeypatch, run), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@every_fused
def test_all_steps_at_once_have_the_gradients_of_the_steps(cls, differentiating_backend, monkeypatch):
    layer = cls(3, bias_initializer="uniform", return_sequences=True)
    layer.build(X.shape)
    weights = ops.convert_to_tensor(np.random.default_rng(1).normal(size=(3, 5, 3)).astype("float32"))

    def loss(x):
        return ops.sum(layer(x) * weights)

    def found():
        x = Variable(X)
        _, gradients = transforms.value_and_grad(lambda: loss(x), variables=[*layer.trainable_variables, x])()
        return [*map(host, gradients), host(transforms.grad(loss)(ops.convert_to_tensor(X)))]

    whole = found()
    for one, other in zip(whole, by_steps(layer, monkeypatch, found), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@every_fused
def test_all_steps_at_once_have_second_derivatives(cls, differentiating_backend, monkeypatch):
    layer = cls(2)
    layer.build(X.shape)

    def loss(x):
        return ops.sum(ops.square(transforms.grad(lambda x: ops.sum(layer(x)))(x)))

    def found():
        return host(transforms.grad(loss)(ops.convert_to_tensor(X)))

    whole = found()
    assert np.abs(whole).max() > 0
    np.testing.assert_allclose(whole, by_steps(layer, monkeypatch, found), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
@every_fused
def test_all_steps_at_once_in_other_dtypes(cls, dtype, backend, monkeypatch):
    with registry.current().double_precision():
        layer = cls(3, dtype=dtype, return_sequences=True)
        layer.build(X.shape)
        outputs = layer(X)
        assert ops.dtype(outputs) == layer.compute_dtype
        other = by_steps(layer, monkeypatch, lambda: host(layer(X)).astype("float64"))
    tolerance = {"float64": 1e-10, "float16": 5e-3, "bfloat16": 5e-2}[layer.compute_dtype]
    np.testing.assert_allclose(host(outputs).astype("float64"), other, rtol=tolerance, atol=tolerance)


@every_fused
def test_which_cells_run_all_steps_at_once(cls, backend, monkeypatch):
    taken = []
    for cell in (layers.LSTMCell, layers.GRUCell):
        monkeypatch.setattr(cell, "whole", lambda cell, x, *rest, whole=cell.whole: taken.append(1) or
                            whole(cell, x, *rest))  # fmt: skip

    class Own(type(cls(1).cell)):
        def step(self, projected, states, masks):
            return super().step(projected, states, masks)

    def takes(layer, **kwargs):
        taken.clear()
        layer(X, **kwargs)
        return bool(taken)

    assert takes(cls(3))
    assert takes(cls(3, dropout=0.5), training=True)
    assert takes(cls(3, recurrent_dropout=0.5))
    assert takes(layers.Bidirectional(cls(3)))
    assert takes(cls(3, stateful=True))
    assert takes(RNN(type(cls(1).cell)(3)))
    assert takes(cls(3), mask=np.ones((3, 5), bool))
    assert not takes(cls(3, recurrent_dropout=0.5), training=True)
    assert not takes(cls(3, activation="relu"))
    assert not takes(cls(3, recurrent_activation="hard_sigmoid"))
    assert not takes(RNN(Own(3)))
    assert not takes(layers.GRU(3, reset_after=False))


@every_fused
def test_all_steps_at_once_with_unknown_sizes(cls, backend):
    layer = cls(3, return_sequences=True, return_state=True)
    outputs, *states = layer(SymbolicTensor((None, None, 4), "float32"))
    assert tuple(outputs.shape) == (None, None, 3)
    assert [tuple(state.shape) for state in states] == [(None, 3)] * layer.cell.state_count


@every_fused
def test_all_steps_at_once_mapped(cls, differentiating_backend):
    layer = cls(3)
    layer.build(X.shape)
    many = np.stack([X, X * 2])
    mapped = host(transforms.vmap(lambda x: layer(x))(ops.convert_to_tensor(many)))
    np.testing.assert_allclose(mapped, np.stack([host(layer(x)) for x in many]), rtol=1e-5, atol=1e-6)


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
    backward = layers.LSTM(3, return_state=True, go_backwards=True, name="b")
    layer = layers.Bidirectional(layers.LSTM(3, return_state=True, name="a"), backward_layer=backward)
    assert layer.backward_layer is backward  # under its own name, which stands in the paths of its weights
    output, *states = layer(X)
    assert len(states) == 4
    assert [w.path.split("/")[1] for w in layer.weights[::3]] == ["forward_a", "b"]
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


IDS = np.array([[[1, 2, 0], [3, 0, 0]], [[0, 0, 0], [1, 0, 0]]])
INNER = {
    "LSTM": lambda: layers.LSTM(3),
    "Bidirectional": lambda: layers.Bidirectional(layers.GRU(3)),
    "Sequential": lambda: Sequential([Input((None, 4)), layers.Dense(4), layers.LSTM(3)]),
    "unbuilt": lambda: Sequential([layers.Dense(4), layers.Dense(3)]),
    "sequences": lambda: layers.LSTM(3, return_sequences=True),
    "Dense": lambda: layers.Dense(2),
}


@pytest.mark.parametrize("inner", INNER)
def test_time_distributed_has_the_masks_of_its_layer(backend, inner):
    words = layers.TimeDistributed(layers.Embedding(5, 4, mask_zero=True))
    embedded = words(IDS)
    np.testing.assert_array_equal(host(get_mask(embedded)), IDS != 0)
    layer = layers.TimeDistributed(INNER[inner]())
    outputs = layer(embedded)
    keeps = len(outputs.shape) == 4
    np.testing.assert_array_equal(host(get_mask(outputs)), IDS != 0 if keeps else (IDS != 0).any(-1))
    if not keeps:  # padding changes nothing
        np.testing.assert_allclose(host(layer(words(IDS[:1, :1, :2]))), host(outputs)[:1, :1], rtol=1e-5, atol=1e-6)
    symbolic = layer(words(SymbolicTensor((None, None, 3), "int32")))
    assert symbolic.mask.shape == ((None, None, 3) if keeps else (None, None))


class Starts(layers.Layer):
    """A cell with one state of floats and one of integers."""

    state_size = (2, 1)

    def __init__(self):
        super().__init__()
        self.__dict__["asked"] = []

    def get_initial_state(self, batch_size=None):
        self.asked.append(batch_size)
        return [ops.zeros((batch_size, 2)), ops.zeros((batch_size, 1), dtype="int32")]

    def call(self, inputs, states):
        return states[0] + inputs[:, :2], [states[0] + inputs[:, :2], states[1] + 1]


def test_a_cell_is_asked_for_its_states_only_without_given_ones(backend):
    cell = Starts()
    layer = RNN(cell, return_state=True)
    given = [np.ones((3, 2), "float32"), np.full((3, 1), 7, "int32")]
    output, total, count = layer(X, initial_state=given)
    assert cell.asked == []
    np.testing.assert_allclose(host(output), 1 + X[..., :2].sum(1), rtol=1e-5)
    np.testing.assert_array_equal(host(total), host(output))
    np.testing.assert_array_equal(host(count), np.full((3, 1), 12))
    layer(X)
    assert cell.asked == [3]


def test_a_tuple_of_sizes_is_several_states(backend):
    class Two:
        state_size = (2, 4)

        def call(self, inputs, states):
            return states[0], [states[0] + inputs[:, :2], states[1] + inputs]

    _, first, second = RNN(Two(), return_state=True)(X)
    np.testing.assert_allclose(host(first), X[..., :2].sum(1), rtol=1e-5)
    np.testing.assert_allclose(host(second), X.sum(1), rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        *[
            (
                lambda mask=mask: layers.TimeDistributed(layers.Dense(2))(X, mask=np.ones(mask, bool)),
                r"needs a mask of its input's batch and steps.*Received a mask of shape .* of shape \(3, 5, 4\)",
            )
            for mask in [(3, 4), (2, 5), (3,), (3, 1), (15,)]
        ],
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


@pytest.mark.parametrize("name", ["LSTM", "GRU", "SimpleRNN", "LSTMCell", "GRUCell", "SimpleRNNCell"])
def test_configs_of_old_versions_say_how_to_multiply(name):
    cls = getattr(layers, name)
    layer = cls.from_config({**cls(3).get_config(), "implementation": 2})
    assert layer.units == 3
    assert "implementation" not in layer.get_config()


def test_use_cudnn_can_be_read():
    assert (layers.LSTM(3).use_cudnn, layers.GRU(3, use_cudnn=False).use_cudnn) == ("auto", False)
    assert "use_cudnn" not in layers.GRU(3, use_cudnn=False).get_config()
    assert not hasattr(layers.SimpleRNN(3), "use_cudnn")


@pytest.mark.parametrize("cls", [layers.SimpleRNN, layers.GRU, layers.LSTM])
def test_a_bias_without_initializer_starts_as_every_weight_without_one(cls, backend):
    """Glorot's uniform values, as `add_weight` takes for None."""
    layer = cls(3, bias_initializer=None, **({"unit_forget_bias": False} if cls is layers.LSTM else {}))
    layer.build((None, 4, 2))
    bias = layer.weights[2].numpy()
    assert np.all(np.abs(bias) > 0)
    assert len(np.unique(bias)) == bias.size
