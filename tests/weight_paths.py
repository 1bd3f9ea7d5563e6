"""Models written once for any Keras, for comparing the paths of their weights."""

from __future__ import annotations

from typing import Any

MODELS: dict[str, Any] = {}


def model(build: Any) -> Any:
    """Register a builder under its name."""
    MODELS[build.__name__] = build
    return build


def dense(k: Any, name: str) -> Any:
    return k.layers.Dense(2, name=name)


@model
def with_input(k: Any) -> Any:
    return k.Sequential([k.Input((3,)), dense(k, "d"), dense(k, "e")], name="s")


@model
def built(k: Any) -> Any:
    net = k.Sequential([dense(k, "d")], name="s")
    net.build((None, 3))
    return net


@model
def called(k: Any) -> Any:
    net = k.Sequential([dense(k, "d")], name="s")
    net(k.ops.ones((1, 3)))
    return net


@model
def added(k: Any) -> Any:
    net = k.Sequential(name="s")
    for layer in (k.Input((3,)), dense(k, "d"), dense(k, "gone")):
        net.add(layer)
    net.pop()
    net.add(dense(k, "e"))
    return net


@model
def nested(k: Any) -> Any:
    later = k.Sequential([dense(k, "d")], name="later")
    now = k.Sequential([k.Input((2,)), dense(k, "e")], name="now")
    net = k.Sequential([later, now], name="s")
    net.build((None, 3))
    return net


@model
def built_before(k: Any) -> Any:
    layer = dense(k, "d")
    layer.build((None, 3))
    return k.Sequential([k.Input((3,)), layer, dense(k, "e")], name="s")


@model
def bidirectional(k: Any) -> Any:
    return k.Sequential([k.Input((4, 3)), k.layers.Bidirectional(k.layers.LSTM(2, name="l"), name="b")], name="s")


@model
def in_functional(k: Any) -> Any:
    x = k.Input((3,))
    inner = k.Sequential([dense(k, "d")], name="s")
    return k.Model(x, dense(k, "e")(inner(x)), name="f")


@model
def functional_within(k: Any) -> Any:
    x = k.Input((3,))
    return k.Sequential([k.Input((3,)), k.Model(x, dense(k, "d")(x), name="f"), dense(k, "e")], name="s")


@model
def in_subclass(k: Any) -> Any:
    class Net(k.Model):
        def __init__(self):
            super().__init__(name="n")
            self.now = k.Sequential([k.Input((3,)), dense(k, "d")], name="now")
            self.later = k.Sequential([dense(k, "e")], name="later")

        def call(self, x):
            return self.later(self.now(x))

    net = Net()
    net(k.ops.ones((1, 3)))
    return net


@model
def in_layer(k: Any) -> Any:
    class Block(k.layers.Layer):
        def __init__(self):
            super().__init__(name="block")
            self.stack = k.Sequential([dense(k, "d")], name="stack")

        def build(self, shape):
            self.stack.build(shape)

        def call(self, x):
            return self.stack(x)

    return k.Sequential([k.Input((3,)), Block()], name="s")


@model
def cloned(k: Any) -> Any:
    return k.models.clone_model(with_input(k))


def paths(k: Any, name: str) -> dict[str, Any]:
    """Of the weights, the layers, the model, and the optimizer's variables."""
    net = MODELS[name](k)
    net.compile(k.optimizers.Adam(name="adam"))
    net.optimizer.build(net.trainable_variables)
    return {
        "weights": [weight.path for weight in net.weights],
        "layers": [layer.path for layer in net.layers if layer.weights],
        "model": net.path,
        "optimizer": [variable.path for variable in net.optimizer.variables],
    }


# ---- what runs in the process of real Keras ------------------------------------------------------------------------


def keras_paths() -> dict[str, Any]:
    """The paths in every model."""
    import keras

    return {name: paths(keras, name) for name in MODELS}
