"""Lookup layers of real Keras, on TensorFlow, which they need."""

from __future__ import annotations

import keras
import numpy as np


def tokens(values):
    return [each.item() if isinstance(each, np.generic) else each for each in values]


def outputs(cls, kwargs, data, adapt_on=None):
    """Vocabulary, weights and outputs of a layer made so, adapted to data if there is some."""
    layer = getattr(keras.layers, cls)(**kwargs)
    if adapt_on is not None:
        layer.adapt(adapt_on)
    found = layer(data).numpy()
    if found.dtype == object:
        found = np.vectorize(bytes.decode, otypes=["U"])(found)
    weights = np.asarray(layer.idf_weights) if kwargs.get("output_mode") == "tf_idf" else np.zeros(0)
    return {"vocabulary": tokens(layer.get_vocabulary()), "weights": weights, "outputs": found}


def specs(cls, kwargs, shapes, dtype):
    layer = getattr(keras.layers, cls)(**kwargs)
    found = [layer(keras.Input(shape[1:], dtype=dtype)) for shape in shapes]
    return [[list(each.shape), each.dtype] for each in found]


def read(path, data):
    """What a model in a file predicts, and its layer's vocabulary."""
    model = keras.saving.load_model(path)
    lookup = next(layer for layer in model.layers if "Lookup" in type(layer).__name__)
    return {"outputs": np.asarray(model(data)), "vocabulary": tokens(lookup.get_vocabulary())}


def write(path, cls, kwargs, data, adapt_on=None):
    """Save a model that begins with the layer; what it predicts."""
    lookup = getattr(keras.layers, cls)(**kwargs)
    if adapt_on is not None:
        lookup.adapt(adapt_on)
    dtype = "string" if cls == "StringLookup" else "int64"
    x = keras.Input(data.shape[1:], dtype=dtype)
    h = keras.ops.cast(lookup(x), "float32") if kwargs.get("output_mode", "int") == "int" else lookup(x)
    model = keras.Model(x, keras.layers.Dense(2)(h))
    model.save(path)
    return {"outputs": np.asarray(model(data)), "vocabulary": tokens(lookup.get_vocabulary())}


def hashes(texts, buckets, key):
    """TensorFlow's own hashes."""
    import tensorflow as tf

    texts = [bytes(text) for text in texts]
    fast = tf.strings.to_hash_bucket_fast(texts, buckets).numpy()
    return {"fast": fast, "strong": tf.strings.to_hash_bucket_strong(texts, buckets, key).numpy()}
