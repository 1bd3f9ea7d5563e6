"""Losses of real Keras. This runs in the process of `keras_peer`."""

from __future__ import annotations

import keras


def class_value(name, arguments, y_true, y_pred, sample_weight=None, mask=None):
    loss = getattr(keras.losses, name)(**arguments)
    y_pred = keras.ops.convert_to_tensor(y_pred)
    if mask is not None:
        keras.src.backend.set_keras_mask(y_pred, keras.ops.convert_to_tensor(mask))
    return keras.ops.convert_to_numpy(loss(y_true, y_pred, sample_weight))


def function_value(name, arguments, y_true, y_pred):
    return keras.ops.convert_to_numpy(getattr(keras.losses, name)(y_true, y_pred, **arguments))


def loaded_config(config):
    """The config Keras gives after loading ours."""
    return keras.losses.deserialize(config).get_config()
