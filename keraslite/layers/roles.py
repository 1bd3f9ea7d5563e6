"""The initializers, regularizers and constraints of a layer's weights, one of each for a weight's role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keraslite import constraints, initializers, regularizers
from keraslite.variable import Variable

_ROOMS = {"initializer": initializers.get, "regularizer": regularizers.get, "constraint": constraints.get}


def set_roles(layer: Any, arguments: Mapping[str, Any]) -> None:
    """Set attributes such as `kernel_initializer` to the objects that names, configs or objects stand for.

    Args:
        arguments: those of the layer's constructor by name, its `locals()`; what has another kind of name is passed
            over, and `activity_regularizer`, which belongs to no weight.
    """
    for name, value in arguments.items():
        get = _ROOMS.get(name.rpartition("_")[2])
        if get is not None and name != "activity_regularizer":
            setattr(layer, name, get(value))


def add_weight(layer: Any, name: str, shape: Any, role: str | None = None, **options: Any) -> Variable:
    """A new weight of the layer, with the initializer, regularizer and constraint of `role` (None: of its name).

    Args:
        options: further arguments of `Layer.add_weight`; an `initializer` goes before the role's.
    """
    role = role or name
    given = {kind: getattr(layer, f"{role}_{kind}") for kind in _ROOMS}
    return layer.add_weight(name=name, shape=shape, **{**given, **options})
