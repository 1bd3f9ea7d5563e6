"""Losses of real Keras. This runs in the process of `keras_peer`."""

from __future__ import annotations

import keras
import numpy as np


def class_value(name, arguments, y_true, y_pred, sample_weight=None, mask=None):
    if name == "SparseCategoricalFocalCrossentropy":
        name, arguments, y_true, sample_weight = _one_hot(arguments, y_true, y_pred, sample_weight)
    loss = getattr(keras.losses, name)(**arguments)
    y_pred = keras.ops.convert_to_tensor(y_pred)
    if mask is not None:
        keras.src.backend.set_keras_mask(y_pred, keras.ops.convert_to_tensor(mask))
    return keras.ops.convert_to_numpy(loss(y_true, y_pred, sample_weight))


def _one_hot(arguments, y_true, y_pred, weight):
    """`SparseCategoricalFocalCrossentropy`, which Keras has from 3.16 on, as the loss of one-hot targets."""
    arguments = dict(arguments)
    ignored, axis = arguments.pop("ignore_class", None), arguments.get("axis", -1)
    true = np.moveaxis(np.eye(y_pred.shape[axis], dtype="float32")[y_true], -1, axis)
    if ignored is not None:
        weight = (1.0 if weight is None else weight) * (y_true != ignored).astype("float32")
    return "CategoricalFocalCrossentropy", arguments, true, weight


def function_value(name, arguments, y_true, y_pred):
    if name == "sparse_categorical_focal_crossentropy":
        y_true, name = _one_hot(arguments, y_true, y_pred, None)[2], "categorical_focal_crossentropy"
    return keras.ops.convert_to_numpy(getattr(keras.losses, name)(y_true, y_pred, **arguments))


def loaded_config(config):
    """The config Keras gives after loading ours."""
    return keras.losses.deserialize(config).get_config()
