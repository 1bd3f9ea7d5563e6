"""Models in which masks flow, for any Keras: written by one, read by the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

MODELS: dict[str, Callable] = {}


def model(build: Callable) -> Callable:
    """Register a builder: `build(k)` gives a functional model."""
    MODELS[build.__name__] = build
    return build


def ids(k: Any, name: str, steps: Any = 5) -> Any:
    return k.Input((steps,), dtype="int32", name=name)


def embedded(k: Any, x: Any, size: int = 3, **options: Any) -> Any:
    return k.layers.Embedding(7, size, mask_zero=True, **options)(x)


def pair(k: Any, **options: Any) -> tuple[list[Any], list[Any]]:
    """Two inputs and their embeddings."""
    inputs = [ids(k, "a", **options), ids(k, "b", **options)]
    return inputs, [embedded(k, x) for x in inputs]


def data(net: Any) -> list[np.ndarray]:
    """Values for the inputs, some of them padding."""
    rng = np.random.default_rng(3)
    values = []
    for x in net.inputs:
        shape = (4, *(5 if size is None else size for size in x.shape[1:]))
        array = rng.integers(0, 4, shape)
        if str(x.dtype) == "bool":
            array = array > 1
        elif "float" in str(x.dtype):
            array = array * np.any(rng.integers(0, 3, (*shape[:-1], 1)), axis=-1, keepdims=True)
        array.reshape(4, -1)[:, 0] = 1
        values.append(array.astype(str(x.dtype)))
    return values


def register(k: Any) -> None:
    """The classes that the models use."""

    @k.saving.register_keras_serializable(package="mask_models")
    class EverySecond(k.layers.Layer):
        """Masks the steps whose id is 1, too."""

        def call(self, x: Any) -> Any:
            return x

        def compute_mask(self, x: Any, mask: Any = None) -> Any:
            own = k.ops.not_equal(x, 1)
            return own if mask is None else k.ops.logical_and(own, mask)

    @k.saving.register_keras_serializable(package="mask_models")
    class MaskedSum(k.layers.Layer):
        """The sum over the steps that count."""

        def call(self, x: Any, mask: Any = None) -> Any:
            return k.ops.sum(x if mask is None else x * k.ops.cast(mask, x.dtype)[..., None], axis=1)

    for cls in (EverySecond, MaskedSum):
        cls.__qualname__ = cls.__name__  # so that pickle finds it
        globals()[cls.__name__] = cls
        setattr(k, cls.__name__, cls)


@model
def concatenated(k: Any) -> Any:
    inputs, parts = pair(k)
    x = k.layers.LSTM(4)(k.layers.Concatenate()(parts))
    return k.Model(inputs, k.layers.Dense(2)(x))


@model
def concatenated_any_length(k: Any) -> Any:
    inputs, parts = pair(k, steps=None)
    return k.Model(inputs, k.layers.GRU(4)(k.layers.Concatenate()(parts)))


@model
def concatenated_in_time(k: Any) -> Any:
    inputs, parts = pair(k)
    return k.Model(inputs, k.layers.LSTM(4)(k.layers.Concatenate(axis=1)(parts)))


@model
def concatenated_with_unmasked(k: Any) -> Any:
    a, b = ids(k, "a"), k.Input((5, 2), name="b")
    return k.Model([a, b], k.layers.LSTM(4)(k.layers.Concatenate()([embedded(k, a), b])))


@model
def in_another_order(k: Any) -> Any:
    """The ops of masks count when layers are put in order: three embeddings of one shape."""
    a, b, c = ids(k, "a"), ids(k, "b"), ids(k, "c")
    x = k.layers.Embedding(7, 3, name="plain")(a)
    for i in range(2):
        x = k.layers.Dense(3, name=f"dense{i}")(x)
    y = k.layers.Concatenate(name="both")([embedded(k, b, name="first"), embedded(k, c, name="second")])
    y = k.layers.LSTM(4, name="deep")(y)
    return k.Model([a, b, c], k.layers.Add(name="sum")([k.layers.LSTM(4, name="shallow")(x), y]))


@model
def merged(k: Any) -> Any:
    inputs, parts = pair(k)
    kinds = ("Add", "Subtract", "Average", "Maximum", "Minimum", "Multiply")
    merges = [getattr(k.layers, kind)() for kind in kinds]
    return k.Model(inputs, [k.layers.SimpleRNN(2)(merge(parts)) for merge in merges])


@model
def three_merged(k: Any) -> Any:
    inputs, parts = pair(k)
    c = ids(k, "c")
    return k.Model([*inputs, c], k.layers.LSTM(2)(k.layers.Add()([*parts, embedded(k, c)])))


@model
def masking(k: Any) -> Any:
    x = k.Input((5, 3), name="x")
    y = k.layers.Dense(3)(k.layers.Masking(0.0)(x))
    y = k.layers.GRU(3, return_sequences=True)(k.layers.Dropout(0.1)(y))
    return k.Model(x, k.layers.LSTM(2)(y))


@model
def masking_in_half(k: Any) -> Any:
    x = k.Input((5, 3), name="x")
    y = k.layers.Masking(1.0, dtype="mixed_float16")(x)
    return k.Model(x, k.layers.LSTM(2)(y))


@model
def self_attention(k: Any) -> Any:
    x = ids(k, "x")
    y = embedded(k, x, 4)
    y = k.layers.LayerNormalization()(k.layers.Add()([y, k.layers.MultiHeadAttention(2, 2)(y, y)]))
    return k.Model(x, k.layers.GlobalAveragePooling1D()(y))


@model
def cross_attention(k: Any) -> Any:
    inputs, (q, v) = pair(k)
    return k.Model(inputs, k.layers.MultiHeadAttention(2, 2)(q, v, key=v, use_causal_mask=True))


@model
def bidirectional(k: Any) -> Any:
    x = ids(k, "x")
    y = k.layers.Bidirectional(k.layers.LSTM(2, return_sequences=True))(embedded(k, x))
    left, right = k.layers.Bidirectional(k.layers.GRU(2, return_sequences=True), merge_mode=None)(y)
    return k.Model(x, [k.layers.LSTM(2)(left), k.layers.LSTM(2)(right)])


@model
def translation(k: Any) -> Any:
    inputs, (source, target) = pair(k)
    _, h, c = k.layers.LSTM(3, return_state=True)(source)
    y = k.layers.LSTM(3, return_sequences=True)(target, initial_state=[h, c])
    return k.Model(inputs, k.layers.LSTM(2)(y))


@model
def time_distributed(k: Any) -> Any:
    x = k.Input((4, 5), dtype="int32", name="x")
    words = embedded(k, x)
    sentences = k.layers.TimeDistributed(k.layers.LSTM(3))(words)
    return k.Model(x, k.layers.LSTM(2)(sentences))


@model
def time_distributed_dense(k: Any) -> Any:
    x = ids(k, "x")
    return k.Model(x, k.layers.LSTM(2)(k.layers.TimeDistributed(k.layers.Dense(3))(embedded(k, x))))


@model
def nested_takes_masks(k: Any) -> Any:
    i, j = k.Input((5, 3), name="i"), k.Input((5, 3), name="j")
    inner = k.Model([i, j], k.layers.LSTM(2)(k.layers.Concatenate()([i, j])), name="inner")
    inputs, parts = pair(k)
    stack = k.Sequential([k.Input((5, 3)), k.layers.Dense(2), k.layers.LSTM(2)])
    return k.Model(inputs, [inner(parts), stack(parts[0]), inner([parts[1], k.layers.Dense(3)(parts[1])])])


@model
def nested_makes_masks(k: Any) -> Any:
    stack = k.Sequential([ids(k, "i"), k.layers.Embedding(7, 3, mask_zero=True)])
    i = ids(k, "j")
    drawn = k.Model(i, k.layers.Dense(3)(embedded(k, i)))
    a, b = ids(k, "a"), ids(k, "b")
    return k.Model([a, b], [k.layers.LSTM(2)(stack(a)), k.layers.LSTM(2)(drawn(b))])


@model
def shared(k: Any) -> Any:
    inputs = [ids(k, "a"), ids(k, "b")]
    embedding, rnn = k.layers.Embedding(7, 3, mask_zero=True), k.layers.LSTM(3, return_sequences=True)
    x, y = (rnn(embedding(x)) for x in inputs)
    return k.Model(inputs, [rnn(rnn(x)), k.layers.GRU(2)(k.layers.Concatenate()([x, y]))])


@model
def given_masks(k: Any) -> Any:
    x, keep = ids(k, "x"), k.Input((5,), dtype="bool", name="keep")
    y = embedded(k, x)
    own = k.ops.not_equal(x, 2)
    outputs = [k.layers.LSTM(2)(y, mask=mask) for mask in (keep, own, k.ops.logical_and(own, keep))]
    return k.Model([x, keep], outputs)


@model
def names_of_masks(k: Any) -> Any:
    """Layers and ops that are called as Keras calls the ops of its masks."""
    a, b = ids(k, "not_equal"), ids(k, "any")
    parts = [embedded(k, a, name="logical_or"), embedded(k, b, name="logical_or_1")]
    x = k.layers.Concatenate(name="concatenate_1")(parts)
    x = k.layers.Dense(3, name="expand_dims")(x)
    x = k.layers.LSTM(3, return_sequences=True, name="zeros_like")(x)
    return k.Model([a, b], k.layers.Dense(2, name="not_equal_1")(k.ops.any(x > 0, axis=-1)))


@model
def other_layers(k: Any) -> Any:
    x = ids(k, "x")
    y = k.layers.BatchNormalization()(embedded(k, x))
    y = k.layers.Activation("tanh")(y)
    return k.Model(x, [k.layers.GlobalAveragePooling1D()(y), k.MaskedSum()(y), y])


@model
def own_masks(k: Any) -> Any:
    x = ids(k, "x")
    return k.Model(x, k.MaskedSum()(k.layers.Embedding(7, 3, mask_zero=True)(k.EverySecond()(x))))


@model
def masked_outputs(k: Any) -> Any:
    inputs, parts = pair(k)
    y = k.layers.Concatenate()(parts)
    return k.Model(inputs, [k.layers.Dense(2)(y), k.layers.GRU(2, return_sequences=True)(y)])


def outputs(net: Any) -> list[np.ndarray]:
    """What a model gives for `data`."""
    found = net.predict(data(net), verbose=0)
    return list(found) if isinstance(found, (list, tuple)) else [found]


def entries(config: Any) -> list[str]:
    """Which classes a model's config names as layers and ops."""
    return sorted(layer["class_name"] for layer in config["layers"])


def keras_make(name: str, path: str) -> dict[str, Any]:
    """Build and save a model by real Keras; its automatic names count from 0."""
    import keras

    keras.utils.clear_session()
    register(keras)
    net = MODELS[name](keras)
    net.save(path)
    return {"outputs": outputs(net), "layers": [x.name for x in net.layers], "entries": entries(net.get_config())}


def keras_take(path: str) -> dict[str, Any]:
    """Read a file by real Keras, whose automatic names count from 0 as in a new process."""
    import keras

    keras.utils.clear_session()
    register(keras)
    net = keras.models.load_model(path)
    return {"outputs": outputs(net), "layers": [x.name for x in net.layers]}
