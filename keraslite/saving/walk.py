"""Where in a weight file the variables of every part of a model stand: Keras 3's paths.

A part (layer, metric, optimizer) has its own variables in `PATH/vars/0, 1, ...`. Parts that are attributes stand under
the attribute's name, parts in a list or dict under its name and their class's ("layers/dense_1"), lists in lists as
"container". Attributes are visited in the order of their names and a part is written where it is met first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from keraslite import naming
from keraslite.layers.base import Layer
from keraslite.metrics.base import Metric
from keraslite.optimizers.base import Optimizer
from keraslite.random.seed import SeedGenerator

_PARTS = (Layer, Metric, Optimizer, SeedGenerator)


class Part(NamedTuple):
    """One part of a model and its place in a weight file."""

    path: str
    item: Any
    required: bool


def parts(root: Any) -> list[Part]:
    """Every part of `root`, itself first."""
    seen: set[int] = set()
    return list(_visit("", root, seen))


def _visit(path: str, item: Any, seen: set[int]) -> Iterator[Part]:
    if id(item) in seen:
        return
    seen.add(id(item))
    yield Part(path, item, not isinstance(item, SeedGenerator))  # Keras keeps no random state in files
    for name, child in _children(item):
        inner = f"{path}/{name}" if path else name
        if isinstance(child, _PARTS):
            yield from _visit(inner, child, seen)
        else:
            yield from _visit_all(inner, child, seen)


def _visit_all(path: str, items: Any, seen: set[int]) -> Iterator[Part]:
    counts: dict[str, int] = {}
    for item in items.values() if isinstance(items, dict) else items:
        part = isinstance(item, _PARTS)
        if not part and not _holds_parts(item):
            continue
        name = naming.to_snake_case(type(item).__name__) if part else "container"
        count = counts[name] = counts.get(name, -1) + 1
        inner = f"{path}/{name}_{count}" if count else f"{path}/{name}"
        yield from (_visit if part else _visit_all)(inner, item, seen)


def _children(item: Any) -> list[tuple[str, Any]]:
    """Attributes that are parts or hold parts, by name."""
    if not isinstance(item, Layer):
        return []
    hidden = {"_constructor", *getattr(item, "unsaved_attributes", ())}  # the arguments it was made with
    found = {name: value for name, value in vars(item).items() if name not in hidden and _holds_parts(value)}
    layers = getattr(type(item), "layers", None)
    if isinstance(layers, property):  # a model
        found["layers"] = layers.__get__(item)
    return sorted(found.items())


def _holds_parts(value: Any) -> bool:
    if isinstance(value, _PARTS):
        return True
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple, set)):
        return False
    return any(map(_holds_parts, value))


def own_variables(item: Any) -> list[Any]:
    """The variables that belong to a part itself, in the order of the file."""
    if isinstance(item, SeedGenerator):
        return [item.state]
    if isinstance(item, Layer):
        return [*item._tracker.trainable, *item._tracker.non_trainable]
    return list(item.variables)
