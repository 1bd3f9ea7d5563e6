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


def folder(name: str, directory: str, options: dict[str, Any]) -> Any:
    """Of each data set that a function gives: class names, paths below the folder, and all elements as arrays."""
    try:
        made = getattr(keras.utils, f"{name}_dataset_from_directory")(directory, verbose=False, **options)
    except ValueError as error:
        return {"error": str(error)}
    return [_described(each, directory) for each in (made if isinstance(made, (list, tuple)) else [made])]


def _described(dataset: Any, directory: str) -> Any:
    paths = [os.path.relpath(path, directory) for path in getattr(dataset, "file_paths", [])]
    return {"class_names": dataset.class_names, "paths": paths, "elements": [_arrays(each) for each in dataset]}


def _arrays(element: Any) -> list[Any]:
    parts = [np.asarray(part) for part in (element if isinstance(element, tuple) else (element,))]
    return [np.char.decode(part.astype(bytes)).tolist() if part.dtype == object else part for part in parts]


def timeseries(data: np.ndarray, targets: np.ndarray | None, options: dict[str, Any]) -> Any:
    """All elements of the data set of windows."""
    return [_arrays(each) for each in keras.utils.timeseries_dataset_from_array(data, targets, **options)]


def split(data: Any, options: dict[str, Any]) -> Any:
    """All elements of both parts."""
    data = tuple(data) if isinstance(data, list) else data
    return [[_arrays(each) for each in part] for part in keras.utils.split_dataset(data, **options)]
