"""What the tests ask of real Keras: runs in its own process (see `keras_peer`)."""

from __future__ import annotations

import keras
import numpy as np


def value(name, x, options):
    return np.asarray(getattr(keras.activations, name)(keras.ops.convert_to_tensor(x), **options))
