"""A row: how to make a layer, and arguments to call it with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    """`args`: a shape stands for an array of that shape, a list of shapes for a list of arrays."""

    cls: str
    kwargs: dict[str, Any]
    args: tuple[Any, ...]
    call: dict[str, Any] = field(default_factory=dict)
    unknown: tuple[int, ...] = (0,)  # axes of unknown size in the symbolic call
    random: bool = False  # whether training=True draws
    gradient: bool = True  # whether the inputs' gradient exists
    note: str = ""

    def __str__(self) -> str:
        return f"{self.cls}-{self.note}" if self.note else self.cls

    def arrays(self) -> list[Any]:
        generator = np.random.default_rng(7)
        return [_filled(arg, generator) for arg in self.args]


def _filled(arg: Any, generator: np.random.Generator) -> Any:
    if isinstance(arg, list):
        return [_filled(each, generator) for each in arg]
    return arg if isinstance(arg, np.ndarray) else generator.normal(size=arg).astype("float32")


def layer(cls: str, **kwargs: Any) -> dict[str, Any]:
    """A layer as an argument."""
    return {"__layer__": [cls, kwargs]}


def made(layers: Any, value: Any) -> Any:
    """`value` with the layers of `layer(...)` made by a `layers` module, ours or Keras's."""
    if isinstance(value, dict) and "__layer__" in value:
        cls, kwargs = value["__layer__"]
        return getattr(layers, cls)(**made(layers, kwargs))
    if isinstance(value, dict):
        return {key: made(layers, item) for key, item in value.items()}
    return [made(layers, item) for item in value] if isinstance(value, list) else value
