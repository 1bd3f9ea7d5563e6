"""Core objects of real Keras. This runs in the process of `keras_peer`."""

from __future__ import annotations

import keras


def stft(options, shape):
    return keras.ops.convert_to_numpy(keras.initializers.STFT(**options)(tuple(shape)))


class Scale(keras.Operation):
    def __init__(self, factor, name=None):
        super().__init__(name=name)
        self.factor = factor

    def call(self, x):
        return x * self.factor


class Halves(keras.Operation):
    def __init__(self, name=None):
        super().__init__(name=name)

    def call(self, x, swap=False):
        halves = keras.ops.split(x, 2, axis=-1)
        return halves[::-1] if swap else halves


def predict_with_operations(path, x):
    model = keras.saving.load_model(path, custom_objects={"Scale": Scale, "Halves": Halves})
    return model.predict(x, verbose=0)


def state_tree_paths(x, y):
    keras.utils.clear_session()
    layers = [keras.Input((4,)), keras.layers.Dense(2, name="d"), keras.layers.BatchNormalization(name="b")]
    model = keras.Sequential(layers, name="m")
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, y, verbose=0)
    tree = model.get_state_tree("numpy_array")
    return [["/".join(path), list(value.shape)] for path, value in keras.tree.flatten_with_path(tree)]
