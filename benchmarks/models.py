"""The models of the rows, in any module with Keras's API. The modules `*_torch.py`, `*_jax.py` and `*_tensorflow.py`
have them by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from benchmarks import layer_rows, programs, user_steps
from benchmarks.constants import CLASSES, DROPOUT, VOCABULARY


@dataclass(frozen=True)
class Encoder:
    """The size of a transformer. A causal one returns logits over the vocabulary for each token."""

    blocks: int
    width: int
    heads: int
    causal: bool = False


ENCODERS = {
    "transformer": Encoder(2, 128, 4),
    "encoder": Encoder(12, 768, 12),
    "writer": Encoder(2, 64, 4, causal=True),
}
STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))  # of ResNet-50: filters, blocks, stride


def classifier(keras: Any) -> dict[str, Any]:
    """Return what a classifier is compiled with."""
    return {"loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True), "metrics": ["accuracy"]}


@dataclass(frozen=True)
class Model:
    """A model: the shape of a sample, and the layers. The ends of `padded` sequences are zeros.

    `whole` makes a model that is no graph from one input to one output, instead of `outputs`. `compiled` returns
    arguments of `compile`. `data` draws samples and targets. `results` are what an epoch returns, and `hand` starts the
    names of the modules that have the model by hand.
    """

    title: str
    shape: tuple[int, ...]
    dtype: str
    outputs: Callable[[Any, Any], Any] | None
    padded: bool = False
    whole: Callable[[Any], Any] | None = None
    compiled: Callable[[Any], dict[str, Any]] = classifier
    data: Callable[[np.random.Generator, int], tuple[Any, Any]] | None = None
    results: tuple[str, ...] = ("loss", "accuracy")
    hand: str = "hand"


def mlp(keras: Any, x: Any) -> Any:
    """64-64-64-10."""
    for _ in range(2):
        x = keras.layers.Dense(64, activation="relu")(x)
    return keras.layers.Dense(CLASSES)(x)


def wide(keras: Any, x: Any) -> Any:
    """784-512-512-10 with dropout."""
    for _ in range(2):
        x = keras.layers.Dense(512, activation="relu")(x)
        x = keras.layers.Dropout(DROPOUT)(x)
    return keras.layers.Dense(CLASSES)(x)


def deep(keras: Any, x: Any) -> Any:
    """24 residual blocks."""
    for _ in range(24):
        h = keras.layers.LayerNormalization()(x)
        x = keras.layers.Add()([x, keras.layers.Dense(64, activation="gelu")(h)])
    return keras.layers.Dense(CLASSES)(x)


def conv(keras: Any, x: Any) -> Any:
    """Two convolutions, each with batch normalization."""
    x = keras.layers.Conv2D(32, 3, padding="same")(x)
    x = keras.layers.Activation("relu")(keras.layers.BatchNormalization()(x))
    x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Conv2D(64, 3, padding="same")(x)
    x = keras.layers.Activation("relu")(keras.layers.BatchNormalization()(x))
    return keras.layers.Dense(CLASSES)(keras.layers.GlobalAveragePooling2D()(x))


def lstm(keras: Any, x: Any) -> Any:
    """The last state of an LSTM over embedded tokens."""
    x = keras.layers.Embedding(VOCABULARY, 64)(x)
    return keras.layers.Dense(CLASSES)(keras.layers.LSTM(64)(x))


def encoder(keras: Any, x: Any, size: Encoder) -> Any:
    """Pre-norm encoder blocks, four times as wide inside, without dropout and positions."""
    width = size.width
    x = keras.layers.Embedding(VOCABULARY, width)(x)
    for _ in range(size.blocks):
        h = keras.layers.LayerNormalization()(x)
        h = keras.layers.MultiHeadAttention(size.heads, width // size.heads)(h, h, use_causal_mask=size.causal)
        x = keras.layers.Add()([x, h])
        h = keras.layers.LayerNormalization()(x)
        h = keras.layers.Dense(width)(keras.layers.Dense(4 * width, activation="gelu")(h))
        x = keras.layers.Add()([x, h])
    if size.causal:
        return keras.layers.Dense(VOCABULARY)(x)
    return keras.layers.Dense(CLASSES, dtype="float32")(keras.layers.GlobalAveragePooling1D()(x))


def features(keras: Any, x: Any, **given: Any) -> Any:
    """Return the pooled features of ResNet-50 (He et al., 2015). `given` is passed to each convolution."""
    layers = keras.layers

    def conv(x: Any, filters: int, size: int, stride: int = 1, padding: str = "same") -> Any:
        x = layers.Conv2D(filters, size, stride, padding=padding, use_bias=False, **given)(x)
        return layers.BatchNormalization()(x)

    def relu(x: Any) -> Any:
        return layers.Activation("relu")(x)

    x = relu(conv(layers.ZeroPadding2D(3)(x), 64, 7, 2, "valid"))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    for filters, count, stride in STAGES:
        for i in range(count):
            step = stride if i == 0 else 1
            y = conv(relu(conv(relu(conv(x, filters, 1, step)), filters, 3)), 4 * filters, 1)
            x = conv(x, 4 * filters, 1, step) if i == 0 else x
            x = relu(layers.Add()([x, y]))
    return layers.GlobalAveragePooling2D()(x)


def resnet(keras: Any, x: Any) -> Any:
    """ResNet-50."""
    return keras.layers.Dense(CLASSES, dtype="float32")(features(keras, x))


@cache
def _gated(keras: Any) -> type:
    class Gated(keras.layers.Layer):
        """x + scale * dense(x) * sigmoid(dense(x)), as a user writes it."""

        def __init__(self, units: int):
            super().__init__()
            self.value = keras.layers.Dense(units)
            self.gate = keras.layers.Dense(units, activation="sigmoid")
            self.scale = 0.5

        def call(self, x: Any) -> Any:
            return x + self.scale * self.value(x) * self.gate(x)

    return Gated


def gated(keras: Any, x: Any) -> Any:
    """Six layers of a user's own."""
    for _ in range(6):
        x = _gated(keras)(64)(x)
    return keras.layers.Dense(CLASSES)(x)


