"""Activation functions, and finding one by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keraslite import serialization as _serialization
from keraslite.activations.functions import exponential, gelu, linear, mish, relu
from keraslite.backend.contract import Tensor
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

_TABLE: dict[str, Callable[..., Tensor]] = {
    n: globals()[n] for n in __all__ if n not in ("deserialize", "get", "serialize")
}
_serialization.builtin_functions("activations", _TABLE)


def get(identifier: object) -> Callable[..., Tensor]:
    """Return the activation function that a name or a config stands for.

    Args:
        identifier: a name such as "relu", the config of an activation, or any function of a tensor.

    Returns:
        A function of a tensor: `linear` if `identifier` is None, and a function as it is.

    Raises:
        UnknownNameError: if no activation has that name.

    Example:
        >>> from keraslite import activations
        >>> activations.get("relu").__name__
        'relu'
    """
    return linear if identifier is None else _find(identifier, _TABLE, "activations.get", "an activation")


def serialize(activation: object) -> Any:
    """Return the name of an activation, or its config if it is a registered function or a layer.

    Args:
        activation: a function of this module, a layer, or a function that `saving.register_keras_serializable` knows.

    Example:
        >>> from keraslite import activations
        >>> activations.serialize(activations.relu)
        'relu'
    """
    name = _serialization.name_of_function(activation)
    if name is not None and _TABLE.get(name) is activation:
        return name
    return _serialization.serialize(activation)


def deserialize(config: object, custom_objects: dict[str, Any] | None = None) -> Callable[..., Tensor]:
    """Return the activation that `serialize` made `config` from.

    Args:
        config: what `serialize` returned; None stands for `linear`.
        custom_objects: functions by the names that `config` may hold, besides the registered ones.

    Example:
        >>> from keraslite import activations
        >>> activations.deserialize("relu").__name__
        'relu'
    """
    return linear if config is None else _find(config, _TABLE, "activations.get", "an activation", custom_objects)
