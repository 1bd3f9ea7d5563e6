"""Activation functions, and finding one by name."""

from __future__ import annotations

from typing import Any

from keraslite import serialization as _serialization
from keraslite.activations import functions as _functions
from keraslite.activations.functions import (
    celu,
    elu,
    exponential,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
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
from keraslite.check import nearest as _nearest
from keraslite.errors import UnknownNameError as _UnknownNameError

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

_TABLE = {name: getattr(_functions, name) for name in _functions.__all__} | {"hard_swish": hard_silu, "swish": silu}
_serialization.builtin_functions("activations", _TABLE)


def get(identifier: Any) -> Any:
    """An activation function from its name, a config or the function itself; None is `linear`."""
    if identifier is None:
        return linear
    if isinstance(identifier, dict):
        return _serialization.deserialize(identifier)
    if isinstance(identifier, str):
        found = _serialization.get_registered_object(identifier, None, _TABLE)
        if found is None:
            near = _nearest(identifier, _TABLE)
            raise _UnknownNameError(
                f"`activations.get` needs the name of an activation. Received {identifier!r}.{near}"
            )
        return found() if isinstance(found, type) else found
    if callable(identifier):
        return identifier
    raise _UnknownNameError(f"`activations.get` needs a name, a config or a function. Received {identifier!r}.")


def serialize(activation: Any) -> Any:
    """The name of one of these functions; for a registered function or a layer its config."""
    name = _serialization.name_of_function(activation)
    if name is not None and _TABLE.get(name) is activation:
        return name
    return _serialization.serialize(activation)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The function that `serialize` made `config` from."""
    if custom_objects:
        with _serialization.custom_object_scope(custom_objects):
            return get(config)
    return get(config)
