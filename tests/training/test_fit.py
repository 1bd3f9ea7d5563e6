"""`fit`, `evaluate`, `predict` and their one-batch forms."""

from __future__ import annotations

import contextlib
import contextvars
import os
import signal
import threading
import warnings

import numpy as np
import pytest
from training_models import Recorder, classes, classifier, engine, linear, regression, two_headed  # noqa: F401

from keraslite import ops, optimizers
from keraslite.backend import registry
from keraslite.callbacks import Callback, History, LambdaCallback
from keraslite.errors import ArgumentError, DataError, MissingCapabilityError, StateError
from keraslite.layers import Concatenate, Dense, Input
from keraslite.models import Model, Sequential
from keraslite.training.data.arrays import ArraySource
from keraslite.utils import set_random_seed

QUIET = {"verbose": 0}


def manual_sgd(kernel, bias, x, y, rate, batch_size):
    """Losses and weights of one epoch of SGD on the mean squared error, by hand."""
    total = 0.0
    for start in range(0, len(x), batch_size):
        xb, yb = x[start : start + batch_size], y[start : start + batch_size]
        error = xb @ kernel + bias - yb
        total += np.mean(error**2) * len(xb)
        gradient = 2 * error / error.size
        kernel, bias = kernel - rate * xb.T @ gradient, bias - rate * gradient.sum(0)
    return total / len(x), kernel, bias


def test_fit_is_sgd_by_hand_with_a_smaller_last_batch(differentiating_backend):
    x, y = regression()
    model = linear()
    loss, kernel, bias = manual_sgd(*model.get_weights(), x, y, 0.1, 8)
    history = model.fit(x, y, batch_size=8, shuffle=False, **QUIET)
    assert history.history["loss"] == pytest.approx([loss], rel=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], kernel, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.get_weights()[1], bias, rtol=1e-5, atol=1e-6)


def test_engines_give_the_same_curve_with_shuffling():
    x, y = classes(50)
    curves = {}
    for name in registry.installed():
        with registry.use_backend(name):
            model = classifier(optimizer=optimizers.Adam(0.05))
            if name == "numpy":
                continue
            curves[name] = model.fit(x, y, epochs=3, batch_size=16, validation_split=0.2, **QUIET).history
    first = next(iter(curves.values()))
    assert list(first) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    for curve in curves.values():
        for name, values in first.items():
            np.testing.assert_allclose(curve[name], values, rtol=1e-4, err_msg=name)


@pytest.mark.parametrize("steps", [2, 3])
def test_steps_per_execution_gives_the_same_numbers(differentiating_backend, steps):
    x, y = regression()
    one, several = linear(), linear(steps_per_execution=steps)
    a = one.fit(x, y, batch_size=5, epochs=2, shuffle=False, validation_data=(x, y), **QUIET).history
    b = several.fit(x, y, batch_size=5, epochs=2, shuffle=False, validation_data=(x, y), **QUIET).history
    assert a["loss"] == pytest.approx(b["loss"], rel=1e-5)
    assert a["val_loss"] == pytest.approx(b["val_loss"], rel=1e-5)
    np.testing.assert_allclose(one.get_weights()[0], several.get_weights()[0], rtol=1e-5)
    assert int(several.optimizer.iterations.numpy()) == 8


def test_run_eagerly_gives_the_same_numbers(differentiating_backend):
    x, y = regression()
    compiled, eager = linear(), linear(run_eagerly=True)
    a, b = (model.fit(x, y, batch_size=8, shuffle=False, **QUIET).history for model in (compiled, eager))
    assert a["loss"] == pytest.approx(b["loss"], rel=1e-5)


def test_evaluate_weighs_a_smaller_last_batch(backend):
    x, y = regression(10)
    model = linear(metrics=["mae"])
    prediction = model.predict(x, **QUIET)
    assert isinstance(prediction, np.ndarray)
    expected = [np.mean((prediction - y) ** 2), np.mean(np.abs(prediction - y))]
    assert model.evaluate(x, y, batch_size=4, **QUIET) == pytest.approx(expected, rel=1e-5)
    assert model.evaluate(x, y, batch_size=4, return_dict=True, **QUIET) == pytest.approx(
        {"loss": expected[0], "mae": expected[1]}, rel=1e-5
    )


def test_evaluate_gives_one_float_without_metrics(engine):  # noqa: F811
    x, y = regression()
    assert isinstance(linear().evaluate(x, y, **QUIET), float)


