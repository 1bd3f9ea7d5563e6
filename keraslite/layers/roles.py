"""The initializers, regularizers and constraints of a layer's weights."""

from __future__ import annotations

from typing import Any

from keraslite import constraints, initializers, regularizers

_ROOMS = {"initializer": initializers.get, "regularizer": regularizers.get, "constraint": constraints.get}


def set_roles(layer: Any, **given: Any) -> None:
    """Set attributes such as `kernel_initializer` to the objects that names, configs or objects stand for."""
    for name, value in given.items():
        setattr(layer, name, _ROOMS[name.rpartition("_")[2]](value))
