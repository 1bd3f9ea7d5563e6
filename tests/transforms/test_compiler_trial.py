"""On TensorFlow, XLA is tried after a graph has cost a few seconds, and kept if it is faster."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import config, layers, losses, ops, random, transforms
from keraslite.errors import FastPathWarning
from keraslite.models import Sequential
from keraslite.ops import recurrent
from keraslite.utils import set_random_seed

G = np.random.default_rng(5)
X, Y = G.normal(size=(66, 6)).astype("float32"), G.integers(0, 3, 66)


@pytest.fixture
def trials(backend, monkeypatch):
    """The module of the trials; they begin with the second call."""
    if backend != "tensorflow":
        pytest.skip("only TensorFlow has a compiler that it does not use by itself")
    from keraslite_tensorflow import compiling

    monkeypatch.setattr(compiling, "_INVESTED", 0.0)
    monkeypatch.setattr(compiling, "_PAIRS", 10)
    config.enable_fast_paths(True, "compiled_steps")
    return compiling


def engine_program(jitted):
    return jitted.programs[0]._run


def run(jitted, *arguments, times=40):
    return [np.asarray(jitted(*arguments)) for _ in range(times)]


@pytest.mark.parametrize("better", [0.0, 1e9])
def test_the_faster_one_stays(trials, monkeypatch, better):
    monkeypatch.setattr(trials, "_BETTER", better)
    monkeypatch.setattr(trials, "_RUINOUS", 1e9)
    f = transforms.jit(lambda x: ops.tanh(x) @ ops.transpose(x))
    results = run(f, X)
    np.testing.assert_allclose(results, [np.tanh(X) @ X.T] * 40, rtol=1e-5, atol=1e-5)
    program = engine_program(f)
    assert program.trial is None
    assert program.compiled is (better > 0)


def test_a_ruinous_one_is_given_up_soon(trials, monkeypatch):
    monkeypatch.setattr(trials, "_RUINOUS", 0.0)
    f = transforms.jit(lambda x: x + 1)
    run(f, X, times=5)
    assert engine_program(f).trial is None
    assert not engine_program(f).compiled


def last_state(x):
    """Of an LSTM over the rows."""
    weights = [ops.convert_to_tensor(np.linspace(-1, 1, 8 * n, dtype="float32").reshape(n, 8)) for n in (6, 2)]
    zeros = ops.zeros((1, 2))
    return recurrent.lstm(x[None], zeros, zeros, *weights, None)[0]


NOT_TRIED = {
    "other numbers would be drawn": lambda x: x + random.normal((6,), seed=1),
    "a loop": lambda x: ops.fori_loop(0, 3, lambda i, x: x + 1, x),
    "a convolution": lambda x: ops.conv(x[None, :, :, None], ops.ones((2, 2, 1, 3)), padding="same"),
    "the gradient of an LSTM": transforms.grad(lambda x: ops.sum(last_state(x))),
}


@pytest.mark.parametrize("what", NOT_TRIED)
def test_what_is_not_tried(trials, what):
    f = transforms.jit(NOT_TRIED[what])
    run(f, X, times=2)
    assert engine_program(f).trial is None
    assert not engine_program(f).compiled


def _taped(f, x):
    """The gradient of the sum, by TensorFlow's own tape."""
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(f(x))
    return tape.gradient(y, x)


def test_an_lstm_is_tried(trials, monkeypatch):
    monkeypatch.setattr(trials, "_BETTER", 1e9)
    monkeypatch.setattr(trials, "_RUINOUS", 1e9)
    f = transforms.jit(last_state)
    results = run(f, X)
    np.testing.assert_allclose(results, [np.asarray(last_state(ops.convert_to_tensor(X)))] * 40, rtol=1e-5)
    assert engine_program(f).compiled
    expected = transforms.grad(lambda x: ops.sum(last_state(x)))(ops.convert_to_tensor(X))
    found = transforms.grad(lambda x: ops.sum(f(x)))(ops.convert_to_tensor(X))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(_taped(f, X), expected, rtol=1e-4, atol=1e-6)


def test_a_trial_that_cannot_be_made_is_told_once(trials, monkeypatch):
    from keraslite_tensorflow import private

    monkeypatch.setattr(private.names, "_told", set())
    original = trials.tf.function

    def function(fn, jit_compile, **options):
        if jit_compile:
            raise TypeError("no such option")
        return original(fn, jit_compile=jit_compile, **options)

    monkeypatch.setattr(trials.tf, "function", function)
    functions = [transforms.jit(lambda x: x + 1), transforms.jit(lambda x: x * 2)]
    with pytest.warns(FastPathWarning, match="XLA's trial needs tensorflow.* TypeError: no such option") as caught:
        results = [run(f, X, times=5) for f in functions]
    assert len(caught) == 1
    np.testing.assert_allclose(results, [[X + 1] * 5, [X * 2] * 5])
    assert not any(engine_program(f).compiled or engine_program(f).trial for f in functions)


def test_what_xla_refuses_runs_as_it_is(trials):
    import tensorflow as tf

    f = transforms.jit(lambda x: tf.numpy_function(lambda x: x * 2, [x], tf.float32))
    np.testing.assert_allclose(run(f, X), [X * 2] * 40)
    assert engine_program(f).trial is None
    assert not engine_program(f).compiled


def test_they_can_be_switched_off(trials):
    config.enable_fast_paths(False, "compiled_steps")
    f = transforms.jit(lambda x: x + 1)
    run(f, X, times=2)
    assert engine_program(f).trial is None
    assert not engine_program(f).compiled


def fitted(*disabled):
    set_random_seed(1)
    model = Sequential([layers.Input((6,)), layers.Dense(8, "gelu"), layers.BatchNormalization(), layers.Dense(3)])
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    config.enable_fast_paths(False, "step_loops", *disabled)
    history = model.fit(X, Y, batch_size=4, epochs=5, verbose=0).history
    return model, history, model.predict(X, verbose=0)


def test_training_gives_the_same_numbers(trials, monkeypatch):
    monkeypatch.setattr(trials, "_BETTER", 1e9)
    monkeypatch.setattr(trials, "_RUINOUS", 1e9)
    model, history, outputs = fitted()
    assert engine_program(model._train_program()._call).compiled
    _, expected, expected_outputs = fitted("compiled_steps")
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-4)
    np.testing.assert_allclose(outputs, expected_outputs, rtol=1e-3, atol=1e-4)
    assert int(model.optimizer.iterations.numpy()) == 5 * 17


def test_gradients_go_through_a_compiled_call(trials, monkeypatch):
    monkeypatch.setattr(trials, "_BETTER", 1e9)
    monkeypatch.setattr(trials, "_RUINOUS", 1e9)
    f = transforms.jit(lambda x: ops.sum(ops.tanh(x) ** 2))
    run(f, X)
    for _ in range(3):
        np.testing.assert_allclose(_taped(f, X), 2 * np.tanh(X) / np.cosh(X) ** 2, rtol=1e-4, atol=1e-5)