def test_predict_keeps_the_structure_of_outputs(backend):
    x, _ = regression(7)
    a, b = two_headed().predict(x, batch_size=3, **QUIET)
    assert a.shape == (7, 3)
    assert b.shape == (7, 5)
    named = two_headed(as_dict=True).predict(x, batch_size=3, **QUIET)
    np.testing.assert_allclose(named["a"], a, rtol=1e-5)


@pytest.mark.parametrize("built", [True, False])
def test_predict_is_safe_from_16_threads(backend, built):
    x, _ = regression(64)
    model = linear() if built else Sequential([Dense(3)])
    results: list[object] = [None] * 16

    def work(i):
        results[i] = model.predict(x, batch_size=16, **QUIET)

    threads = [threading.Thread(target=contextvars.copy_context().run, args=(work, i)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = model.predict(x, batch_size=16, **QUIET)
    for result in results:
        np.testing.assert_allclose(result, expected, rtol=1e-6)


@contextlib.contextmanager
def interrupts_after(delay):
    """Ctrl-C after `delay` seconds; again each second if it was swallowed."""
    stop = threading.Event()

    def interrupt():
        waited = delay
        while not stop.wait(waited):
            os.kill(os.getpid(), signal.SIGINT)
            waited = 1.0

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


# Python swallows what is raised within a weak reference's callback.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_at_any_time_leaves_the_model_usable(differentiating_backend, ctrl_c_raises):
    x, y = regression(64)
    model = linear(optimizer="adam")
    model.fit(x, y, batch_size=2, **QUIET)  # TensorFlow's own tracing turns an interrupt into a SystemError
    for delay in (0.02, 0.05, 0.11):
        before = signal.getsignal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt), interrupts_after(delay):
            model.fit(x, y, batch_size=2, epochs=10**6, **QUIET)
        assert signal.getsignal(signal.SIGINT) is before
        assert all(np.isfinite(weight).all() for weight in model.get_weights())
        assert np.isfinite(model.optimizer.iterations.numpy())
    assert np.isfinite(model.fit(x, y, **QUIET).history["loss"][0])


def test_numpy_says_what_to_install_for_training_and_evaluates():
    x, y = regression()
    with registry.use_backend("numpy"):
        model = linear()
        for train in (lambda: model.fit(x, y), lambda: model.train_on_batch(x, y)):
            with pytest.raises(MissingCapabilityError, match=r"gradients.*'numpy'.*(KERAS_BACKEND|pip install)"):
                train()
        assert np.isfinite(model.evaluate(x, y, **QUIET))


def test_on_batch_forms(differentiating_backend):
    x, y = regression(8)
    model = linear(metrics=["mae"])
    loss, kernel, _ = manual_sgd(*model.get_weights(), x, y, 0.1, 8)
    first = model.train_on_batch(x, y)
    assert first[0] == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], kernel, rtol=1e-5, atol=1e-6)
    model.reset_metrics()
    result = model.test_on_batch(x, y, return_dict=True)
    prediction = model.predict_on_batch(x)
    assert isinstance(prediction, np.ndarray)
    assert result["loss"] == pytest.approx(np.mean((prediction - y) ** 2), rel=1e-5)
    assert list(result) == ["loss", "mae"]


def test_on_batch_results_are_those_of_the_batch(engine):  # noqa: F811
    x, y = regression(8)
    model = linear(optimizer=optimizers.SGD(0.0))
    first = model.train_on_batch(x, y)
    model.train_on_batch(x, y * 0)
    assert model.test_on_batch(x, y) == pytest.approx(first)


def test_sample_weight_and_class_weight_agree(differentiating_backend):
    x, y = classes()
    weights = np.where(y == 1, 3.0, 1.0)
    a, b, c = classifier(), classifier(), classifier()
    first = a.fit(x, y, sample_weight=weights, shuffle=False, batch_size=8, **QUIET).history
    second = b.fit(x, y, class_weight={1: 3.0}, shuffle=False, batch_size=8, **QUIET).history
    assert first["loss"] == pytest.approx(second["loss"], rel=1e-5)
    assert first["loss"] != pytest.approx(c.fit(x, y, shuffle=False, batch_size=8, **QUIET).history["loss"], rel=1e-3)
    np.testing.assert_allclose(a.get_weights()[0], b.get_weights()[0], rtol=1e-5)


