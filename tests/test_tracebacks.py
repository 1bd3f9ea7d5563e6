"""Tracebacks have the user's own lines and the called function, but no internal frames."""

from __future__ import annotations

import traceback

import numpy as np
import pytest

import keraslite as keras
from keraslite import config, layers, losses, metrics, ops, optimizers, transforms
from keraslite.errors import ArgumentError, DataError, MisfitError, SerializationError, UnknownNameError

X = np.ones((6, 4), "float32")


@pytest.fixture(autouse=True)
def _filtering():
    config.enable_traceback_filtering()
    yield
    config.disable_traceback_filtering()


class Wrong(keras.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(3, 3))

    def call(self, x):
        return ops.matmul(x, self.kernel)


class Slip(keras.Layer):
    def call(self, x):
        return self.helper(x)

    def helper(self, x):
        return x + self.nothing


class Distance(losses.Loss):
    def call(self, y_true, y_pred):
        raise KeyError("mine")


class Never(metrics.Metric):
    def update_state(self, y_true, y_pred, sample_weight=None):
        slip(y_pred)


class Kept(keras.Layer):
    def call(self, x):
        return x

    def get_config(self):
        return {**super().get_config(), "function": lambda x: x}


def slip(x):
    return 1 / 0


def misfit(x):
    return ops.add(x, np.ones((9, 9), "float32"))


def net(*stack, loss="mse"):
    model = keras.Sequential([keras.Input((4,)), *stack])
    model.compile("sgd", loss)
    return model


def frames(error: BaseException) -> list[str]:
    """Functions of the traceback, below the test itself."""
    return [entry.name for entry in traceback.extract_tb(error.__traceback__)][1:]


CASES = {
    "a call": (lambda: layers.Dense(3)(np.ones(2)), ArgumentError, ["__call__"]),
    "an op": (lambda: ops.matmul(np.ones((2, 3)), np.ones((2, 3))), ArgumentError, []),
    "an op that needs no tensor": (lambda: ops.zeros((2, -3)), ArgumentError, []),
    "a layer's op": (lambda: Wrong()(X), ArgumentError, ["__call__", "call"]),
    "a layer's slip": (lambda: Slip()(X), AttributeError, ["__call__", "call", "helper"]),
    "a model": (lambda: keras.Sequential([Slip()])(X), AttributeError, ["__call__", "call", "helper"]),
    "a constructor": (lambda: layers.Dense(-1), ArgumentError, ["__call__"]),
    "a stack": (lambda: net(Wrong()), ArgumentError, ["net", "__call__", "call"]),
    "compile": (lambda: net(loss="mze"), UnknownNameError, ["net", "compile"]),
    "predict": (lambda: net(layers.Dense(2)).predict(X[:, :3], verbose=0), ArgumentError, ["predict"]),
    "evaluate": (lambda: net(layers.Dense(2), loss=Distance()).evaluate(X, X[:, :2], verbose=0), KeyError,
                 ["evaluate", "call"]),
    "a batch": (lambda: net(layers.Dense(2), loss=Distance()).test_on_batch(X, X[:, :2]), KeyError,
                ["test_on_batch", "call"]),
    "scan": (lambda: ops.scan(lambda c, x: (slip(c), x), 0.0, X), ZeroDivisionError, ["scan", "<lambda>", "slip"]),
    "map": (lambda: ops.map(misfit, X), ArgumentError, ["map", "misfit"]),
    "vectorized_map": (lambda: ops.vectorized_map(misfit, X), ArgumentError, ["vectorized_map", "misfit"]),
    "vmap": (lambda: transforms.vmap(slip)(X), ZeroDivisionError, ["run", "slip"]),
    "cond": (lambda: ops.cond(True, lambda: slip(0), lambda: 1), ZeroDivisionError, ["cond", "<lambda>", "slip"]),
    "while_loop": (lambda: ops.while_loop(lambda i: i < 3, slip, (0,)), ZeroDivisionError, ["while_loop", "slip"]),
    "a metric": (lambda: metrics.AUC()(X, X[:, :3]), ArgumentError, ["__call__"]),
    "a metric's update": (lambda: metrics.AUC().update_state(X, X[:, :3]), ArgumentError, ["update_state"]),
    "a user's metric": (lambda: Never()(X, X), ZeroDivisionError, ["__call__", "update_state", "slip"]),
    "an optimizer": (lambda: optimizers.Adam().apply([X[0]], [keras.Variable(X)]), ArgumentError, ["apply"]),
    "saving": (lambda: keras.Sequential([keras.Input((4,)), Kept()]).save("m.keras"), SerializationError,
               ["save", "save_model"]),
}  # fmt: skip


