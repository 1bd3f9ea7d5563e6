"""The same seed leads to the same run, on every engine."""

from __future__ import annotations

import numpy as np
import pytest

import keraslite as keras
from keraslite import initializers, layers
from keraslite.backend import registry

ENGINES = registry.installed()
TRAINERS = [name for name in ENGINES if name != "numpy"]
INITIALIZERS = [
    "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "orthogonal",
    "random_normal", "random_uniform", "truncated_normal", "zeros", "ones", "identity",
    initializers.Constant(0.3), initializers.VarianceScaling(2.0, "fan_avg", "uniform"),
]  # fmt: skip
X = np.random.default_rng(3).normal(size=(40, 5)).astype("float32")
Y = (X[:, :1] * 2).astype("float32")


def everything():
    """A weight of each initializer, and of each layer with its own."""
    x = keras.Input((6, 5))
    h = layers.Conv1D(4, 3)(x)
    h = layers.MultiHeadAttention(2, 3)(h, h) + h
    h = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(h)
    h = layers.GRU(4, return_sequences=True)(h)
    h = layers.SimpleRNN(4)(layers.BatchNormalization()(layers.LayerNormalization()(h)))
    for each in INITIALIZERS:
        h = layers.Dense(4, kernel_initializer=each, bias_initializer="ones")(h)
    ids = keras.Input((3,), dtype="int32")
    pixels = keras.Input((8, 8, 3))
    rest = [layers.Flatten()(layers.Embedding(7, 3)(ids)), layers.Flatten()(layers.Conv2D(2, 3)(pixels)), h]
    return keras.Model([x, ids, pixels], layers.Concatenate()(rest))


def test_initial_weights_are_bit_identical():
    weights = {}
    for name in ENGINES:
        with keras.use_backend(name):
            keras.utils.set_random_seed(11)
            weights[name] = everything().get_weights()
    first = weights[ENGINES[0]]
    assert len(first) > 40
    for name in ENGINES[1:]:
        for a, b in zip(first, weights[name], strict=True):
            assert a.dtype == b.dtype
            assert a.tobytes() == b.tobytes(), name


class Watching(keras.Model):
    """Keeps the order in which it sees samples."""

    def __init__(self):
        super().__init__()
        self.head = layers.Dense(1)
        self.seen = []

    def call(self, x):
        return self.head(x)

    def train_step(self, data):
        self.seen.extend(np.asarray(keras.ops.convert_to_numpy(data[0]))[:, 0].tolist())
        return super().train_step(data)


def test_shuffles_are_equal():
    orders = {}
    for name in TRAINERS:
        with keras.use_backend(name):
            keras.utils.set_random_seed(4)
            model = Watching()
            model.compile("sgd", "mse", run_eagerly=True)
            model.fit(X, Y, batch_size=7, epochs=2, verbose=0)
            orders[name] = model.seen
    first = orders[TRAINERS[0]]
    assert len(first) == 80
    assert first[:40] != first[40:] != X[:, 0].tolist()
    assert all(order == first for order in orders.values())


def noisy(rate: float = 0.4):
    return keras.Sequential([
        keras.Input((5,)), layers.Dense(16, activation="relu"), layers.Dropout(rate), layers.GaussianNoise(0.1),
        layers.Reshape((4, 4)), layers.LSTM(5, dropout=0.2, recurrent_dropout=0.2), layers.Dropout(rate),
        layers.Dense(1),
    ])  # fmt: skip


def losses(name: str, seed: int) -> list[float]:
    with keras.use_backend(name):
        keras.utils.set_random_seed(seed)
        model = noisy()
        model.compile(keras.optimizers.Adam(0.01), "mse")
        return model.fit(X, Y, batch_size=8, epochs=5, verbose=0).history["loss"]


def test_portable_randomness_gives_one_curve_with_dropout():
    keras.config.enable_portable_random()
    curves = {name: losses(name, 6) for name in TRAINERS}
    for name in TRAINERS[1:]:
        np.testing.assert_allclose(curves[name], curves[TRAINERS[0]], atol=1e-4, err_msg=name)
    assert not np.allclose(losses(TRAINERS[0], 7), curves[TRAINERS[0]], atol=1e-3)


@pytest.mark.parametrize("portable", [False, True])
def test_a_seed_repeats_a_run(differentiating_backend, portable):
    keras.config.enable_portable_random(portable)
    assert losses(differentiating_backend, 8) == losses(differentiating_backend, 8)
