"""Small models and data for the tests of training."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import optimizers
from keraslite.backend import registry
from keraslite.callbacks import Callback
from keraslite.layers import Dense, Input
from keraslite.models import Model, Sequential
from keraslite.utils import set_random_seed


@pytest.fixture
def engine():
    """One engine that trains, for what is the same code on all: the one that starts fastest."""
    name = next(name for name in ("torch", "jax", "tensorflow") if name in registry.installed())
    with registry.use_backend(name):
        yield name


def regression(samples: int = 20, inputs: int = 4, outputs: int = 3):
    """`x` and `y` of float32."""
    generator = np.random.default_rng(1)
    x = generator.normal(size=(samples, inputs)).astype("float32")
    return x, (x @ generator.normal(size=(inputs, outputs))).astype("float32")


def classes(samples: int = 20, inputs: int = 4, number: int = 3):
    """`x` of float32 and class indices `y`."""
    generator = np.random.default_rng(2)
    return generator.normal(size=(samples, inputs)).astype("float32"), generator.integers(0, number, samples)


def linear(outputs: int = 3, inputs: int = 4, seed: int = 3, activation=None, **compiled) -> Model:
    """One Dense layer, compiled with plain SGD and the mean squared error unless told otherwise."""
    set_random_seed(seed)
    model = Sequential([Input((inputs,)), Dense(outputs, activation=activation, name="dense")])
    model.compile(**{"optimizer": optimizers.SGD(0.1), "loss": "mse", **compiled})
    return model


def classifier(number: int = 3, **compiled) -> Model:
    """One Dense layer with softmax."""
    settings = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], **compiled}
    return linear(number, activation="softmax", **settings)


def two_headed(as_dict: bool = False) -> Model:
    """Outputs "a" `(batch, 3)` and "b" `(batch, 5)`, the latter a softmax."""
    set_random_seed(4)
    x = Input((4,), name="x")
    a, b = Dense(3, name="a")(x), Dense(5, activation="softmax", name="b")(x)
    return Model(x, {"a": a, "b": b} if as_dict else [a, b])


class Recorder(Callback):
    """Keeps the order of calls, and the logs given to hooks of batches."""

    def __init__(self):
        super().__init__()
        self.calls = []
        self.logs = []

    def on_train_begin(self, logs=None):
        self.calls.append("train begin")

    def on_train_end(self, logs=None):
        self.calls.append("train end")

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(f"epoch {epoch} begin")

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(f"epoch {epoch} end")

    def on_train_batch_begin(self, batch, logs=None):
        self.calls.append(f"batch {batch} begin")

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(f"batch {batch} end")
        self.logs.append(logs)


class Crash(Exception):
    """What interrupts training here."""


class Interrupt(Callback):
    """Raises at its event of that number: a batch, the begin or the end of an epoch, of a validation, of training."""

    def __init__(self, at, batches):
        super().__init__()
        self.at, self.batches, self.count, self.logs = at, batches, 0, {}

    def watches_batches(self, mode):
        return self.batches and mode == "train"

    def happens(self):
        self.count += 1
        if self.count == self.at:
            raise Crash

    def on_epoch_begin(self, epoch, logs=None):
        self.happens()

    def on_epoch_end(self, epoch, logs=None):
        self.logs[epoch] = dict(logs)
        self.happens()

    def on_test_end(self, logs=None):
        self.happens()

    def on_train_end(self, logs=None):
        self.happens()

    def on_train_batch_end(self, batch, logs=None):
        if self.batches:
            self.happens()
