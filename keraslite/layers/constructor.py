"""What the constructor of every layer takes besides its own parameters, and what `from_config` restores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from keraslite.layers.names import checked_name
from keraslite.serialization import deserialize, unknown_argument

if TYPE_CHECKING:
    from keraslite.layers.base import Layer

_Layer = TypeVar("_Layer", bound="Layer")

# Keras 2's ways to give the first layer of a Sequential its input shape.
INPUT_OPTIONS = ("input_shape", "batch_input_shape", "input_dim", "batch_size", "input_dtype", "weights")


def batch_shape(cls: type, options: dict[str, Any]) -> tuple[int | None, ...] | None:
    """The input shape that the options of a first layer of class `cls` ask for, with the batch; an error for others."""
    for name in options:
        if name not in INPUT_OPTIONS:
            raise unknown_argument(cls, name, INPUT_OPTIONS)
    if options.get("batch_input_shape") is not None:
        return tuple(options["batch_input_shape"])
    shape = options.get("input_shape")
    if shape is None and options.get("input_dim") is not None:
        shape = (options["input_dim"],)
    if shape is None:
        return None
    return (options.get("batch_size"), *((shape,) if isinstance(shape, int) else shape))


def restore(layer: _Layer, config: dict[str, Any]) -> _Layer:
    """Set what a config says of every layer, where the layer's own constructor did not take it. Returns the layer."""
    name = config.get("name")
    if isinstance(name, str) and layer.name != name:
        layer.name = checked_name(name)
    trainable = config.get("trainable")
    if trainable is not None and layer.trainable != trainable:
        layer.trainable = trainable
    dtype = config.get("dtype")
    if dtype is not None:
        policy = deserialize(dtype)
        if layer.dtype_policy != policy and getattr(policy, "name", policy) != layer.dtype_policy.name:
            layer.dtype_policy = policy
    return layer
