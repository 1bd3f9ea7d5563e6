"""Optimizers, and finding one by name."""

from __future__ import annotations

from typing import Any, overload

from keraslite import check
from keraslite import serialization as _serialization
from keraslite.errors import UnknownNameError
from keraslite.optimizers import legacy, schedules
from keraslite.optimizers.adafactor import Adafactor
from keraslite.optimizers.adam import Adam, Adamax, AdamW, Lamb, Nadam
from keraslite.optimizers.adaptive import Adadelta, Adagrad, Ftrl, Lion, RMSprop
from keraslite.optimizers.base import Optimizer
from keraslite.optimizers.loss_scale import LossScaleOptimizer
from keraslite.optimizers.multi import MultiOptimizer
from keraslite.optimizers.muon import Muon
from keraslite.optimizers.optimizer_map import OptimizerMap
from keraslite.optimizers.schedule_free import ScheduleFreeAdamW
from keraslite.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
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


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: object) -> Optimizer: ...
def get(identifier: object) -> object:
    """Return the optimizer that a name, a config or a class stands for.

    Args:
        identifier: a name such as "adam" or "SGD", in any case; the config of an optimizer, a class of optimizers, or
            an `Optimizer`.

    Returns:
        An optimizer, which is new unless it was given. None is returned as it is.

    Raises:
        UnknownNameError: if no optimizer has that name.

    Example:
        >>> from keraslite import optimizers
        >>> type(optimizers.get("adam")).__name__
        'Adam'
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        found = _CLASSES.get(identifier.lower()) or _serialization.get_registered_object(identifier)
        if found is not None and found not in (LossScaleOptimizer, MultiOptimizer):
            return found()
        known = [cls.__name__ for cls in _CLASSES.values()]
        raise UnknownNameError(
            f"`optimizers.get` needs the name of an optimizer. Received {identifier!r:.100}."
            f"{check.nearest(identifier, known)}"
        )
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()  # type: ignore[call-arg]
    raise UnknownNameError(f"`optimizers.get` needs a name, a config or an Optimizer. Received {identifier!r}.")


def serialize(optimizer: Optimizer) -> Any:
    """Return the config of an optimizer: plain data, from which `deserialize` makes an equal one, without its state.

    Args:
        optimizer: an `Optimizer`.

    Example:
        >>> from keraslite import optimizers
        >>> optimizers.serialize(optimizers.SGD(momentum=0.9))["config"]["momentum"]
        0.9
    """
    return _serialization.serialize(optimizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the optimizer that `serialize` made `config` from.

    Args:
        config: what `serialize` returned, here or in an earlier version of Keras.
        custom_objects: classes and functions by the names that `config` may hold, besides the registered ones.

    Example:
        >>> from keraslite import optimizers
        >>> optimizers.deserialize(optimizers.serialize(optimizers.SGD(momentum=0.9))).momentum
        0.9
    """
    if isinstance(config, dict) and "module" not in config:
        found = _CLASSES.get(str(config.get("class_name")).lower())
        if found is not None:
            return found.from_config(config.get("config") or {}, custom_objects)
    return _serialization.deserialize(config, custom_objects)
