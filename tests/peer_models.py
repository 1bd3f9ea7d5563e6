"""Models for any Keras: `build(k)` accepts `keras` or `keraslite` and returns a compiled model with its data.

Dropout rates are 0 so that both sides compute the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

MODELS: dict[str, Any] = {}
CUSTOM: dict[str, Any] = {}


def model(build: Any) -> Any:
    """Register a builder under its name."""
    MODELS[build.__name__] = build
    return build


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def numbers(*shape: int) -> np.ndarray:
    return rng().normal(size=shape).astype("float32")


def tokens(*shape: int) -> np.ndarray:
    ids = rng().integers(1, 12, size=shape)
    ids[:, -3:] = 0  # padding
    ids[0, 2:] = 0
    return ids.astype("int32")


@model
def mlp(k: Any) -> Any:
    layers = k.layers
    net = k.Sequential([
        layers.Input((6,)), layers.Dense(8, activation="relu"), layers.Dropout(0.0), layers.BatchNormalization(),
        layers.Dense(5, kernel_regularizer="l2"), layers.Activation("tanh"), layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    net.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return net, numbers(16, 6), rng().integers(0, 3, size=(16,)).astype("int32")


@model
def convnet(k: Any) -> Any:
    layers = k.layers
    net = k.Sequential([
        layers.Conv2D(4, 3, activation="relu", input_shape=(12, 12, 2)), layers.MaxPooling2D(),
        layers.Conv2D(4, (3, 2), strides=2, padding="same", use_bias=False), layers.BatchNormalization(),
        layers.AveragePooling2D(2, padding="same"), layers.Flatten(), layers.Dense(4),
    ])  # fmt: skip
    net.compile(k.optimizers.SGD(0.02, momentum=0.9, nesterov=True), "mse")
    return net, numbers(8, 12, 12, 2), numbers(8, 4)


@model
def conv1d_text(k: Any) -> Any:
    layers = k.layers
    x = k.Input((9,), dtype="int32")
    y = layers.Embedding(12, 5)(x)
    y = layers.Conv1D(6, 3, padding="causal", activation="relu", dilation_rate=2)(y)
    y = layers.GlobalAveragePooling1D()(y)
    net = k.Model(x, layers.Dense(1, activation="sigmoid")(y))
    net.compile(k.optimizers.RMSprop(0.01, momentum=0.5, centered=True), "binary_crossentropy", metrics=["accuracy"])
    return net, tokens(10, 9), rng().integers(0, 2, size=(10, 1)).astype("float32")


@model
def masked_recurrent(k: Any) -> Any:
    layers = k.layers
    x = k.Input((None,), dtype="int32")
    y = layers.Embedding(12, 5, mask_zero=True)(x)
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(y)
    y = layers.GRU(5)(y)
    net = k.Model(x, layers.Dense(2)(y))
    net.compile(k.optimizers.Adagrad(0.05), "mae")
    return net, tokens(6, 8), numbers(6, 2)


@model
def simple_rnn(k: Any) -> Any:
    layers = k.layers
    net = k.Sequential([
        layers.Input((12,)), layers.Reshape((4, 3)), layers.SimpleRNN(5, return_sequences=True),
        layers.LayerNormalization(), layers.SimpleRNN(3, go_backwards=True), layers.Dense(1),
    ])  # fmt: skip
    net.compile(k.optimizers.Adadelta(1.0), "mse")
    return net, numbers(8, 12), numbers(8, 1)


@model
def dict_inputs_and_ops(k: Any) -> Any:
    layers, ops = k.layers, k.ops
    a, b = k.Input((5, 4), name="a"), k.Input((4,), name="b")
    dense = layers.Dense(4, activation="gelu", name="shared")
    x, y = dense(a), dense(b)
    z = x[:, 1:, :] + y[:, None, :] * 2.0
    z = ops.mean(z, axis=1) - ops.max(x, axis=1)
    out = layers.Dense(2)(layers.Concatenate()([z, y, x[:, 0]]))
    net = k.Model({"a": a, "b": b}, out)
    net.compile(k.optimizers.AdamW(0.01, weight_decay=0.1), "mse")
    return net, {"a": numbers(8, 5, 4), "b": numbers(8, 4)}, numbers(8, 2)


@model
def residual(k: Any) -> Any:
    layers = k.layers
    x = k.Input((6,))
    y = x
    for _ in range(3):
        h = layers.Dense(6, activation="silu")(layers.LayerNormalization()(y))
        y = layers.Add()([y, h])
    gate = layers.Dense(6, activation="sigmoid")(y)
    net = k.Model(x, layers.Dense(2)(layers.Multiply()([y, gate])))
    net.compile(k.optimizers.SGD(0.05, clipnorm=0.5), "mse")
    return net, numbers(8, 6), numbers(8, 2)


@model
def nested(k: Any) -> Any:
    layers = k.layers
    i = k.Input((8, 8, 1), name="image")
    encoder = k.Model(i, layers.GlobalAveragePooling2D()(layers.Conv2D(3, 3, activation="relu")(i)), name="encoder")
    head = k.Sequential([layers.Dense(4, activation="relu"), layers.Dense(2)], name="head")
    left, right = k.Input((8, 8, 1), name="left"), k.Input((8, 8, 1), name="right")
    out = head(layers.Concatenate()([encoder(left), encoder(right)]))
    net = k.Model([left, right], out, name="siamese")
    net.compile(k.optimizers.Adam(0.01, amsgrad=True, global_clipnorm=1.0), "mse")
    return net, [numbers(6, 8, 8, 1), numbers(6, 8, 8, 1)[::-1].copy()], numbers(6, 2)


@model
def trained_inside(k: Any) -> Any:
    """A model with an optimizer of its own, in a model that is trained."""
    layers = k.layers
    inner = k.Sequential([k.Input((6,)), layers.Dense(4, activation="relu"), layers.Dense(2)], name="inner")
    inner.compile(k.optimizers.Adam(0.01), "mse")
    inner.optimizer.build(inner.trainable_variables)
    x = k.Input((6,))
    net = k.Model(x, inner(layers.Dense(6)(x)))
    net.compile(k.optimizers.SGD(0.02), "mse")
    return net, numbers(8, 6), numbers(8, 2)


@model
def transformer(k: Any) -> Any:
    layers = k.layers
    x = k.Input((7,), dtype="int32")
    y = layers.Embedding(12, 8, mask_zero=True)(x)
    h = layers.MultiHeadAttention(2, 4, dropout=0.0)(y, y, use_causal_mask=True)
    y = layers.LayerNormalization(epsilon=1e-6)(y + h)
    h = layers.Dense(8)(layers.Dense(16, activation="gelu")(y))
    y = layers.LayerNormalization()(y + h)
    out = layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(y))
    net = k.Model(x, out)
    schedule = k.optimizers.schedules.ExponentialDecay(0.01, 3, 0.5)
    net.compile(k.optimizers.Adam(schedule), "categorical_crossentropy", metrics=["accuracy"])
    return net, tokens(6, 7), np.eye(3, dtype="float32")[rng().integers(0, 3, size=6)]


@model
def two_outputs(k: Any) -> Any:
    layers = k.layers
    x = k.Input((6,))
    h = layers.Dense(5, activation="elu")(x)
    a, b = layers.Dense(1, name="price")(h), layers.Dense(3, activation="softmax", name="kind")(h)
    net = k.Model(x, {"price": a, "kind": b})
    net.compile(
        "adam", {"price": "mse", "kind": "sparse_categorical_crossentropy"}, loss_weights={"price": 0.5, "kind": 2.0}
    )
    return net, numbers(8, 6), {"price": numbers(8, 1), "kind": rng().integers(0, 3, size=(8,)).astype("int32")}


def register(k: Any) -> None:
    """The custom classes, registered with this Keras."""
    if "Block" in CUSTOM:
        return
    layers = k.layers

    @k.saving.register_keras_serializable(package="peer")
    class Block(layers.Layer):
        def __init__(self, units: int, **options: Any):
            super().__init__(**options)
            self.units = units
            self.inner = layers.Dense(units, activation="relu")

        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight(shape=(self.units,), initializer="ones", name="scale")
            self.inner.build(input_shape)

        def call(self, x: Any) -> Any:
            return self.inner(x) * self.scale

        def get_config(self) -> Any:
            return {**super().get_config(), "units": self.units}

    @k.saving.register_keras_serializable(package="peer")
    class Net(k.Model):
        def __init__(self, width: int = 4, **options: Any):
            super().__init__(**options)
            self.width = width
            self.blocks = [Block(width), Block(width)]
            self.norm = layers.BatchNormalization()
            self.head = layers.Dense(2)

        def call(self, x: Any, training: bool | None = None) -> Any:
            for block in self.blocks:
                x = block(x)
            return self.head(self.norm(x, training=training))

        def get_config(self) -> Any:
            return {**super().get_config(), "width": self.width}

    CUSTOM.update(Block=Block, Net=Net)
    for cls in (Block, Net):  # `pickle` looks for them in the module
        cls.__qualname__ = cls.__name__
        globals()[cls.__name__] = cls


@model
def subclassed(k: Any) -> Any:
    register(k)
    net = CUSTOM["Net"](4)
    net.compile(k.optimizers.Adam(0.01), "mse")
    return net, numbers(8, 6), numbers(8, 2)


def train(net: Any, x: Any, y: Any, steps: int = 5) -> list[float]:
    """The losses of `steps` steps on the whole data as one batch."""
    losses = []
    for _ in range(steps):
        result = net.train_on_batch(x, y)
        losses.append(float(np.asarray(result[0] if isinstance(result, (list, tuple)) else result)))
    return losses


def outputs(net: Any, x: Any) -> list[np.ndarray]:
    """What `predict` gives, as a flat list."""
    result = net.predict(x, verbose=0)
    if isinstance(result, dict):
        return [np.asarray(result[key]) for key in sorted(result)]
    return [np.asarray(part) for part in (result if isinstance(result, (list, tuple)) else [result])]


# ---- what runs in the process of real Keras ------------------------------------------------------------------------


def keras_make(name: str, path: str) -> dict[str, Any]:
    """Build, train 5 steps, save; outputs, then the losses of 5 more steps."""
    import keras

    keras.utils.set_random_seed(3)
    net, x, y = MODELS[name](keras)
    train(net, x, y)
    net.save(path)
    return {"outputs": outputs(net, x), "losses": train(net, x, y)}


def keras_take(name: str, path: str) -> dict[str, Any]:
    """Load a file, give outputs and the losses of 5 more steps."""
    import keras

    register(keras)
    _, x, y = MODELS[name](keras)
    net = keras.models.load_model(path)
    return {"outputs": outputs(net, x), "losses": train(net, x, y)}
