"""Models whose outputs come from calls of inner models. `build(k)` accepts any Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
from peer_models import numbers

MODELS: dict[str, Any] = {}


def model(build: Any) -> Any:
    """Register a builder under its name."""
    MODELS[build.__name__] = build
    return build


def inner(k: Any, outputs: int = 1) -> Any:
    x = k.Input((4,), name="inner_input")
    y = [k.layers.Dense(4, name=f"dense_{i}")(x) for i in range(outputs)]
    return k.Model(x, y[0] if outputs == 1 else y, name="inner")


def dense(k: Any, name: str = "outer_dense") -> Any:
    return k.layers.Dense(4, name=name)


def start(k: Any) -> Any:
    return k.Input((4,), name="outer_input")


@model
def two_calls(k: Any) -> Any:
    x, net = start(k), inner(k)
    return k.Model(x, [net(x), net(dense(k)(x))], name="outer")


@model
def second_call_first(k: Any) -> Any:
    x, net = start(k), inner(k)
    first, second = net(x), net(dense(k)(x))
    return k.Model(x, [second, first], name="outer")


@model
def only_the_second(k: Any) -> Any:
    x, net = start(k), inner(k)
    return k.Model(x, net(net(x)), name="outer")


@model
def called_elsewhere_before(k: Any) -> Any:
    x, net = start(k), inner(k)
    net(k.Input((4,)))
    return k.Model(x, {"a": net(x), "b": dense(k)(net(x))}, name="outer")


@model
def several_outputs(k: Any) -> Any:
    x, net = start(k), inner(k, 2)
    first = net(x)
    return k.Model(x, [first[1], net(first[0])[0]], name="outer")


@model
def sequential(k: Any) -> Any:
    x = start(k)
    net = k.Sequential([k.Input((4,)), dense(k, "in_stack")], name="inner")
    return k.Model(x, [net(net(x)), dense(k)(net(x))], name="outer")


@model
def nested_twice(k: Any) -> Any:
    x, y, net = start(k), k.Input((4,), name="middle_input"), inner(k)
    middle = k.Model(y, net(net(y)), name="middle")
    return k.Model(x, [middle(x), net(x), dense(k)(middle(x))], name="outer")


@model
def same_input(k: Any) -> Any:
    net = inner(k)
    return k.Model(net.input, [net.output, dense(k)(net(net.input))], name="outer")


def outputs(net: Any) -> list[np.ndarray]:
    result = net.predict(numbers(3, 4), verbose=0)
    return list(result.values()) if isinstance(result, dict) else result if isinstance(result, list) else [result]


def places(net: Any) -> Any:
    """What the config says about outputs."""
    return net.get_config()["output_layers"]


# ---- what runs in the process of real Keras ------------------------------------------------------------------------


def keras_both(name: str, ours: str, theirs: str) -> dict[str, Any]:
    """Write a file of Keras's own; read ours."""
    import keras

    net = MODELS[name](keras)
    net.save(theirs)
    return {
        "places": places(net), "wrote": outputs(net), "read": outputs(keras.models.load_model(ours)),
    }  # fmt: skip
