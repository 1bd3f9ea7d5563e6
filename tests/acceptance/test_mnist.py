"""The tutorial's convnet on MNIST, if the data is present: the engines agree step by step, and the model learns."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

import keraslite as keras
from keraslite.backend import registry

DATA = Path(__file__).parents[3] / "shared" / "data" / "mnist"
TRAINERS = [name for name in registry.installed() if name != "numpy"]

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="MNIST is not here")


def read(name: str) -> np.ndarray:
    """An idx file."""
    content = gzip.decompress((DATA / name).read_bytes())
    shape = [int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(content[3])]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)


def data(part: str, count: int | None = None):
    """Images in [0, 1] and labels."""
    images = read(f"{part}-images-idx3-ubyte.gz")[:count]
    return (images / 255.0).astype("float32")[..., None], read(f"{part}-labels-idx1-ubyte.gz")[:count].astype("int32")


def convnet(dropout: float):
    layers = keras.layers
    model = keras.Sequential([
        layers.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dropout(dropout), layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Losses(keras.callbacks.Callback):
    """The loss of each batch alone, from the running means."""

    def on_epoch_begin(self, epoch, logs=None):
        self.means = []

    def on_train_batch_end(self, batch, logs=None):
        self.means.append(float(logs["loss"]))

    def each(self):
        totals = np.array(self.means, "float64") * np.arange(1, len(self.means) + 1)
        return np.diff(totals, prepend=0.0)


def curve(engine: str, count: int) -> np.ndarray:
    with keras.use_backend(engine):
        keras.utils.set_random_seed(1)
        listener = Losses()
        convnet(0.0).fit(*data("train", count), batch_size=128, epochs=1, callbacks=[listener], verbose=0)
    return listener.each()


def test_engines_agree_batch_by_batch():
    curves = {engine: curve(engine, 12800) for engine in TRAINERS}
    assert all(len(each) == 100 for each in curves.values())
    for engine in TRAINERS[1:]:
        np.testing.assert_allclose(curves[engine], curves[TRAINERS[0]], atol=1e-3, err_msg=engine)


@pytest.mark.slow
@pytest.mark.parametrize("engine", TRAINERS)
def test_two_epochs(engine):
    with keras.use_backend(engine):
        keras.utils.set_random_seed(1)
        model = convnet(0.5)
        model.fit(*data("train"), batch_size=128, epochs=2, verbose=0)
        _, accuracy = model.evaluate(*data("t10k"), verbose=0)
    assert accuracy >= 0.98


@pytest.mark.slow
def test_mean_loss_of_an_epoch():
    means = {}
    for engine in TRAINERS:
        with keras.use_backend(engine):
            keras.utils.set_random_seed(1)
            history = convnet(0.0).fit(*data("train"), batch_size=128, epochs=1, verbose=0).history
            means[engine] = history["loss"][0]
    for engine in TRAINERS[1:]:
        assert means[engine] == pytest.approx(means[TRAINERS[0]], abs=1e-3), means
