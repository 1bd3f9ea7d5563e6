"""Files of weights, written and read by real Keras in a helper process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peer_models


def shards(name: str, path: str, limit: float) -> dict[str, Any]:
    """Build and train a model, and write its weights in shards of at most `limit` GB."""
    import keras

    keras.utils.set_random_seed(3)
    net, x, y = peer_models.MODELS[name](keras)
    peer_models.train(net, x, y, steps=1)
    net.save_weights(path, max_shard_size=limit)
    count = len(list(Path(path).parent.glob(f"{Path(path).name.partition('.')[0]}_*.weights.h5")))
    return {"outputs": peer_models.outputs(net, x), "shards": count}


def read(name: str, path: str) -> dict[str, Any]:
    """Outputs of a model with the weights of a file."""
    import keras

    net, x, y = peer_models.MODELS[name](keras)
    peer_models.train(net, x, y, steps=1)
    net.load_weights(path)
    return {"outputs": peer_models.outputs(net, x), "steps": int(net.optimizer.iterations.numpy())}


def edited(path: str, to: str) -> dict[str, Any]:
    """Give the second of two layers a new kernel and bias, by Keras's editor. Its files have no checksums."""
    import keras
    import numpy as np

    kernel = np.arange(12, dtype="float32").reshape(4, 3)
    editor = keras.saving.KerasFileEditor(path)
    editor.delete_object("dense_1")
    editor.add_object("layers/dense_1", {"0": kernel, "1": np.zeros(3, "float32")})
    editor.save(to)
    return {"kernel": kernel}


def compared(path: str, units: list[int]) -> dict[str, Any]:
    """What Keras's editor says of a file and a stack of layers."""
    import keras

    model = keras.Sequential([keras.Input((3,)), *[keras.layers.Dense(n) for n in units]])
    return keras.saving.KerasFileEditor(path).compare(model)
