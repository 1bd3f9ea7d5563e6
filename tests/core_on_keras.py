"""Keras's core objects in real Keras; runs in the process of `keras_peer`."""

from __future__ import annotations

import keras


def stft(options, shape):
    return keras.ops.convert_to_numpy(keras.initializers.STFT(**options)(tuple(shape)))