def test_class_weight_of_one_hot_and_column_labels(engine):  # noqa: F811
    x, y = classes()
    results = []
    for loss, labels in (
        ("sparse_categorical_crossentropy", y),
        ("sparse_categorical_crossentropy", y[:, None]),
        ("categorical_crossentropy", np.eye(3, dtype="float32")[y]),
    ):
        model = classifier(loss=loss)
        results.append(model.fit(x, labels, class_weight={0: 2.0, 2: 0.5}, shuffle=False, **QUIET).history)
    assert results[0]["loss"] == pytest.approx(results[1]["loss"])
    assert results[0]["loss"] == pytest.approx(results[2]["loss"], rel=1e-5)
    assert results[0]["accuracy"] == results[1]["accuracy"] == results[2]["accuracy"]


def test_weighted_metrics_use_weights_and_others_do_not(engine):  # noqa: F811
    x, y = regression(4)
    model = linear(metrics=["mae"], weighted_metrics=["mae"])
    weights = np.array([1.0, 0.0, 0.0, 0.0])
    result = model.evaluate(x, y, sample_weight=weights, return_dict=True, **QUIET)
    errors = np.abs(model.predict(x, **QUIET) - y).mean(-1)
    assert result["mae"] == pytest.approx(errors.mean(), rel=1e-5)
    assert result["weighted_mae"] == pytest.approx(errors[0], rel=1e-5)


def test_sample_weight_per_time_step(engine):  # noqa: F811
    x, y = np.ones((4, 5, 2), "float32"), np.zeros((4, 5, 1), "float32")
    model = Sequential([Input((5, 2)), Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse")
    weights = np.zeros((4, 5))
    weights[:, 0] = 1
    assert model.evaluate(x, y, sample_weight=weights, **QUIET) == pytest.approx(4 / 5)
    assert model.evaluate(x, y, sample_weight=np.ones(4), **QUIET) == pytest.approx(4)


def test_validation_split_takes_the_last_samples_before_shuffling(engine):  # noqa: F811
    x, y = regression()
    seen = []
    model = linear(optimizer=optimizers.SGD(0.0))
    history = model.fit(x, y, validation_split=0.25, batch_size=4, callbacks=[LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(batch))], **QUIET)  # fmt: skip
    assert seen == [0, 1, 2, 3]  # 15 samples
    assert history.history["val_loss"] == pytest.approx([model.evaluate(x[15:], y[15:], **QUIET)], rel=1e-5)


def test_validation_settings(engine):  # noqa: F811
    x, y = regression()
    model = linear(optimizer=optimizers.SGD(0.0))
    batches = []
    counter = LambdaCallback(on_test_batch_end=lambda batch, logs: batches.append(batch))
    history = model.fit(x, y, epochs=4, validation_data=(x[:8], y[:8]), validation_freq=2, validation_batch_size=2,
                        validation_steps=3, callbacks=[counter], **QUIET).history  # fmt: skip
    assert len(history["loss"]) == 4
    assert history["val_loss"] == pytest.approx([model.evaluate(x[:6], y[:6], **QUIET)] * 2, rel=1e-5)
    assert batches == [0, 1, 2] * 2
    assert (
        len(model.fit(x, y, epochs=3, validation_data=(x, y), validation_freq=[1, 3], **QUIET).history["val_loss"]) == 2
    )


def test_validation_uses_sample_weights(engine):  # noqa: F811
    x, y = regression()
    model = linear(optimizer=optimizers.SGD(0.0))
    weights = np.linspace(0, 1, 20)
    history = model.fit(x, y, validation_data=(x, y, weights), **QUIET).history
    assert history["val_loss"] == pytest.approx([model.evaluate(x, y, sample_weight=weights, **QUIET)], rel=1e-5)


def test_initial_epoch_and_epoch_numbers(engine):  # noqa: F811
    x, y = regression()
    recorder = Recorder()
    history = linear().fit(x, y, initial_epoch=3, epochs=5, callbacks=[recorder], **QUIET)
    assert history.epoch == [3, 4]
    assert [call for call in recorder.calls if "epoch" in call] == [
        "epoch 3 begin", "epoch 3 end", "epoch 4 begin", "epoch 4 end",
    ]  # fmt: skip


def test_steps_per_epoch_goes_on_where_the_last_epoch_stopped(engine):  # noqa: F811
    x, y = regression(12)
    seen = []

    class Watching(Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(3)

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            seen.append(np.asarray(ops.convert_to_numpy(data[0]))[:, 0].tolist())
            return super().train_step(data)

    model = Watching()
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(x, y, batch_size=4, steps_per_epoch=2, epochs=3, shuffle=False, **QUIET)
    assert np.concatenate(seen).tolist() == pytest.approx(np.tile(x[:, 0], 2).tolist())


def test_shuffle_is_the_same_on_every_engine_and_new_each_epoch():
    orders = []
    for name in registry.installed():
        with registry.use_backend(name):
            set_random_seed(5)
            source = ArraySource(np.arange(10), None, None, 4, True, "fit")
            orders.append([np.concatenate(list(source.batches())).tolist() for _ in range(2)])
    assert all(order == orders[0] for order in orders)
    assert orders[0][0] != orders[0][1]
    assert sorted(orders[0][0]) == list(range(10))


def test_shuffle_batch_keeps_batches_together(engine):  # noqa: F811
    source = ArraySource(np.arange(10), None, None, 4, "batch", "fit")
    batches = [batch.tolist() for batch in source.batches()]
    assert sorted(map(tuple, batches)) == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9)]


