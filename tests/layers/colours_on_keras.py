"""Layers of colour of real Keras, in its own process (see `keras_peer`)."""

from __future__ import annotations

import json

import keras
import numpy as np


def _plain(nest):
    if isinstance(nest, dict):
        return {key: _plain(value) for key, value in nest.items()}
    return None if nest is None else np.asarray(keras.ops.convert_to_numpy(nest))


def transformed(cls, kwargs, images):
    """What is drawn for the images, and the images after that transformation."""
    layer = getattr(keras.layers, cls)(**kwargs)
    tensor = keras.ops.convert_to_tensor(images)
    data = tensor if cls == "RandomGrayscale" else {"images": tensor}
    drawn = layer.get_random_transformation(data, training=True, seed=keras.random.SeedGenerator(3))
    return {"drawn": _plain(drawn), "images": _plain(layer.transform_images(tensor, drawn, training=True))}


def called(cls, kwargs, images):
    """What a call in training makes of the images."""
    return _plain(getattr(keras.layers, cls)(**kwargs)(images, training=True))


def config(cls, kwargs):
    """The config of a layer, as JSON."""
    return json.loads(json.dumps(getattr(keras.layers, cls)(**kwargs).get_config()))


def rand_augmented(chosen, images):
    """What `RandAugment` draws for all its layers, and the images after those that were chosen."""
    layer = keras.layers.RandAugment(seed=3)
    tensor = keras.ops.convert_to_tensor(images)
    drawn = layer.get_random_transformation({"images": tensor}, training=True, seed=keras.random.SeedGenerator(3))
    drawn["layer_idxes"] = keras.ops.convert_to_tensor(chosen, "int32")
    moved = ("random_shear", "random_translation", "random_rotation")  # they hold sizes too
    kept = {name: value for name, value in drawn["transforms"].items() if name not in moved}
    return {
        "transforms": {**dict.fromkeys(moved), **_plain(kept)},
        "images": _plain(layer.transform_images(tensor, drawn, training=True)),
    }
