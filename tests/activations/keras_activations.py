"""Functions that the tests call in real Keras, in its own process (see `keras_peer`)."""

from __future__ import annotations

import keras
import numpy as np


def value(name, x, options):
    return np.asarray(getattr(keras.activations, name)(keras.ops.convert_to_tensor(x), **options))


def relus(x, options):
    """`relu` with each of these arguments."""
    x = keras.ops.convert_to_tensor(x)
    return [keras.ops.convert_to_numpy(keras.activations.relu(x, **each)) for each in options]
