"""Models whose parts have several places or state of other kinds. `build(k)` is as in `peer_models`.

Files have to agree with Keras on the place where a part is saved.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import peer_models

MODELS: dict[str, Any] = {}
CUSTOM: dict[str, Any] = {}


def model(build: Any) -> Any:
    """Register a builder under its name."""
    MODELS[build.__name__] = build
    return build


def register(k: Any) -> None:
    """The custom classes, registered with this Keras."""
    if "Parts" in CUSTOM:
        return
    layers = k.layers

    @k.saving.register_keras_serializable(package="used")
    class Parts(layers.Layer):
        """Private and public names of one layer, containers, properties, a metric, a loss, a shared layer."""

        def __init__(self, **options: Any):
            super().__init__(**options)
            self._first = layers.Dense(3, name="first")
            self.zeroth = self.also = layers.Dense(3, name="zeroth")
            self._list = [layers.Dense(3, activity_regularizer="l2"), [layers.Dense(3)], {"b": layers.Dense(3)}]
            self.table = {"z": layers.Dense(3), "a": self._list[0], "y": (layers.Dense(3), self._first)}
            self.Capital = layers.Dense(3)
            self._hidden = layers.Dense(3)
            self._cached = layers.Dense(3)
            self.seen = k.metrics.Mean(name="seen")

        @property
        def shown(self) -> Any:
            return self._hidden

        @functools.cached_property
        def kept(self) -> Any:
            return self._cached

        @property
        def broken(self) -> Any:
            raise RuntimeError("nothing to show")

        def call(self, x: Any) -> Any:
            stack = [self.Capital, self._first, self.also, *self.table["y"], self.table["z"], self._list[0],
                     self._list[1][0], self._list[2]["b"], self.shown, self.kept]  # fmt: skip
            for layer in stack:
                x = layer(x)
            self.add_loss(k.ops.mean(k.ops.square(x)))
            return x

    @k.saving.register_keras_serializable(package="used")
    class Coder(k.Model):
        """As guides write a model with a step of its own: its metrics are attributes."""

        def __init__(self, **options: Any):
            super().__init__(**options)
            self.inner = k.Sequential([layers.Input((6,)), layers.Dense(4, activity_regularizer="l1")])
            self.zlast = layers.Dense(6)
            self._aside = layers.Dense(6)
            self.total = k.metrics.Mean(name="total")

        @property
        def metrics(self) -> Any:
            return [self.total]

        def call(self, x: Any) -> Any:
            return self._aside(self.zlast(self.inner(x)))

    @k.saving.register_keras_serializable(package="used")
    class Stack(k.Sequential):
        """A Sequential whose layers are attributes too."""

        def __init__(self, **options: Any):
            super().__init__(**options)
            self.before = layers.Dense(4, activity_regularizer="l2")
            self.zafter = layers.BatchNormalization()
            for each in (layers.Input((6,)), self.before, self.zafter, layers.Dense(2)):
                self.add(each)

        def get_config(self) -> Any:
            return {"name": self.name}

        @classmethod
        def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
            return cls(**config)

    CUSTOM.update(Parts=Parts, Coder=Coder, Stack=Stack)
    for cls in CUSTOM.values():  # `pickle` looks for them in the module
        cls.__qualname__ = cls.__name__
        globals()[cls.__name__] = cls


@model
def parts_at_many_places(k: Any) -> Any:
    register(k)
    x = k.Input((6,))
    net = k.Model(x, k.layers.Dense(2)(CUSTOM["Parts"](name="parts")(x)))
    net.compile("sgd", "mse")
    return net, peer_models.numbers(8, 6), peer_models.numbers(8, 2)


@model
def own_metrics(k: Any) -> Any:
    register(k)
    net = CUSTOM["Coder"]()
    net.compile("adam", "mse")
    net.build((None, 6))
    return net, peer_models.numbers(8, 6), peer_models.numbers(8, 6)


@model
def sequential_with_attributes(k: Any) -> Any:
    register(k)
    net = CUSTOM["Stack"](name="stack")
    net.compile("adam", "mse")
    return net, peer_models.numbers(8, 6), peer_models.numbers(8, 2)


@model
def functional_with_attributes(k: Any) -> Any:
    x = k.Input((6,))
    inner = k.Sequential([k.layers.Dense(4), k.layers.Dense(4, activity_regularizer="l2")], name="inner")
    net = k.Model(x, k.layers.Dense(2, name="out")(k.layers.Dense(4)(inner(x))))
    net.encoder, net._out, net.all = inner, net.layers[-1], list(net.layers)
    inner.aside = inner.layers[0]
    net.compile("adam", "mse")
    return net, peer_models.numbers(8, 6), peer_models.numbers(8, 2)


EVERY = {**peer_models.MODELS, **MODELS}


def made(name: str, k: Any) -> Any:
    """A built model and its data."""
    net, x, y = EVERY[name](k)
    if not net.built:
        net.build(k.tree.map_structure(lambda part: (None, *part.shape[1:]), x))
    return net, x, y


def change(net: Any, k: Any) -> None:
    """Attributes that are no business of a file."""
    net.comment = "changed"
    net.layers[-1].favourite = {"colours": [1, 2]}
    net.layers[0].trainable = False
    if k.__name__ == "keraslite" or isinstance(net, k.Sequential) or hasattr(net, "input_names"):
        net.another = net.layers[-1]  # Keras cannot read a subclassed model again that has this
        net.extra = {"of": [net.layers[-1]], "optimizer": None}


# ---- what runs in the process of real Keras ------------------------------------------------------------------------


def keras_take(name: str, path: str, back: str) -> dict[str, Any]:
    """Load a file; outputs. Then use the model, and save it to `back`; outputs again."""
    import keras

    register(keras)
    peer_models.register(keras)
    _, x, y = EVERY[name](keras)
    net = keras.models.load_model(path)
    before = peer_models.outputs(net, x)
    net(x)
    net.fit(x, y, verbose=0)
    net.evaluate(x, y, verbose=0)
    change(net, keras)
    net.save(back)
    return {
        "before": before,
        "after": peer_models.outputs(net, x),
        "weights": [np.asarray(w) for w in net.get_weights()],
    }
