"""Models of rows that measure single layers, in any module with Keras's API. `layer_rows_*.py` has them by hand."""

from __future__ import annotations

from typing import Any

from benchmarks.constants import CLASSES, VOCABULARY

RMS_EPSILON = 1e-6  # Keras's default
GROUPS = 8
HEADS, HEAD = 4, 32  # of attention
BLOCKS = 6  # of the row with RMSNormalization
UNITS = 64  # of the GRU, in each direction
FILTERS = 16  # of the ConvLSTM


def causal(keras: Any, x: Any) -> Any:
    """Self-attention with a causal mask."""
    x = keras.layers.Embedding(VOCABULARY, HEADS * HEAD)(x)
    x = keras.layers.Add()([x, keras.layers.MultiHeadAttention(HEADS, HEAD)(x, x, use_causal_mask=True)])
    return keras.layers.Dense(CLASSES)(keras.layers.GlobalAveragePooling1D()(x))


def group_norm(keras: Any, x: Any) -> Any:
    """Two convolutions, each with group normalization."""
    x = keras.layers.Conv2D(32, 3, padding="same")(x)
    x = keras.layers.Activation("relu")(keras.layers.GroupNormalization(GROUPS)(x))
    x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Conv2D(64, 3, padding="same")(x)
    x = keras.layers.Activation("relu")(keras.layers.GroupNormalization(GROUPS)(x))
    return keras.layers.Dense(CLASSES)(keras.layers.GlobalAveragePooling2D()(x))


def rms_norm(keras: Any, x: Any) -> Any:
    """Residual blocks with RMS normalization over sequences."""
    for _ in range(BLOCKS):
        h = keras.layers.RMSNormalization()(x)
        x = keras.layers.Add()([x, keras.layers.Dense(128, activation="gelu")(h)])
    return keras.layers.Dense(CLASSES)(keras.layers.GlobalAveragePooling1D()(x))


def conv_lstm(keras: Any, x: Any) -> Any:
    """The last state of a ConvLSTM."""
    x = keras.layers.ConvLSTM2D(FILTERS, 3, padding="same")(x)
    return keras.layers.Dense(CLASSES)(keras.layers.GlobalAveragePooling2D()(x))


def separable(keras: Any, x: Any) -> Any:
    """Two separable convolutions behind a plain one."""
    x = keras.layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
    for filters in (64, 128):
        x = keras.layers.SeparableConv2D(filters, 3, padding="same", activation="relu")(x)
    return keras.layers.Dense(CLASSES)(keras.layers.GlobalAveragePooling2D()(x))


def gru(keras: Any, x: Any) -> Any:
    """The last states of a GRU in both directions, over padded sequences."""
    x = keras.layers.Embedding(VOCABULARY, 64, mask_zero=True)(x)
    return keras.layers.Dense(CLASSES)(keras.layers.Bidirectional(keras.layers.GRU(UNITS))(x))


def unet(keras: Any, x: Any) -> Any:
    """A U-Net of three levels, and a mean over its features."""
    layers = keras.layers

    def conv(x: Any, filters: int) -> Any:
        return layers.Conv2D(filters, 3, padding="same", activation="relu")(x)

    first = conv(x, 16)
    second = conv(layers.MaxPooling2D(2)(first), 32)
    x = conv(layers.MaxPooling2D(2)(second), 64)
    x = layers.Concatenate()([layers.Conv2DTranspose(32, 2, strides=2)(x), second])
    x = layers.Concatenate()([layers.Conv2DTranspose(16, 2, strides=2)(conv(x, 32)), first])
    return layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(conv(x, 16)))