def a_step(x):
    return ops.sum(ops.matmul(x, X))


TRAINING_CASES = {
    "jit": (lambda: transforms.jit(a_step)(X), ArgumentError, ["__call__", "a_step"]),
    "grad": (lambda: transforms.value_and_grad(a_step)(X), ArgumentError, ["run", "a_step"]),
    "a loss by hand": (lambda: losses.MeanSquaredError()(X, X[:, :3]), MisfitError, ["__call__"]),
    "shapes": (lambda: net(layers.Dense(2)).fit(X, X[:, :3], verbose=0), MisfitError, ["fit"]),
    "lengths": (lambda: net(layers.Dense(2)).fit(X, X[:3], verbose=0), DataError, ["fit"]),
    "a slip": (lambda: fitted(keras.Sequential([Slip()])), AttributeError, ["fitted", "fit", "call", "helper"]),
    "a callback": (lambda: net(layers.Dense(4)).fit(X, X, verbose=0, callbacks=[Callback()]), ZeroDivisionError,
                   ["fit", "on_epoch_end"]),
    "a loss": (lambda: net(layers.Dense(4), loss=Distance()).fit(X, X, verbose=0), KeyError, ["fit", "call"]),
}  # fmt: skip


class Callback(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        return 1 / 0


def fitted(model):
    model.compile("sgd", "mse")
    model.fit(X, X, verbose=0)


def check(mistake, kind, expected):
    with pytest.raises(kind) as caught:
        mistake()
    assert frames(caught.value) == ["<lambda>", *expected]
    cause = caught.value.__cause__
    if cause is not None:
        assert len(traceback.extract_tb(cause.__traceback__)) <= 1
        assert cause.__cause__ is None
        assert cause.__context__ is None or cause.__suppress_context__


@pytest.mark.parametrize("name", CASES)
def test_frames(backend, name):
    check(*CASES[name])


@pytest.mark.parametrize("name", TRAINING_CASES)
def test_frames_in_training(differentiating_backend, name):
    check(*TRAINING_CASES[name])


def test_an_error_of_the_inside_keeps_its_place(monkeypatch):
    with keras.use_backend("numpy"):
        layer = layers.Dense(2)
        monkeypatch.setattr("keraslite.layers.calling.call_any", lambda *args: {}["no such thing"])
        with pytest.raises(KeyError) as caught:
            layer(X)
    assert frames(caught.value) == ["__call__", "<lambda>"]


def test_all_frames_on_request():
    assert config.is_traceback_filtering_enabled()
    config.disable_traceback_filtering()
    assert not config.is_traceback_filtering_enabled()
    with keras.use_backend("numpy"), pytest.raises(ArgumentError) as caught:
        layers.Dense(3)(np.ones(2))
    assert len(frames(caught.value)) > 3
    config.enable_traceback_filtering()
    assert config.is_traceback_filtering_enabled()


def test_errors_of_a_users_own_code_stay_in_the_chain():
    class Wrapping(keras.Layer):
        def call(self, x):
            try:
                return self.inner(x)
            except KeyError as error:
                raise ValueError("second") from error

        def inner(self, x):
            try:
                return slip(x)
            except ZeroDivisionError as error:
                raise KeyError("first") from error

    with keras.use_backend("numpy"), pytest.raises(ValueError, match="second") as caught:
        Wrapping()(X)
    first = caught.value.__cause__
    assert isinstance(first, KeyError)
    assert [entry.name for entry in traceback.extract_tb(first.__traceback__)] == ["call", "inner"]
    assert isinstance(first.__cause__, ZeroDivisionError)
