"""Files and folders by real Keras, for tests to compare with. Runs in Keras's own process."""

from __future__ import annotations

import os
from typing import Any

import keras
import numpy as np


def get_file(options: dict[str, Any], folder: str) -> str:
    """The path that Keras's `get_file` gives."""
    os.makedirs(folder)
    return keras.utils.get_file(**options, cache_dir=folder)


def array_to_img(x: np.ndarray, options: dict[str, Any]) -> Any:
    """The array and mode of the image that Keras makes of an array."""
    image = keras.utils.array_to_img(x, **options)
    return [np.asarray(image), image.mode]


def load_img(path: str, options: dict[str, Any]) -> Any:
    """The array and mode of the image that Keras loads."""
    image = keras.utils.load_img(path, **options)
    return [np.asarray(image), image.mode]


def smart_resize(x: np.ndarray, options: dict[str, Any]) -> Any:
    """What Keras's function of this name gives."""
    return np.asarray(keras.preprocessing.image.smart_resize(x, **options))


def tf_resize(x: np.ndarray, size: list[int], method: str) -> np.ndarray:
    """An image resized by TensorFlow, as Keras's data sets do it."""
    import tensorflow as tf

    return tf.image.resize(x, size, method=method).numpy()
