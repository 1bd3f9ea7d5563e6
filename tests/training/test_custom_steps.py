"""Train steps that users write: once for all engines, or in one engine's own style."""

from __future__ import annotations

import numpy as np
import pytest
from training_models import engine, linear, regression  # noqa: F401

import keraslite as keras
from keraslite.backend import registry
from keraslite.errors import MissingCapabilityError
from keraslite.layers import Dense, Input

QUIET = {"verbose": 0}


def needs(name: str):
    if name not in registry.installed():
        pytest.skip(f"needs {name}")
    return registry.use_backend(name)


def functional(cls, **kwargs):
    keras.utils.set_random_seed(3)
    x = Input((4,))
    return cls(x, Dense(3, name="dense")(x), **kwargs)


class Portable(keras.Model):
    """A step written once."""

    def train_step(self, data):
        x, y = data

        def loss_of(x, y):
            y_pred = self(x, training=True)
            return self.compute_loss(y=y, y_pred=y_pred), y_pred

        variables = self.trainable_variables
        (loss, y_pred), gradients = keras.transforms.value_and_grad(loss_of, variables, has_aux=True)(x, y)
        self.optimizer.apply(gradients, variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


class TensorFlowGuide(keras.Model):
    """As in Keras's guide for TensorFlow."""

    def train_step(self, data):
        import tensorflow as tf

        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


class TorchGuide(keras.Model):
    """As in Keras's guide for PyTorch."""

    def train_step(self, data):
        import torch

        x, y = data
        self.zero_grad()
        y_pred = self(x, training=True)
        loss = self.compute_loss(y=y, y_pred=y_pred)
        loss.backward()
        trainable_weights = list(self.trainable_weights)
        gradients = [v.value.grad for v in trainable_weights]
        with torch.no_grad():
            self.optimizer.apply(gradients, trainable_weights)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


def check_like_the_built_in_step(cls):
    x, y = regression()
    model, reference = functional(cls), linear(metrics=["mae"])
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    history = model.fit(x, y, batch_size=10, epochs=2, shuffle=False, **QUIET).history
    expected = reference.fit(x, y, batch_size=10, epochs=2, shuffle=False, **QUIET).history
    assert list(history) == ["loss", "mae"]
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], reference.get_weights()[0], rtol=1e-5)


def test_a_step_written_once_runs_everywhere(differentiating_backend):
    check_like_the_built_in_step(Portable)


def test_tensorflow_guide():
    with needs("tensorflow"):
        check_like_the_built_in_step(TensorFlowGuide)


def test_torch_guide():
    with needs("torch"):
        check_like_the_built_in_step(TorchGuide)


