"""Sample weights in every legal shape, accumulated gradients, and settings that callbacks change within an epoch."""

from __future__ import annotations

import numpy as np
import pytest

import keraslite as keras
from keraslite import callbacks, layers, optimizers

QUIET = {"verbose": 0}
RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(6, 5, 2)).astype("float32"), RANDOM.normal(size=(6, 5, 3)).astype("float32")
OF_SAMPLES, OF_STEPS = RANDOM.uniform(0.1, 2, 6).astype("float32"), RANDOM.uniform(0.1, 2, (6, 5)).astype("float32")
WEIGHTS = {
    "samples": OF_SAMPLES,
    "list": OF_SAMPLES.tolist(),
    "column": OF_SAMPLES[:, None],
    "steps": OF_STEPS,
    "steps in columns": OF_STEPS[..., None],
}


def of_sequences():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((5, 2)), layers.Dense(3)])
    model.compile(optimizers.SGD(0.0), "mse", weighted_metrics=["mae"])
    return model


@pytest.mark.one_engine
@pytest.mark.parametrize("how", ["fit", "generator", "on_batch", "evaluate"])
@pytest.mark.parametrize("shape", WEIGHTS)
def test_weights_of_every_shape(differentiating_backend, shape, how):
    weight, model = WEIGHTS[shape], of_sequences()
    each = OF_STEPS if "steps" in shape else OF_SAMPLES[:, None] * np.ones((1, 5))
    error = model.predict(X, **QUIET) - Y
    expected = [((error**2).mean(-1) * each).mean(), (np.abs(error).mean(-1) * each).sum() / each.sum()]
    if how == "evaluate":
        found = model.evaluate(X, Y, sample_weight=weight, **QUIET)
    elif how == "on_batch":
        found = model.train_on_batch(X, Y, sample_weight=np.asarray(weight))
    else:
        data = (iter([(X, Y, np.asarray(weight))]),) if how == "generator" else (X, Y)
        options = {} if how == "generator" else {"sample_weight": weight}
        found = [values[0] for values in model.fit(*data, **options, **QUIET).history.values()]
    assert found == pytest.approx(expected, rel=1e-5)


def flat(model):
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


def test_accumulated_gradients_are_those_of_the_large_batch(differentiating_backend):
    x = RANDOM.normal(size=(32, 4)).astype("float32")
    found = []
    for options, size in (({}, 16), ({"gradient_accumulation_steps": 4}, 4)):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "tanh"), layers.Dense(2)])
        model.compile(optimizers.SGD(0.1, momentum=0.9, **options), "mse")
        model.fit(x, x[:, :2], batch_size=size, epochs=3, shuffle=False, **QUIET)
        found.append(flat(model))
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-6)


CHANGES = {
    "learning_rate": lambda model: setattr(model.optimizer, "learning_rate", 0.3),
    "momentum": lambda model: setattr(model.optimizer, "momentum", 0.9),
    "clipnorm": lambda model: setattr(model.optimizer, "clipnorm", 0.01),
    "weight_decay": lambda model: setattr(model.optimizer, "weight_decay", 0.5),
    "trainable": lambda model: setattr(model.layers[0], "trainable", False),
    "rate": lambda model: setattr(model.layers[1], "rate", 0.9),
    "activation": lambda model: setattr(model.layers[0], "activation", keras.activations.relu),
    "constraint": lambda model: setattr(model.layers[0].kernel, "constraint", keras.constraints.MaxNorm(0.1)),
    "momentum of a layer": lambda model: setattr(model.layers[3], "momentum", 0.1),
    "weights": lambda model: model.set_weights([0 * weight + 0.2 for weight in model.get_weights()]),
}


@pytest.mark.one_engine
@pytest.mark.parametrize("name", CHANGES)
def test_a_setting_that_a_callback_changes_acts_on_the_next_batch(differentiating_backend, name):
    x = RANDOM.normal(size=(32, 4)).astype("float32")
    y = x[:, :2]

    def made():
        keras.utils.set_random_seed(2)
        model = keras.Sequential([
            keras.Input((4,)), layers.Dense(8, "tanh"), layers.Dropout(0.5, seed=3), layers.Dense(2),
            layers.BatchNormalization(),
        ])  # fmt: skip
        model.compile(optimizers.SGD(0.05, momentum=0.1), "mse")
        return model

    def change(batch, logs=None):
        if batch == 2:
            CHANGES[name](model)

    model = by_hand = made()
    for i in range(8):
        by_hand.train_on_batch(x[4 * i : 4 * i + 4], y[4 * i : 4 * i + 4])
        change(i)
    model = in_fit = made()
    watch = callbacks.LambdaCallback(on_train_batch_end=change)
    in_fit.fit(x, y, batch_size=4, shuffle=False, callbacks=[watch], **QUIET)
    unchanged = made()
    unchanged.fit(x, y, batch_size=4, shuffle=False, **QUIET)
    np.testing.assert_allclose(flat(in_fit), flat(by_hand), rtol=1e-4, atol=1e-5)
    assert not np.allclose(flat(in_fit), flat(unchanged), rtol=1e-3)
