"""Optimizers, and finding one by name."""

from __future__ import annotations

from typing import Any

from keraslite import check
from keraslite import serialization as _serialization
from keraslite.errors import UnknownNameError
from keraslite.optimizers import legacy, schedules
from keraslite.optimizers.adam import Adam, Adamax, AdamW, Lamb, Nadam
from keraslite.optimizers.adaptive import Adadelta, Adagrad, Ftrl, Lion, RMSprop
from keraslite.optimizers.base import Optimizer
from keraslite.optimizers.loss_scale import LossScaleOptimizer
from keraslite.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "legacy",
    "schedules",
    "serialize",
]

_CLASSES: dict[str, Any] = {
    name.lower(): value
    for name, value in list(globals().items())
    if isinstance(value, type) and issubclass(value, Optimizer) and value is not Optimizer
}


def get(identifier: Any) -> Any:
    """An optimizer from a name ("adam", "SGD"), a config or an Optimizer; None gives None."""
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        found = _serialization.get_registered_object(identifier, None, None) or _CLASSES.get(identifier.lower())
        if found is not None and found is not LossScaleOptimizer:
            return found()
        known = [cls.__name__ for cls in _CLASSES.values()]
        raise UnknownNameError(
            f"`optimizers.get` needs the name of an optimizer. Received {identifier!r}."
            f"{check.nearest(identifier, known)}"
        )
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()  # type: ignore[call-arg]
    raise UnknownNameError(f"`optimizers.get` needs a name, a config or an Optimizer. Received {identifier!r}.")


def serialize(optimizer: Optimizer) -> Any:
    """The config of an optimizer."""
    return _serialization.serialize(optimizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The optimizer of a config."""
    if isinstance(config, dict) and "module" not in config:
        found = _CLASSES.get(str(config.get("class_name")).lower())
        if found is not None:
            return found.from_config(config.get("config") or {}, custom_objects)
    return _serialization.deserialize(config, custom_objects)