def blocks(keras: Any) -> Any:
    """A user's model with eight blocks of the user's own, like those of `deep`."""

    class Block(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.norm = keras.layers.LayerNormalization()
            self.dense = keras.layers.Dense(64, activation="gelu")

        def call(self, x: Any) -> Any:
            return x + self.dense(self.norm(x))

    class Blocks(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [Block() for _ in range(8)]
            self.head = keras.layers.Dense(CLASSES)

        def call(self, x: Any) -> Any:
            for block in self.blocks:
                x = block(x)
            return self.head(x)

    model = Blocks()
    model(np.zeros((1, 64), "float32"))
    return model


def small(keras: Any, units: int = 64) -> Any:
    """One of the models of a search."""
    inputs = keras.Input((64,))
    x = keras.layers.Dense(units, activation="relu")(inputs)
    x = keras.layers.Dense(units, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(CLASSES)(x))


def small_weights(units: int) -> list[np.ndarray]:
    """Return weights of such a model as Keras draws them."""
    rng, found = np.random.default_rng(0), []
    for shape in ((64, units), (units, units), (units, CLASSES)):
        limit = (6 / sum(shape)) ** 0.5
        found += [rng.uniform(-limit, limit, shape).astype("float32"), np.zeros(shape[1], "float32")]
    return found


def _own_loss(keras: Any) -> dict[str, Any]:
    """Cross entropy, as a user writes it."""
    ops = keras.ops

    def loss(y: Any, logits: Any) -> Any:
        chosen = ops.sum(ops.one_hot(ops.reshape(y, (-1,)), CLASSES) * logits, -1)
        return ops.logsumexp(logits, -1) - chosen

    return {"loss": loss, "metrics": ["accuracy"]}


MODELS = {
    "mlp": Model("MLP 64-64-64-10", (64,), "float32", mlp),
    "wide": Model("MLP 784-512-512-10, dropout", (784,), "float32", wide),
    "deep": Model("24 residual blocks LayerNorm-Dense(64)-gelu", (64,), "float32", deep),
    "gated": Model("six layers and the loss of a user", (64,), "float32", gated, compiled=_own_loss),
    "blocks": Model("a user's model with eight blocks", (64,), "float32", None, whole=blocks),
    "gan": Model("a user's GAN of dense layers, 64 pixels", (64,), "float32", None, whole=user_steps.gan,
                 compiled=user_steps.two_optimizers, data=programs.images, results=("d_loss", "g_loss"),
                 hand="programs"),
    "vae": Model("a user's variational autoencoder, 64 pixels", (64,), "float32", None, whole=user_steps.vae,
                 compiled=user_steps.nothing, data=programs.pairs, results=("loss",), hand="programs"),
    "dicts": Model("two inputs and outputs in dicts, AUC", (32,), "float32", None, whole=programs.two_outputs,
                   compiled=programs.two_losses, data=programs.dicts, results=("loss", "flag_auc"), hand="programs"),
    "conv": Model("two conv layers + batch norm, 28x28", (28, 28, 1), "float32", conv),
    "lstm": Model("Embedding-LSTM(64), 60 steps", (60,), "int32", lstm),
    "transformer": Model("2-block transformer, 64 tokens", (64,), "int32",
                         partial(encoder, size=ENCODERS["transformer"])),
    "writer": Model("2-block causal transformer, 32 tokens", (32,), "int32",
                    partial(encoder, size=ENCODERS["writer"])),
    "small": Model("ten MLPs of different widths", (64,), "float32", None, whole=small),
    "causal": Model("causal attention, 1,024 tokens", (1024,), "int32", layer_rows.causal),
    "group-norm": Model("two conv layers + group norm, 28x28", (28, 28, 1), "float32", layer_rows.group_norm),
    "rms-norm": Model("6 residual blocks RMSNorm-Dense(128)-gelu, 64 tokens", (64, 128), "float32",
                      layer_rows.rms_norm),
    "conv-lstm": Model("ConvLSTM2D(16), 8 steps of 16x16", (8, 16, 16, 3), "float32", layer_rows.conv_lstm),
    "separable": Model("two separable conv layers, 16x16", (32, 32, 3), "float32", layer_rows.separable),
    "gru": Model("Embedding-bidirectional GRU(64), 40 steps, masked", (40,), "int32", layer_rows.gru, padded=True),
    "unet": Model("U-Net of three levels, 32x32", (32, 32, 1), "float32", layer_rows.unet),
    "resnet": Model("ResNet-50, 224x224, batch 256, bfloat16", (224, 224, 3), "float32", resnet),
    "encoder": Model("12-block transformer, 512 tokens, bfloat16", (512,), "int32",
                     partial(encoder, size=ENCODERS["encoder"])),
}  # fmt: skip


def faster(ways: dict[str, Callable[[], Any]]) -> tuple[str, str]:
    """Return the faster of the calls, by the third best of ten times after a first call, and a line that says so."""
    taken = {}
    for name, call in ways.items():
        call()
        times = []
        for _ in range(10):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        taken[name] = sorted(times)[2]
    best = min(taken, key=taken.__getitem__)
    return best, f"{best} ({', '.join(f'{name} {seconds * 1e6:.0f} us' for name, seconds in taken.items())})"


def nest(model: str, flat: list) -> tuple[Any, Any]:
    """Return Keras's weights by layer, with projections of attention joined, and running statistics by layer."""
    if model in ENCODERS:
        return [flat[0], [_block(w) for w in _groups(flat[1:-2], 16)], flat[-2:]], []
    if model == "lstm" or hasattr(layer_rows, model.replace("-", "_")):
        return flat, []
    if model == "resnet":
        norms = _groups([w for w in flat[:-2] if w.ndim == 1], 4)
        return [[w for w in flat if w.ndim == 4], [w[:2] for w in norms], flat[-2:]], [w[2:] for w in norms]
    if model == "conv":
        layers = _groups(flat[:-2], 6)
        return [*(w[:4] for w in layers), flat[-2:]], [w[4:] for w in layers]
    return [*_groups(flat[:-2], 4 if model in ("deep", "gated", "blocks") else 2), flat[-2:]], []


def _groups(flat: list, size: int) -> list[list]:
    return [flat[i : i + size] for i in range(0, len(flat), size)]


def _block(w: list) -> list:
    width = len(w[0])
    joined = [np.concatenate([w[i].reshape(width, width) for i in (2, 4, 6)], 1),
              np.concatenate([w[i].reshape(width) for i in (3, 5, 7)])]  # fmt: skip
    return [w[:2], joined, [w[8].reshape(width, width), w[9]], w[10:12], w[12:14], w[14:]]
