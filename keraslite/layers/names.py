"""Other names of what layers hold, under which libraries written for Keras read and set it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Shown:
    """A property that gives way to an attribute of its name."""

    def __init__(self, get: Callable[[Any], Any]):
        self._get = get

    def __get__(self, layer: Any, owner: Any = None) -> Any:
        return self if layer is None else self._get(layer)


class Alias:
    """Another name of an attribute: reading and setting it is reading and setting the attribute."""

    def __init__(self, name: str):
        self._name = name

    def __get__(self, layer: Any, owner: Any = None) -> Any:
        return self if layer is None else getattr(layer, self._name)

    def __set__(self, layer: Any, value: Any) -> None:
        setattr(layer, self._name, value)
        layer._tracker.remove(value)  # `Layer.__setattr__` counts it for both names