def test_freezing_after_compile_acts_on_the_next_fit(differentiating_backend):
    x, y = regression()
    model = Sequential([Input((4,)), Dense(4, name="first"), Dense(3, name="second")])
    model.compile("sgd", "mse")
    model.fit(x, y, **QUIET)
    model.get_layer("first").trainable = False
    before = model.get_weights()
    model.fit(x, y, **QUIET)
    after = model.get_weights()
    changed = {v.path: not np.array_equal(a, b) for v, a, b in zip(model.weights, before, after, strict=True)}
    assert [value for path, value in changed.items() if "first/" in path] == [False, False]
    assert [value for path, value in changed.items() if "second/" in path] == [True, True]


def test_compile_again_takes_effect(differentiating_backend):
    x, y = regression()
    model = linear()
    model.fit(x, y, **QUIET)
    model.compile(optimizers.SGD(0.0), "mae", metrics=["mse"])
    before = model.get_weights()
    history = model.fit(x, y, **QUIET).history
    assert list(history) == ["loss", "mse"]
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_a_learning_rate_assigned_after_a_batch_acts_on_the_next(differentiating_backend):
    x, y = regression(12)
    weights = []

    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            weights.append(self.model.get_weights()[0])
            if batch == 0:
                self.model.optimizer.learning_rate = 0.0

    linear().fit(x, y, batch_size=4, callbacks=[Stop()], **QUIET)
    assert len(weights) == 3
    np.testing.assert_array_equal(weights[0], weights[1])
    np.testing.assert_array_equal(weights[0], weights[2])


