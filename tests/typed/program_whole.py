"""A whole program: models of three kinds, training, callbacks, ops and a training step. No line is an error."""

from __future__ import annotations

from typing import assert_type

import numpy as np

import keraslite as keras
from keraslite import callbacks, layers, losses, metrics, ops, optimizers
from keraslite.types import Tensor

x = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
y = (x.sum(axis=1, keepdims=True) > 0).astype("float32")

plain = keras.Sequential([keras.Input((8,)), layers.Dense(16, activation="relu"), layers.Dense(1, "sigmoid")])
plain.compile(optimizer=optimizers.Adam(1e-3), loss="binary_crossentropy", metrics=["accuracy"])
history = plain.fit(x, y, epochs=2, batch_size=16, validation_split=0.25, verbose=0)
print(history.history["loss"][-1], plain.evaluate(x, y, verbose=0), plain.predict(x, verbose=0).shape)

inputs = keras.Input(shape=(8,), name="features")
hidden = layers.Dropout(0.1)(layers.Dense(16, activation=ops.gelu)(inputs))
outputs = layers.Dense(1)(layers.Concatenate()([hidden, inputs]))
model = keras.Model(inputs, outputs)


class Scale(keras.Layer):
    """A layer of one's own."""

    def __init__(self, start: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.factor * self.start


class Own(keras.Model):
    """A model with a training step of its own."""

    def __init__(self):
        super().__init__()
        self.scale, self.head = Scale(), layers.Dense(1)

    def call(self, inputs, training=False):
        return self.head(self.scale(inputs))

    def train_step(self, data):
        inputs, targets = data

        def loss_of(batch):
            return ops.mean(losses.mean_squared_error(targets, self(batch, training=True)))

        return {"loss": loss_of(inputs)}


class Stop(callbacks.Callback):
    """A callback of one's own."""

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None and logs["loss"] < 0.1:
            self.model.stop_training = True


own = Own()
own.compile(optimizer="sgd", loss=losses.MeanSquaredError(), metrics=[metrics.MeanAbsoluteError(name="mae")])
own.fit(x, y, epochs=3, callbacks=[Stop(), callbacks.EarlyStopping("loss", patience=2, mode="min")], verbose=0)
total = ops.sum(ops.square(ops.subtract(x, ops.mean(x, axis=0, keepdims=True))), axis=-1)
assert_type(total, Tensor)
assert_type(total * 2 - 1, Tensor)
assert_type(total[0], Tensor)
print(float(ops.max(total)), ops.concatenate([total, total]).shape, np.asarray(ops.where(total > 1, total, 0.0)))
