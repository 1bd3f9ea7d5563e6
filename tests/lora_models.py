"""Layers with low-rank adapters, for real Keras and keraslite: their weights, and files in both directions."""

from __future__ import annotations

from typing import Any

import numpy as np

#: name -> (class, arguments, shape of inputs)
LAYERS: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {
    "Dense": ("Dense", {"units": 5}, (2, 4)),
    "EinsumDense": ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 6], "bias_axes": "d"}, (2, 3, 4)),
    "Embedding": ("Embedding", {"input_dim": 7, "output_dim": 4}, (2, 3)),
    "Conv1D": ("Conv1D", {"filters": 3, "kernel_size": 2}, (2, 8, 4)),
    "Conv2D": ("Conv2D", {"filters": 3, "kernel_size": 2}, (2, 6, 6, 4)),
}
WAYS = ("later", "by_argument")


def made(k: Any, name: str, way: str) -> Any:
    """A model of the layer alone, with an adapter of rank 2. Keras's Dense forgets an alpha given by argument."""
    cls, options, shape = LAYERS[name]
    more = {"lora_rank": 2} if way == "by_argument" else {}
    layer = getattr(k.layers, cls)(**options, **more, name="only")
    model = k.Sequential([k.Input(shape[1:], dtype="int32" if name == "Embedding" else "float32"), layer])
    if way == "later":
        layer.enable_lora(2, lora_alpha=6)
    return model


def data(name: str) -> np.ndarray:
    """Inputs for the layer."""
    shape = LAYERS[name][2]
    return np.arange(np.prod(shape)).reshape(shape).astype("int32" if name == "Embedding" else "float32") % 7


def fill(model: Any) -> None:
    """Give every weight values that are known."""
    values = map(np.array, model.get_weights())
    model.set_weights([np.linspace(-1, 1, w.size).reshape(w.shape).astype("float32") for w in values])


def describe(model: Any) -> dict[str, Any]:
    """Names, shapes and `trainable` of the weights, and what the config says of the adapter."""
    layer = model.layers[-1]
    config = {key: value for key, value in layer.get_config().items() if key.startswith("lora")}
    return {
        "weights": [[w.name, list(w.shape), bool(w.trainable)] for w in layer.weights],
        "trained": [w.name for w in layer.trainable_weights],
        "config": config,
        "enabled": bool(layer.lora_enabled),
    }


def keras_made(folder: str) -> dict[str, Any]:
    """For each layer and way: what Keras's layer holds, its outputs, and the files that it writes."""
    import keras

    found: dict[str, Any] = {}
    for name in LAYERS:
        for way in WAYS:
            model = made(keras, name, way)
            fill(model)
            path = f"{folder}/{name}_{way}"
            model.save(f"{path}.keras")
            model.save_weights(f"{path}.weights.h5")
            found[f"{name}-{way}"] = {**describe(model), "outputs": np.asarray(model(data(name)))}
    return found


def keras_read(name: str, path: str) -> dict[str, Any]:
    """What Keras reads from our files."""
    import keras

    model = keras.models.load_model(f"{path}.keras")
    again = made(keras, name, "later")
    again.load_weights(f"{path}.weights.h5")
    x = data(name)
    return {**describe(model), "outputs": np.asarray(model(x)), "again": np.asarray(again(x))}
