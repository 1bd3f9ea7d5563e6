"""Cells of users that change ours, the dropout masks that they use, and layers made with `custom_objects`."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import Input, Model, layers, ops, saving, transforms
from keraslite.errors import UnsafeModelError
from keraslite.layers.recurrent import kept_masks

X = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")


def host(x):
    return np.asarray(ops.convert_to_numpy(x))


class Doubled(layers.SimpleRNNCell):
    """Twice the output, with the state as it is."""

    def call(self, sequence, states, training=False):
        output, states = super().call(sequence, states, training=training)
        return output * 2, states


class PeepingCell(layers.LSTMCell):
    """An LSTM with a call of its own, which drops as ours does."""

    def call(self, inputs, states, training=False):
        h, c = states
        if training:
            masks, recurrent = self.get_dropout_mask(inputs), self.get_recurrent_dropout_mask(h)
            inputs = inputs if masks is None else inputs * masks[0]
            h = h if recurrent is None else h * recurrent[0]
        z = ops.matmul(inputs, self.kernel) + ops.matmul(h, self.recurrent_kernel) + self.bias
        i, f, g, o = ops.split(z, 4, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return h, [h, c]


def copied(layer, other):
    other.build(X.shape)
    other.set_weights(layer.get_weights())
    return other


def test_a_call_of_a_users_cell_is_used(backend):
    own = layers.RNN(Doubled(3), return_sequences=True)
    outputs = own(X)
    usual = copied(own, layers.SimpleRNN(3, return_sequences=True))
    np.testing.assert_allclose(host(outputs), 2 * host(usual(X)), rtol=1e-5, atol=1e-6)
    mask = np.array([[1, 1, 0, 1, 0]] * 3, bool)
    np.testing.assert_allclose(host(own(X, mask=mask)), 2 * host(usual(X, mask=mask)), rtol=1e-5, atol=1e-6)


def test_a_call_of_a_users_cell_is_used_in_a_stack(backend):
    own = layers.RNN([layers.SimpleRNNCell(3), Doubled(2)])
    outputs = own(X)
    usual = copied(own, layers.RNN([layers.SimpleRNNCell(3), layers.SimpleRNNCell(2)]))
    np.testing.assert_allclose(host(outputs), 2 * host(usual(X)), rtol=1e-5, atol=1e-6)


def test_a_users_lstm_equals_ours(backend):
    own = layers.RNN(PeepingCell(3), return_sequences=True, return_state=True)
    own.build(X.shape)
    usual = copied(own, layers.LSTM(3, return_sequences=True, return_state=True))
    for a, b in zip(own(X), usual(X), strict=True):
        np.testing.assert_allclose(host(a), host(b), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("stacked", [False, True])
def test_one_mask_serves_all_steps_of_a_users_cell(backend, stacked):
    seen = []

    class Seen(layers.LSTMCell):
        def call(self, inputs, states, training=False):
            if training:
                seen.append(
                    (host(self.get_dropout_mask(inputs)[0]), host(self.get_recurrent_dropout_mask(states[0])[0]))
                )
            return super().call(inputs, states, training=training)

    cell = Seen(6, dropout=0.5, recurrent_dropout=0.5, seed=1)
    layer = layers.RNN(layers.StackedRNNCells([cell]) if stacked else cell)
    layer.build(X.shape)
    layer(X)
    assert not seen
    layer(X, training=True)
    first, second = seen[:5], seen[5:]
    assert len(first) == 5
    assert not second
    for mask, recurrent in first:
        np.testing.assert_array_equal(mask, first[0][0])
        np.testing.assert_array_equal(recurrent, first[0][1])
        assert set(np.unique(mask)) == {0, 2}
    layer(X, training=True)
    assert not np.array_equal(seen[5][0], first[0][0])


def test_masks_of_a_users_cell_are_drawn_anew_in_compiled_calls(differentiating_backend):
    layer = layers.RNN(PeepingCell(3, dropout=0.5, recurrent_dropout=0.5))
    layer.build(X.shape)
    run = transforms.jit(lambda x: layer(x, training=True))
    x = ops.convert_to_tensor(X)
    first, second = host(run(x)), host(run(x))
    assert not np.allclose(first, second)
    assert not kept_masks._table.get(layer.cell)
    assert np.isfinite(host(layer(X, training=True))).all()


CELLS = [layers.SimpleRNNCell, layers.GRUCell, layers.LSTMCell]


@pytest.mark.parametrize("cls", CELLS, ids=lambda cls: cls.__name__)
def test_masks_stay_until_they_are_reset(cls, backend):
    cell = cls(50, dropout=0.5, recurrent_dropout=0.25, seed=3)
    inputs, state = np.ones((2, 40), "float32"), np.ones((2, 50), "float32")
    masks, recurrent = cell.get_dropout_mask(inputs), cell.get_recurrent_dropout_mask(state)
    if cls is layers.LSTMCell:
        assert len(masks) == len(recurrent) == 4
        assert not np.array_equal(host(masks[0]), host(masks[1]))
        assert cell.get_dropout_mask(inputs)[2] is masks[2]
        masks, recurrent = masks[0], recurrent[0]
    assert set(np.unique(host(masks))) == {0, 2}
    np.testing.assert_allclose(np.unique(host(recurrent)), [0, 4 / 3], rtol=1e-6)
    assert host(masks).shape == (2, 40)

    def drawn():
        found = cell.get_dropout_mask(inputs)
        return host(found[0] if isinstance(found, list) else found)

    np.testing.assert_array_equal(drawn(), host(masks))
    cell.reset_dropout_mask()
    assert not np.array_equal(drawn(), host(masks))
    kept = cell.get_recurrent_dropout_mask(state)
    np.testing.assert_array_equal(host(kept[0] if isinstance(kept, list) else kept), host(recurrent))
    cell.reset_recurrent_dropout_mask()
    assert host(cell.get_dropout_mask(np.ones((3, 40), "float32"))).shape[-2:] == (3, 40)  # another batch
    assert cls(3).get_dropout_mask(inputs) is None
    assert cls(3).get_recurrent_dropout_mask(inputs) is None


def test_a_cell_called_by_itself_keeps_its_masks(backend):
    cell = layers.GRUCell(30, dropout=0.5, seed=1)
    inputs, state = np.ones((2, 40), "float32"), np.zeros((2, 30), "float32")
    first = host(cell(inputs, [state], training=True)[0])
    np.testing.assert_array_equal(host(cell(inputs, [state], training=True)[0]), first)
    cell.reset_dropout_mask()
    assert not np.array_equal(host(cell(inputs, [state], training=True)[0]), first)
    outer = Input((40,))
    model = Model(outer, cell(outer, [ops.zeros_like(outer[:, :30])], training=True)[0])
    assert host(model(inputs)).shape == (2, 30)


class Scale(layers.Layer):
    def call(self, inputs):
        return inputs * 2


def _half(x):
    return x / 2


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        (lambda: layers.TimeDistributed(Scale()), {"Scale": Scale}),
        (lambda: layers.Wrapper(Scale()), {"Scale": Scale}),
        (lambda: layers.RNN(Doubled(3)), {"Doubled": Doubled}),
        (lambda: layers.StackedRNNCells([Doubled(3)]), {"Doubled": Doubled}),
        (lambda: layers.Bidirectional(layers.RNN(Doubled(3))), {"Doubled": Doubled}),
    ],
)
def test_names_of_users_are_given_to_from_config(layer, names):
    with saving.custom_object_scope(names):  # Bidirectional copies the layer
        made = layer()
        config = made.get_config()
    again = type(made).from_config(config, custom_objects=names)
    assert again.get_config() == config


def test_a_config_with_code_is_refused_in_any_mode():
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
    for safe in (True, False, None):
        with pytest.raises(UnsafeModelError):
            layers.Lambda.from_config({"name": "l", "function": code, "arguments": {}}, safe_mode=safe)


# ---- ConvLSTM --------------------------------------------------------------------------------------------------------

FRAMES = np.random.default_rng(1).normal(size=(2, 4, 5, 6, 2)).astype("float32")


def test_a_window_of_one_is_an_lstm_at_each_place(backend):
    conv = layers.ConvLSTM2D(3, 1, return_sequences=True)
    outputs = host(conv(FRAMES))
    lstm = layers.LSTM(3, return_sequences=True)
    rows = FRAMES.transpose(0, 2, 3, 1, 4).reshape(60, 4, 2)
    lstm.build(rows.shape)
    kernel, recurrent, bias = conv.get_weights()
    lstm.set_weights([kernel[0, 0], recurrent[0, 0], bias])
    expected = host(lstm(rows)).reshape(2, 5, 6, 4, 3).transpose(0, 3, 1, 2, 4)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)


def test_many_steps_are_looped_and_few_may_be_written_out(differentiating_backend):
    frames = np.random.default_rng(3).normal(size=(1, 40, 4, 2)).astype("float32")
    layer = layers.ConvLSTM1D(2, 3, padding="same", return_sequences=True)
    run = transforms.jit(lambda x: layer(x))
    whole = host(run(ops.convert_to_tensor(frames)))
    assert layer._unrolled(frames) < 40
    np.testing.assert_allclose(host(run(ops.convert_to_tensor(frames[:, :3]))), whole[:, :3], rtol=1e-4, atol=1e-5)
    layer.unroll = True
    assert layer._unrolled(frames) == 40
    np.testing.assert_allclose(host(run(ops.convert_to_tensor(frames))), whole, rtol=1e-4, atol=1e-5)


def test_sizes_may_differ_from_call_to_call(backend):
    layer = layers.ConvLSTM2D(3, 3, padding="same", strides=2, return_state=True)
    inputs = Input((None, None, None, 2))
    outputs = layer(inputs)
    assert [x.shape for x in outputs] == [(None, None, None, 3)] * 3
    model = Model(inputs, outputs[0])
    assert host(model(FRAMES)).shape == (2, 3, 3, 3)
    assert host(model(FRAMES[:, :2, :3])).shape == (2, 2, 3, 3)


def test_states_of_a_stateful_layer_continue(backend):
    layer = layers.ConvLSTM1D(3, 2, stateful=True)
    first = host(layer(FRAMES[:, :, 0]))
    assert not np.allclose(host(layer(FRAMES[:, :, 0])), first)
    layer.reset_state()
    np.testing.assert_allclose(host(layer(FRAMES[:, :, 0])), first, rtol=1e-5, atol=1e-6)
    whole = layers.ConvLSTM1D(3, 2, return_state=True)
    whole.build((2, 4, 6, 2))
    whole.set_weights(layer.get_weights())
    _, *states = whole(FRAMES[:, :2, 0])
    later, *_ = whole(FRAMES[:, 2:, 0], initial_state=states)
    np.testing.assert_allclose(host(later), first, rtol=1e-5, atol=1e-6)


def test_dropout_of_a_convolutional_layer_is_one_mask_for_all_steps(backend):
    layer = layers.ConvLSTM2D(3, 1, dropout=0.5, seed=1, return_sequences=True)
    same = np.ones_like(FRAMES)
    calm, trained = host(layer(same)), host(layer(same, training=True))
    assert not np.allclose(calm, trained)
    masks = layer.cell.masks_for(ops.convert_to_tensor(same), layer.cell.states_for(same)[0], training=True)
    assert tuple(masks[0].shape) == (2, 5, 6, 2)
    assert masks[1] is None
    stacked = layers.RNN([layers.recurrent.conv_lstm_cell.ConvLSTMCell(2, 3, 3, padding="same", dropout=0.5)])
    assert host(stacked(FRAMES, training=True)).shape == (2, 5, 6, 3)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.ConvLSTM2D(3, 3, strides=2, dilation_rate=2), "`strides` or `dilation_rate` to be 1"),
        (lambda: layers.ConvLSTM2D(3, 3, padding="causal"), "`padding` to be one of 'valid', 'same'"),
        (lambda: layers.ConvLSTM2D(3, (3, 3, 3)), "`kernel_size` to be"),
        (lambda: layers.ConvLSTM2D(3, 3)(FRAMES[:, 0]), "ConvLSTM2D"),
        (lambda: layers.ConvLSTM2D(3, 3)(Input((4, 5, 6, None))), "known number of channels"),
        (lambda: layers.ConvLSTM2D(3, 3, stateful=True)(Input((4, None, 6, 2), batch_size=2)), "known sizes"),
        (lambda: layers.ConvLSTM2D(3, 7)(FRAMES), "7"),
        (lambda: layers.ConvLSTM2D(3, 3)(FRAMES, mask=np.ones((2, 3), bool)), "mask of its input's batch and steps"),
    ],
)
def test_errors(make, text):
    with pytest.raises(ValueError, match=text):
        make()


class OwnSteps(layers.LSTMCell):
    """Steps that the loop cannot know to output the first state, so it carries the outputs, too."""

    def step(self, projected, states, masks):
        return super().step(projected, states, masks)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("zero", [False, True])
def test_masked_steps_output_the_same_however_they_are_looped(backwards, sequences, zero, backend):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 4, 2)).astype("float32")
    states = [rng.normal(size=(3, 5)).astype("float32") for _ in range(2)]
    mask = np.array([[False, True, False, True], [True, True, False, False], [False] * 4])
    options = {"go_backwards": backwards, "return_sequences": sequences, "zero_output_for_mask": zero}
    known, own = (layers.RNN(cell(5), **options, return_state=True) for cell in (layers.LSTMCell, OwnSteps))
    for layer in (known, own):
        layer.build(x.shape)
    own.set_weights(known.get_weights())
    for a, b in zip(*(layer(x, mask=mask, initial_state=states) for layer in (known, own)), strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(a), ops.convert_to_numpy(b), rtol=1e-5, atol=1e-6)
