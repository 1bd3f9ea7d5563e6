"""Layers of real Keras that prepare texts and tables."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


def made(cls: str, kwargs: dict[str, Any], adapt_on: Any = None) -> Any:
    """A layer, adapted to data if there is some. Lists in `ngrams` are tuples."""
    kwargs = {name: tuple(value) if name == "ngrams" and isinstance(value, list) else value
              for name, value in kwargs.items()}  # fmt: skip
    layer = getattr(keras.layers, cls)(**kwargs)
    if adapt_on is not None:
        layer.adapt(adapt_on)
    return layer


def arrays(nest: Any) -> Any:
    """Outputs as NumPy arrays, texts as str."""
    if isinstance(nest, dict):
        return {key: arrays(value) for key, value in nest.items()}
    found = np.asarray(keras.ops.convert_to_numpy(nest))
    return np.vectorize(bytes.decode, otypes=["U"])(found) if found.dtype == object else found


def outputs(cls: str, kwargs: dict[str, Any], data: Any, adapt_on: Any = None, call: Any = None) -> Any:
    """What the layer returns, once for each data, and its config."""
    layer = made(cls, kwargs, adapt_on)
    found = [arrays(layer(each, **(call or {}))) for each in data]
    vocabulary = [str(each) for each in layer.get_vocabulary()] if hasattr(layer, "get_vocabulary") else []
    config = layer.get_config()
    weights = [np.asarray(weight) for weight in layer.weights]
    return {"outputs": found, "vocabulary": vocabulary, "config": config, "weights": weights}


def write(path: str, cls: str, kwargs: dict[str, Any], data: Any, adapt_on: Any = None) -> Any:
    """Save a model that consists of the layer; what it predicts."""
    layer = made(cls, kwargs, adapt_on)
    data = data if isinstance(data, list) else [data]
    inputs = [keras.Input(each.shape[1:], dtype=kind(each)) for each in data]
    model = keras.Model(inputs, layer(inputs if len(inputs) > 1 else inputs[0]))
    model.save(path)
    return arrays(layer(data if len(data) > 1 else data[0]))


def read(path: str, data: Any) -> Any:
    """What a model in a file returns."""
    model = keras.saving.load_model(path)
    return arrays(model(data))


def kind(array: np.ndarray) -> str:
    return "string" if array.dtype.kind in "US" else str(array.dtype)