def test_stop_training_stops_after_the_batch(engine):  # noqa: F811
    x, y = regression()
    recorder = Recorder()

    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    linear().fit(x, y, batch_size=4, epochs=3, callbacks=[recorder, Stop()], **QUIET)
    assert recorder.calls == [
        "train begin", "epoch 0 begin", "batch 0 begin", "batch 0 end", "batch 1 begin", "batch 1 end", "epoch 0 end",
        "train end",
    ]  # fmt: skip


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
def test_after_an_exception_weights_are_readable_and_fit_works(differentiating_backend, interruption):
    x, y = regression()
    model = linear()
    before = model.get_weights()[0]

    class Raise(Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                raise interruption

    with pytest.raises(interruption):
        model.fit(x, y, batch_size=4, callbacks=[Raise()], **QUIET)
    assert np.isfinite(model.get_weights()[0]).all()
    assert not np.array_equal(before, model.get_weights()[0])
    assert int(model.optimizer.iterations.numpy()) == 3
    assert len(model.fit(x, y, **QUIET).history["loss"]) == 1


def test_an_exception_in_the_step_leaves_the_model_usable(differentiating_backend):
    x, y = regression()

    class Broken(Model):
        broken = True

        def __init__(self):
            super().__init__()
            self.dense = Dense(3)

        def call(self, x):
            y = self.dense(x)
            if self.broken:
                raise ZeroDivisionError("broken")
            return y

    model = Broken()
    model.compile("sgd", "mse")
    with pytest.raises(ZeroDivisionError):
        model.fit(x, y, **QUIET)
    model.broken = False
    model.compile("sgd", "mse")
    assert len(model.fit(x, y, **QUIET).history["loss"]) == 1


def test_deferred_weights_are_made_by_fit(differentiating_backend):
    x, y = regression()
    model = Sequential([Dense(5), Dense(3)])
    model.compile("adam", "mse")
    assert len(model.fit(x, y, epochs=2, **QUIET).history["loss"]) == 2
    assert len(model.weights) == 4


def test_several_inputs_by_list_and_by_name(differentiating_backend):
    x, y = regression()
    a, b = Input((2,), name="a"), Input((2,), name="b")
    model = Model(inputs=[a, b], outputs=Dense(3)(Concatenate()([a, b])))
    model.compile("sgd", "mse")
    first = model.evaluate([x[:, :2], x[:, 2:]], y, **QUIET)
    assert model.evaluate({"a": x[:, :2], "b": x[:, 2:]}, y, **QUIET) == pytest.approx(first)
    assert model.fit({"b": x[:, 2:], "a": x[:, :2]}, y, **QUIET).history["loss"][0] == pytest.approx(first, rel=0.5)
    with pytest.raises((DataError, ValueError), match="b"):
        model.fit({"a": x[:, :2]}, y, **QUIET)


def test_fit_returns_and_keeps_the_history(engine):  # noqa: F811
    x, y = regression()
    model = linear()
    history = model.fit(x, y, epochs=2, **QUIET)
    assert isinstance(history, History)
    assert model.history is history
    assert history.history["loss"][1] < history.history["loss"][0]
    assert all(type(value) is float for value in history.history["loss"])


def test_arguments_are_checked(engine):  # noqa: F811
    x, y = regression()
    model = linear()
    for kind in (StateError, ValueError):  # Keras raises the latter
        with pytest.raises(kind, match="`fit` needs a compiled model"):
            Sequential([Input((4,)), Dense(3)]).fit(x, y)
    for bad in (
        *({"epochs": 0}, {"batch_size": 0}, {"shuffle": "yes"}, {"validation_split": 1.5}, {"verbose": 3}),
        *({"steps_per_epoch": -1}, {"class_weight": [1, 2]}, {"callbacks": [3]}, {"callbacks": [Callback]}),
    ):
        with pytest.raises(ArgumentError):
            model.fit(x, y, **{**QUIET, **bad})
    with pytest.raises(ArgumentError, match="loss"):
        linear(loss=None).fit(x, y, **QUIET)


def test_deprecated_generator_names(engine):  # noqa: F811
    x, y = regression()
    model = linear()

    def batches():
        while True:
            yield x, y

    with pytest.warns(DeprecationWarning, match="`fit` takes generators"):
        history = model.fit_generator(batches(), steps_per_epoch=2, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    with pytest.warns(DeprecationWarning, match="evaluate"):
        assert model.evaluate_generator(batches(), steps=2) == pytest.approx(model.evaluate(x, y, **QUIET))
    with pytest.warns(DeprecationWarning, match="predict"):
        assert model.predict_generator(batches(), steps=2).shape == (40, 3)


def test_mixed_precision_trains_with_a_scaled_loss(differentiating_backend):
    x, y = regression()
    model = Sequential([Input((4,)), Dense(3, dtype="mixed_float16")], dtype="mixed_float16")
    model.compile(optimizers.SGD(0.05), "mse")
    assert isinstance(model.optimizer, optimizers.LossScaleOptimizer)
    losses = model.fit(x, y, epochs=5, shuffle=False, **QUIET).history["loss"]
    assert losses[-1] < losses[0]


def test_regularization_and_added_losses_count(differentiating_backend):
    x, y = regression()
    model = Sequential([Input((4,)), Dense(3, kernel_regularizer="l2", name="d")])
    model.compile(optimizers.SGD(0.0), "mse")
    kernel = model.get_weights()[0]
    expected = np.mean((model.predict(x, **QUIET) - y) ** 2) + 0.01 * np.sum(kernel**2)
    assert model.evaluate(x, y, **QUIET) == pytest.approx(expected, rel=1e-4)
    assert model.fit(x, y, **QUIET).history["loss"] == pytest.approx([expected], rel=1e-4)


def test_no_warning_is_raised_by_plain_training(engine):  # noqa: F811
    x, y = regression()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert linear().fit(x, y, **QUIET).history["loss"]
