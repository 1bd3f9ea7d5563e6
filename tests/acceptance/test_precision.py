"""Models of every family of layers train in mixed precision."""

from __future__ import annotations

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers
from keraslite.backend import registry
from keraslite.dtype_policies import use_dtype_policy

COUNT = 48


def dense():
    return keras.Sequential([
        keras.Input((6,)), layers.Dense(16), layers.BatchNormalization(), layers.Activation("relu"),
        layers.LayerNormalization(), layers.Dropout(0.1), layers.Dense(1),
    ])  # fmt: skip


def images():
    return keras.Sequential([
        keras.Input((8, 8, 1)), layers.Conv2D(4, 3, padding="same", activation="relu"), layers.MaxPooling2D(),
        layers.BatchNormalization(), layers.Conv2D(8, 3), layers.AveragePooling2D(2), layers.Flatten(), layers.Dense(1),
    ])  # fmt: skip


def sequences():
    return keras.Sequential([
        keras.Input((8, 3)), layers.Conv1D(6, 3, activation="relu"), layers.GlobalAveragePooling1D(),
        layers.Reshape((2, 3)), layers.Flatten(), layers.Dense(1),
    ])  # fmt: skip


def recurrent():
    x = keras.Input((6,), dtype="int32")
    h = layers.Embedding(12, 6, mask_zero=True)(x)
    h = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(h)
    h = layers.GRU(4, return_sequences=True)(h)
    return keras.Model(x, layers.Dense(1)(layers.SimpleRNN(6)(h)))


def attention():
    x = keras.Input((6, 8))
    h = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4, dropout=0.1)(x, x, use_causal_mask=True))
    return keras.Model(x, layers.Dense(1)(layers.GlobalAveragePooling1D()(h)))


def merged():
    x = keras.Input((4, 4, 3))
    h = layers.Conv2D(4, 3, padding="same")(x)
    a, b = layers.GlobalAveragePooling2D()(h), layers.GlobalAveragePooling2D()(layers.Lambda(abs)(h))
    h = layers.Concatenate()([layers.Add()([a, b]), layers.Multiply()([a, b])])
    return keras.Model(x, layers.Dense(1)(h))


MODELS = {
    dense: (6,),
    images: (8, 8, 1),
    sequences: (8, 3),
    recurrent: (6,),
    attention: (6, 8),
    merged: (4, 4, 3),
}


@pytest.mark.one_engine
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_mixed_precision_trains(differentiating_backend, make, policy):
    random = np.random.default_rng(1)
    shape = (COUNT, *MODELS[make])
    x = random.integers(0, 12, shape) if make is recurrent else random.normal(size=shape).astype("float32")
    y = (x.reshape(COUNT, -1)[:, :1] > np.median(x.reshape(COUNT, -1)[:, 0])).astype("float32") + 1.0
    keras.utils.set_random_seed(2)
    with use_dtype_policy(policy):
        model = make()
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer) == (policy == "mixed_float16")
    history = model.fit(x, y, batch_size=16, epochs=8, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert history["loss"][-1] < 0.6 * history["loss"][0]
    assert {v.dtype for v in model.weights if "seed" not in v.path} == {"float32"}
    outputs = model(x[:2])
    engine = registry.load(differentiating_backend)
    assert engine.dtype_name(outputs) == policy.removeprefix("mixed_")
    assert np.isfinite(model.predict(x, verbose=0).astype("float32")).all()
    steps = model.optimizer.inner_optimizer.iterations if policy == "mixed_float16" else model.optimizer.iterations
    assert int(steps.numpy()) >= 20  # of 24: a step whose scaled gradients overflow is left out
