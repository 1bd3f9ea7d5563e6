"""The paths of a model's variables in a weight file, which are Keras 3's.

A part (a layer, metric or optimizer) has its variables in `PATH/vars/0, 1, ...`. The path of an attribute is its name.
The path of a part in a list or dict is the name of the list and of the part's class ("layers/dense_1"); a list in
a list is named "container".

A part may have several places and is written at the first one. The `layers` of a functional model come first, then
attributes by name, with those that begin with "_" last, then attributes that were set after the constructor had
finished. What a layer keeps for itself is not a place. So a path never depends on what was done with the model.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from keraslite import naming
from keraslite.layers import adapting
from keraslite.layers.base import Layer
from keraslite.layers.tracking import holds_parts, part_kind
from keraslite.random.seeds import SeedGenerator

if TYPE_CHECKING:
    pass

_COMPUTED = (property, functools.cached_property)


class Part(NamedTuple):
    """One part of a model and its place in a weight file."""

    path: str
    item: Any
    found: bool  # whether the file has something at the path

    @property
    def required(self) -> bool:
        """Whether a file has to have its variables. Keras's files have neither random state nor metrics."""
        return part_kind(self.item) not in ("seed", "metric")


def parts(root: object) -> list[Part]:
    """Return every part of `root`, itself first, at the path where a file gets it."""
    return Walk(root, lambda path: True).parts


class Walk:
    """The parts of `root` and where a file has them.

    A file may have a part at another of its places than the first one, if another version of Keras or of this package
    wrote it.

    Args:
        holds: whether the file has a part at a path.
        name_at: a function that returns the name of the part at a path; None if nothing is read.
    """

    def __init__(self, root: object, holds: Callable[[str], bool], name_at: Callable[[str], str] | None = None):
        self._holds, self._name_at = holds, name_at
        self.in_another_order = False  # whether the file has the layers of a functional model in another order
        self._found: dict[int, Part] = {}
        self.visit("", root)

    @property
    def parts(self) -> list[Part]:
        """Every part once, in the order of their first places."""
        return list(self._found.values())

    def visit(self, path: str, item: object) -> None:
        """Look for `item` at `path`, unless it was found before, and for the parts in it."""
        known = self._found.get(id(item))
        if known is not None and (known.found or not self._holds(path)):
            return
        self._found[id(item)] = Part(path, item, known is not None or self._holds(path))
        for name, child in children(item):
            inner = f"{path}/{name}" if path else name
            if name == "layers" and getattr(item, "_masks_change_order", False):
                child = self._as_in_file(inner, child)
            if part_kind(child) is not None:
                self.visit(inner, child)
            else:
                self.visit_all(inner, child)

    def _as_in_file(self, path: str, layers: list[Layer]) -> list[Layer]:
        """Return the layers of a functional model in the order of the file, which may not count the ops of masks.

        Earlier versions of this package did not write such ops. Keras does not find every mask that keraslite finds.
        """
        places = {f"{path}/{name}": layer for name, layer in named(layers)}
        if self._name_at is None or not all(map(self._holds, places)):
            return layers
        by_name = {layer.name: layer for layer in layers}
        found = [by_name.get(self._name_at(place)) for place in places]
        fits = [type(layer) for layer in found] == [type(layer) for layer in layers]
        if found == layers or not fits or len(set(map(id, found))) < len(layers):
            return layers
        self.in_another_order = True
        return found  # type: ignore[return-value]

    def visit_all(self, path: str, items: object, inside: tuple[int, ...] = ()) -> None:
        """Look for the parts in a list, tuple, set or dict at `path`."""
        if id(items) in inside:  # a list that contains itself
            return
        for name, item in named(items):
            if part_kind(item) is not None:
                self.visit(f"{path}/{name}", item)
            else:
                self.visit_all(f"{path}/{name}", item, (*inside, id(items)))


def named(items: object) -> Iterator[tuple[str, Any]]:
    """Yield the parts in a container, and the containers of parts in it, with their names there."""
    counts: dict[str, int] = {}
    for item in _in_order(items):
        part = part_kind(item) is not None
        if not part and not holds_parts(item):
            continue
        name = naming.to_snake_case(type(item).__name__) if part else "container"
        count = counts[name] = counts.get(name, -1) + 1
        yield f"{name}_{count}" if count else name, item


def _in_order(items: Any) -> Iterable[object]:
    if isinstance(items, dict):
        return items.values()
    return sorted(items, key=_age) if isinstance(items, (set, frozenset)) else items


def _age(item: object) -> tuple[str, int]:
    """Return the key by which members of sets, which have no order, are sorted: their automatic names."""
    return naming.numbered(str(getattr(item, "name", "")))


def children(item: object) -> list[tuple[str, Any]]:
    """Return the attributes that are parts or contain parts, in the order of the file."""
    if not isinstance(item, Layer):
        return []
    own = item._own
    of_class = dict(_class_attributes(item))
    found = {**of_class, **own.tracker.attributes}
    layers = getattr(type(item), "layers", None)
    if isinstance(layers, property):  # a model
        found["layers"] = layers.__get__(item)
    first = "layers" if getattr(item, "_is_drawn", False) else None
    # A model made from a config does not have attributes that were set after the constructor had finished.
    later = own.tracker.attributes.keys() - own.constructed - of_class.keys() if own.constructed is not None else ()
    return sorted(
        [(name, value) for name, value in found.items() if holds_parts(value)],
        key=lambda child: (child[0] != first, child[0] in later, child[0].startswith("_"), child[0]),
    )


def _class_attributes(item: Layer) -> Iterator[tuple[str, object]]:
    """Yield what belongs to a user's class itself: shared layers, and properties that return layers."""
    classes = type(item).__mro__
    ours = next(cls for cls in classes if cls.__module__.startswith("keraslite."))
    for cls in reversed(classes):
        if cls.__module__.startswith("keraslite.") or cls is object:
            continue
        for name, value in vars(cls).items():
            if hasattr(ours, name) or not (isinstance(value, _COMPUTED) or holds_parts(value)):
                continue
            try:
                value = getattr(item, name)
            except Exception:  # a user's property that has no value yet, which is not the file's fault
                continue
            if holds_parts(value):
                yield name, value


def own_variables(item: Any) -> list[Any]:
    """Return the variables that belong to a part itself, in the order of the file."""
    if isinstance(item, SeedGenerator):
        return [item.state]
    if isinstance(item, Layer):
        return adapting.own_variables(item)
    return list(item.variables)
