"""The good files that are changed: a few small models that have something of everything."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any, NamedTuple

import keraslite as keras
from keraslite import layers, metrics, saving
from keraslite.saving import hdf5, safetensors, weights

_SHARED = re.compile(rb'("shared_object_id": )(\d+)')


class Seed(NamedTuple):
    """A good file. `model` is a function that makes the model for its weights."""

    ending: str
    content: bytes
    model: Any


def _functional() -> Any:
    x = keras.Input((4,), name="x")
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, "relu", kernel_regularizer="l2")], name="inner")
    y = layers.Concatenate()([inner(x), inner(layers.Dense(4)(x)) * 2.0, keras.ops.reshape(x, (-1, 2, 2))[:, 0]])
    net = keras.Model({"x": x}, {"a": layers.Dense(2, name="a")(y), "b": layers.Dropout(0.1, name="b")(y)}, name="net")
    net.compile(keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 9, 0.5)), "mse", metrics={
        "a": [metrics.AUC(num_thresholds=5), "mae"],
    })  # fmt: skip
    net.optimizer.build(net.trainable_variables)
    return net


def _images() -> Any:
    net = keras.Sequential([
        keras.Input((6, 6, 1)), layers.Conv2D(2, 3, padding="same"), layers.BatchNormalization(),
        layers.SpectralNormalization(layers.Dense(2)), layers.MaxPooling2D(), layers.Flatten(),
    ])  # fmt: skip
    net.compile("sgd", keras.losses.Huber(0.5))
    return net


def _steps() -> Any:
    x = keras.Input((5,), dtype="int32")
    y = layers.Embedding(7, 4, mask_zero=True)(x)
    y = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(y)
    y = layers.LayerNormalization()(layers.MultiHeadAttention(2, 2)(y, y))
    return keras.Model(x, layers.TimeDistributed(layers.Dense(2, dtype="mixed_float16"))(y))


def _words() -> Any:
    x = keras.Input((), dtype="string")
    return keras.Model(x, layers.Embedding(9, 2)(layers.StringLookup(vocabulary=["a", "b", "ü"])(x)))


def _dated(content: bytes) -> bytes:
    """The same archive, as if it had been written at a certain time, with certain numbers for shared objects."""
    buffer, numbers = io.BytesIO(), {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(buffer, "w") as dated:
        for name in archive.namelist():
            text = archive.read(name)
            if name == "metadata.json":
                text = b'{"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}'
            elif name == "config.json":
                text = _SHARED.sub(lambda found: b"%b%d" % (found[1], numbers.setdefault(found[2], len(numbers))), text)
            dated.writestr(zipfile.ZipInfo(name), text)
    return buffer.getvalue()


def seeds() -> list[Seed]:
    """The good files, with the same bytes each time."""
    keras.utils.set_random_seed(0)
    made = []
    for model in (_functional, _images, _steps, _words):
        net = model()
        made.append(Seed(".keras", _dated(saving.dumps(net)), None))
        made.append(Seed(".weights.h5", hdf5.packed(weights.entries(net)), model))
        made.append(Seed(".safetensors", safetensors.packed(weights.entries(net)), model))
    return made
