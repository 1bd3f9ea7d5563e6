"""Activation functions, and finding one by name."""

from __future__ import annotations

from typing import Any

from keraslite import serialization as _serialization
from keraslite.activations.functions import exponential, gelu, linear, mish, relu
from keraslite.ops import (  # the ops of these names are the activations
    celu,
    elu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)
from keraslite.serialization.lookup import find as _find

hard_swish = hard_silu
swish = silu

__all__ = [
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]

_TABLE: dict[str, Any] = {n: globals()[n] for n in __all__ if n not in ("deserialize", "get", "serialize")}
_serialization.builtin_functions("activations", _TABLE)


def get(identifier: Any) -> Any:
    """An activation function from its name, a config or the function itself; None is `linear`."""
    return linear if identifier is None else _find(identifier, _TABLE, "activations.get", "an activation")


def serialize(activation: Any) -> Any:
    """The name of one of these functions; for a registered function or a layer its config."""
    name = _serialization.name_of_function(activation)
    if name is not None and _TABLE.get(name) is activation:
        return name
    return _serialization.serialize(activation)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The function that `serialize` made `config` from."""
    return linear if config is None else _find(config, _TABLE, "activations.get", "an activation", custom_objects)