class OwnMetrics(keras.Model):
    """The guide's lowest level: trackers of its own, `metrics` overridden, nothing given to `compile`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.mae_metric = keras.metrics.MeanAbsoluteError(name="mae")
        self.loss_fn = keras.losses.MeanSquaredError()

    def train_step(self, data):
        x, y = data

        def loss_of(x, y):
            y_pred = self(x, training=True)
            return self.loss_fn(y, y_pred), y_pred

        (loss, y_pred), gradients = keras.transforms.value_and_grad(loss_of, self.trainable_variables, has_aux=True)(
            x, y
        )
        self.optimizer.apply(gradients, self.trainable_variables)
        self.loss_tracker.update_state(loss)
        self.mae_metric.update_state(y, y_pred)
        return {"loss": self.loss_tracker.result(), "mae": self.mae_metric.result()}

    @property
    def metrics(self):
        return [self.loss_tracker, self.mae_metric]


def test_own_metrics_are_reset_each_epoch(differentiating_backend):
    x, y = regression()
    model = functional(OwnMetrics)
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    history = model.fit(x, y, epochs=2, **QUIET).history
    assert list(history) == ["loss", "mae"]
    assert history["loss"][0] == pytest.approx(history["loss"][1], rel=1e-5)
    assert history["loss"][0] == pytest.approx(np.mean((model.predict(x, **QUIET) - y) ** 2), rel=1e-5)


class GAN(keras.Model):
    """Two optimizers, a `compile` of its own, no `call`."""

    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = Dense(2, name="g"), Dense(1, name="d")
        self.d_loss_tracker, self.g_loss_tracker = keras.metrics.Mean(name="d_loss"), keras.metrics.Mean(name="g_loss")
        self.seed_generator = keras.random.SeedGenerator(1)

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

    @property
    def metrics(self):
        return [self.d_loss_tracker, self.g_loss_tracker]

    def train_step(self, real):
        if isinstance(real, tuple):
            real = real[0]
        noise = keras.random.normal((8, 3), seed=self.seed_generator)
        ones, zeros = keras.ops.ones((8, 1)), keras.ops.zeros((8, 1))

        def d_loss():
            return self.loss_fn(ones, self.discriminator(real)) + self.loss_fn(
                zeros, self.discriminator(self.generator(noise))
            )

        def g_loss():
            return self.loss_fn(ones, self.discriminator(self.generator(noise)))

        for loss, layer, optimizer, tracker in (
            (d_loss, self.discriminator, self.d_optimizer, self.d_loss_tracker),
            (g_loss, self.generator, self.g_optimizer, self.g_loss_tracker),
        ):
            loss()  # makes the weights at the first step
            value, gradients = keras.transforms.value_and_grad(loss, layer.trainable_variables)()
            optimizer.apply(gradients, layer.trainable_variables)
            tracker.update_state(value)
        return {"d_loss": self.d_loss_tracker.result(), "g_loss": self.g_loss_tracker.result()}


def test_a_gan_with_two_optimizers(differentiating_backend):
    model = GAN()
    model.compile(
        keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), keras.losses.BinaryCrossentropy(from_logits=True)
    )
    history = model.fit(np.ones((16, 2), "float32"), batch_size=8, epochs=2, **QUIET).history
    assert np.isfinite(history["d_loss"]).all()
    assert np.isfinite(history["g_loss"]).all()
    assert int(model.d_optimizer.iterations.numpy()) == 4


def test_test_step_and_predict_step_may_be_overridden(backend):
    class Custom(keras.Model):
        def test_step(self, data):
            x, y = data
            return {"gap": keras.ops.mean(self(x, training=False) - y)}

        def predict_step(self, data):
            return 2.0 * self(data, training=False)

    x, y = regression()
    model = functional(Custom)
    model.compile("sgd", "mse")
    expected = model(x)
    expected = np.asarray(keras.ops.convert_to_numpy(expected))
    assert model.evaluate(x, y, batch_size=20, return_dict=True, **QUIET) == pytest.approx(
        {"gap": np.mean(expected - y)}, abs=1e-5
    )
    np.testing.assert_allclose(model.predict(x, **QUIET), 2 * expected, rtol=1e-5)


def test_compute_loss_and_compute_metrics_may_be_overridden(differentiating_backend):
    class Custom(keras.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            return 10.0 * super().compute_loss(x, y, y_pred, sample_weight)

        def compute_metrics(self, x, y, y_pred, sample_weight):
            results = super().compute_metrics(x, y, y_pred, sample_weight)
            return {**results, "largest": keras.ops.max(y_pred)}

    x, y = regression()
    model, plain = functional(Custom), linear(optimizer=keras.optimizers.SGD(0.0))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    results = model.evaluate(x, y, return_dict=True, **QUIET)
    assert results["loss"] == pytest.approx(10 * plain.evaluate(x, y, **QUIET), rel=1e-5)
    assert results["largest"] == pytest.approx(model.predict(x, **QUIET).max(), rel=1e-5)
    assert model.fit(x, y, batch_size=20, **QUIET).history["loss"] == pytest.approx([results["loss"]], rel=1e-5)


def test_zero_grad_needs_backward(differentiating_backend):
    model = functional(TorchGuide)
    model.compile("sgd", "mse")
    if "backward" in registry.current().capabilities:
        model.zero_grad()
        assert all(v.value.grad is None for v in model.trainable_variables)
    else:
        with pytest.raises(MissingCapabilityError, match="backward"):
            model.zero_grad()


def test_keras_2_names_in_a_train_step(engine):  # noqa: F811
    class Old(keras.Model):
        def test_step(self, data):
            x, y = data
            y_pred = self(x, training=False)
            self.compiled_loss(y, y_pred, regularization_losses=self.losses)
            self.compiled_metrics.update_state(y, y_pred)
            return {m.name: m.result() for m in self.metrics}

    x, y = regression()
    model, plain = functional(Old), linear(metrics=["mae"])
    model.compile("sgd", "mse", metrics=["mae"])
    assert model.evaluate(x, y, **QUIET) == pytest.approx(plain.evaluate(x, y, **QUIET), rel=1e-5)


def test_a_model_without_symbolic_call_trains(differentiating_backend):
    class Odd(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(3)

        def call(self, x):
            return self.dense(x * float(len(x.shape) - 1))

    x, y = regression()
    model = Odd()
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit(x, y, **QUIET).history["loss"][0])
