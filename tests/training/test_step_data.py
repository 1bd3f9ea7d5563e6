"""The data that users' own steps get: `x` itself if there are no targets, as in Keras 3.15."""

from __future__ import annotations

import functools

import keras_peer
import numpy as np
import pytest
import step_data
from training_models import engine, regression  # noqa: F401

import keraslite as keras
from keraslite.backend import registry


def kinds() -> list[str]:
    needs = {"dataset": "tensorflow", "loader": "torch"}
    return [kind for kind in step_data.BATCHES if needs.get(kind, "numpy") in registry.installed()]


@functools.cache
def expected() -> dict[str, str]:
    return keras_peer.call("step_data:seen_by_steps", backend="torch", kinds=kinds())


def test_steps_get_what_they_get_in_keras(backend):
    if not keras_peer.available() or "torch" not in registry.installed():
        pytest.skip("needs Keras and PyTorch")
    found = step_data.seen_by_steps(kinds(), keras)
    assert found == {name: seen for name, seen in expected().items() if name in found}


def test_arrays_and_dicts_come_as_they_are_and_lists_in_a_tuple(backend):
    found = step_data.seen_by_steps([], keras)
    assert found["predict array"] == found["evaluate array"] == "[4, 3]"
    assert found["evaluate dict"] == "{a: [4, 3], b: [4, 1]}"
    assert found["evaluate list"] == "(([4, 3], [4, 1]))"


def test_single_batches_give_steps_what_whole_data_sets_do(engine):  # noqa: F811
    seen = []

    class Watching(keras.Model):
        def train_step(self, data):
            seen.append(data)
            return {"loss": keras.ops.zeros(())}

        test_step = train_step

        def predict_step(self, data):
            seen.append(data)
            return keras.ops.zeros((4, 1))

    model = Watching()
    model.compile("sgd", run_eagerly=True)
    x = np.ones((4, 3), "float32")
    for run in (model.train_on_batch, model.test_on_batch, model.predict_on_batch):
        run(x)
        run({"a": x})
        run([x, x])
    assert [type(data) for data in seen] == [*(type(keras.ops.zeros(1)), dict, tuple)] * 3


class Autoencoder(keras.Model):
    """A step of Keras's guides that takes its batch for `x`."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(4)
        self.error = keras.metrics.Mean(name="error")

    @property
    def metrics(self):
        return [self.error]

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        def loss_of(data):
            return keras.ops.mean(keras.ops.square(data - self(data)))

        loss, gradients = keras.transforms.value_and_grad(loss_of, self.trainable_variables)(data)
        self.optimizer.apply(gradients, self.trainable_variables)
        self.error.update_state(loss)
        return {"error": self.error.result()}


def test_an_autoencoder_trains_on_inputs_alone(differentiating_backend):
    x, _ = regression(16)
    model = Autoencoder()
    model.build((None, 4))
    model.compile(keras.optimizers.SGD(0.1))
    before = np.mean((x - model.predict(x, verbose=0)) ** 2)
    history = model.fit(x, epochs=5, batch_size=8, verbose=0).history["error"]
    assert history[-1] < history[0]
    assert np.mean((x - model.predict(x, verbose=0)) ** 2) < before


def test_one_scalar_target_a_batch(differentiating_backend):
    x, _ = regression(4)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    for target in (2.0, np.float32(2.0), np.array(2.0, "float32")):
        assert model.fit(((x[i : i + 1], target) for i in range(4)), verbose=0).history["loss"] == pytest.approx([4.0])
        assert model.evaluate(((x, target) for _ in range(2)), verbose=0) == pytest.approx(4.0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy", metrics=["accuracy"])
    expected = model.evaluate(x[:1], np.array([2]), verbose=0)
    assert model.evaluate(((x[:1], np.int64(2)) for _ in range(2)), verbose=0) == pytest.approx(expected)
