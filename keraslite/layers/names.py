"""Other names of attributes of layers, which libraries written for Keras read and set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Shown:
    """A property that is hidden by an instance attribute of the same name."""

    def __init__(self, get: Callable[[Any], Any]):
        self._get = get

    def __get__(self, layer: Any, owner: Any = None) -> Any:
        return self if layer is None else self._get(layer)


class Alias:
    """Another name of an attribute: it reads and sets that attribute."""

    def __init__(self, name: str):
        self._name = name

    def __get__(self, layer: Any, owner: Any = None) -> Any:
        return self if layer is None else getattr(layer, self._name)

    def __set__(self, layer: Any, value: Any) -> None:
        setattr(layer, self._name, value)
        layer._tracker.remove(value)  # `Layer.__setattr__` counts it for both names
