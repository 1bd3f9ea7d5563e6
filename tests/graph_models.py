"""Models with branches and nested parts, for any Keras: the order of `model.layers`, and paths in weight files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

GRAPHS: dict[str, Callable] = {}


def graph(build: Callable) -> Callable:
    """Register a builder: `build(k)` gives a built model whose layers have names."""
    GRAPHS[build.__name__] = build
    return build


def dense(k: Any, name: str) -> Any:
    return k.layers.Dense(3, name=name)


@graph
def two_branches(k: Any) -> Any:
    x = k.Input((3,), name="x")
    a = dense(k, "a1")(x)
    b = dense(k, "b3")(dense(k, "b2")(dense(k, "b1")(x)))
    return k.Model(x, k.layers.Add(name="add")([a, b]))


@graph
def branches_swapped(k: Any) -> Any:
    x = k.Input((3,), name="x")
    b = dense(k, "b2")(dense(k, "b1")(x))
    a = dense(k, "a1")(x)
    return k.Model(x, k.layers.Concatenate(name="cat")([a, b, x]))


@graph
def several_outputs(k: Any) -> Any:
    x, y = k.Input((3,), name="x"), k.Input((3,), name="y")
    h = dense(k, "h")(x)
    g = dense(k, "g2")(dense(k, "g1")(y))
    return k.Model([y, x], [dense(k, "o1")(h), k.layers.Add(name="o2")([g, h]), g])


@graph
def shared_layer(k: Any) -> Any:
    x, y = k.Input((3,), name="x"), k.Input((3,), name="y")
    s, t = dense(k, "s"), dense(k, "t")
    deep = s(t(s(x)))
    return k.Model([x, y], k.layers.Add(name="add")([deep, s(y), dense(k, "u")(t(y))]))


@graph
def residual_chain(k: Any) -> Any:
    x = h = k.Input((3,), name="x")
    for i in range(3):
        h = h + dense(k, f"d{i}")(k.layers.LayerNormalization(name=f"n{i}")(h))
    return k.Model(x, h * 2.0)


@graph
def diamond(k: Any) -> Any:
    x = k.Input((3,), name="x")
    top = dense(k, "top")(x)
    left, right = dense(k, "left")(top), dense(k, "right")(top)
    skip = dense(k, "skip")(right)
    low = k.layers.Multiply(name="mul")([skip, left])
    return k.Model(x, [dense(k, "end")(low), left])


@graph
def unused_input(k: Any) -> Any:
    x, y = k.Input((3,), name="x"), k.Input((3,), name="y")
    return k.Model([y, x], dense(k, "a")(dense(k, "b")(x)))


@graph
def dict_inputs(k: Any) -> Any:
    x, y, z = (k.Input((3,), name=name) for name in "xyz")
    h = k.layers.Add(name="add")([dense(k, "dz")(z), dense(k, "dx")(x)])
    return k.Model({"z": z, "x": x, "y": y}, {"q": dense(k, "q")(h), "p": dense(k, "p")(y)})


@graph
def middle(k: Any) -> Any:
    x = k.Input((3,), name="x")
    h = dense(k, "before")(x)
    return k.Model(h, dense(k, "b")(dense(k, "a")(h)))


@graph
def passes_through(k: Any) -> Any:
    x, y = k.Input((3,), name="x"), k.Input((3,), name="y")
    return k.Model([x, y], [y, dense(k, "a")(x), x])


@graph
def nested(k: Any) -> Any:
    i = k.Input((3,), name="i")
    encoder = k.Model(i, dense(k, "e2")(dense(k, "e1")(i)), name="encoder")
    head = k.Sequential([k.layers.Dense(2, name="h1"), k.layers.Dense(2, name="h2")], name="head")
    x, y = k.Input((3,), name="x"), k.Input((3,), name="y")
    return k.Model([x, y], head(k.layers.Subtract(name="sub")([encoder(y), dense(k, "d")(encoder(x))])))


@graph
def uneven_merge(k: Any) -> Any:
    x = k.Input((3,), name="x")
    levels = [x]
    for i in range(4):
        levels.append(dense(k, f"l{i}")(levels[-1]))
    ups = [dense(k, f"u{i}")(h) for i, h in enumerate(levels)]
    return k.Model(x, k.layers.Concatenate(name="cat")(ups[::-1]))


@graph
def holding_parts(k: Any) -> Any:
    """A subclass with layers in lists, dicts, nested models, and one twice."""
    layers = k.layers

    class Inner(layers.Layer):
        def __init__(self, **options: Any):
            super().__init__(**options)
            self.zeta, self.alpha = layers.Dense(3), layers.Dense(3)

        def build(self, shape: Any) -> None:
            self.zeta.build(shape)
            self.alpha.build(shape)
            self.scale = self.add_weight(shape=(3,), initializer="ones", name="scale")
            self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")
            self.shift = self.add_weight(shape=(3,), initializer="zeros", name="shift")

        def call(self, x: Any) -> Any:
            return self.alpha(self.zeta(x)) * self.scale + self.shift

    class Holder(k.Model):
        def __init__(self, **options: Any):
            super().__init__(**options)
            self.blocks = [Inner(), Inner(), layers.Dense(3)]
            self.by_name = {"right": layers.Dense(3), "left": layers.Dense(3)}
            self.pair = (layers.Dense(3), layers.BatchNormalization())
            self.again = self.blocks[2]
            self.stack = k.Sequential([layers.Dense(3), layers.Dense(3)])
            self.drop = layers.Dropout(0.5)
            self.deep = [[layers.Dense(3)], [layers.Dense(3)]]

        def call(self, x: Any) -> Any:
            for layer in [*self.blocks, self.by_name["left"], self.by_name["right"], *self.pair, self.stack]:
                x = layer(x)
            for group in self.deep:
                x = group[0](x)
            return self.again(self.drop(x))

    net = Holder(name="holder")
    net(np.ones((2, 3), "float32"))
    return net


@graph
def wrapped(k: Any) -> Any:
    layers = k.layers
    return k.Sequential([
        k.Input((4, 3)), layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
        layers.GRU(2, return_sequences=True), layers.SimpleRNN(2), layers.Dense(2), layers.Dense(2),
    ])  # fmt: skip


#: Outputs of a shared layer that keeps statistics: called on the input `a` first, then on something made of it, `b`.
ARRANGEMENTS: dict[str, Callable] = {
    "a b": lambda k, a, b: [a, b],
    "b a": lambda k, a, b: [b, a],
    "dict": lambda k, a, b: {"second": a, "first": b},
    "merged": lambda k, a, b: k.layers.Concatenate()([a, b]),
    "merged b a": lambda k, a, b: k.layers.Concatenate()([b, a]),
    "behind other layers": lambda k, a, b: [k.layers.ReLU()(k.layers.ReLU()(a)), k.layers.ReLU()(b)],
}


def statistics(k: Any, arrangement: str) -> list[float]:
    """The moving mean of a layer that was called twice in one training call: the last call counts most."""
    x = k.Input((2,))
    shared = k.layers.BatchNormalization(momentum=0.1)
    a = shared(x)
    b = shared(k.layers.Dense(2, kernel_initializer="ones", bias_initializer="ones")(x))
    net = k.Model(x, ARRANGEMENTS[arrangement](k, a, b))
    net(np.arange(8, dtype="float32").reshape(4, 2), training=True)
    return [float(value) for value in np.asarray(shared.get_weights()[2])]


def keras_statistics() -> dict[str, list[float]]:
    """`statistics` of all arrangements by real Keras."""
    import keras

    return {arrangement: statistics(keras, arrangement) for arrangement in ARRANGEMENTS}


def describe(k: Any, name: str, path: str) -> dict[str, Any]:
    """Names of the layers, and what the weight file holds."""
    import h5py

    net = GRAPHS[name](k)
    net.save_weights(path)
    listing: list[str] = []
    with h5py.File(path, "r") as file:

        def note(key: str, x: Any) -> None:
            if isinstance(x, h5py.Dataset):
                listing.append(f"{key} {list(x.shape)}")

        file.visititems(note)
    names = [type(x).__name__ if name in ("holding_parts", "wrapped") else x.name for x in net.layers]
    return {"layers": names, "weights": sorted(listing)}


def keras_describe(path: str) -> dict[str, Any]:
    """`describe` of all by real Keras."""
    import keras

    return {name: describe(keras, name, f"{path}/{name}.weights.h5") for name in GRAPHS}
