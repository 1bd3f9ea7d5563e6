"""Whether anything that a replayed call's code can read is another thing now than when the call was recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import is_
from types import CellType

import numpy as np

from keraslite.transforms.foreign.rules import VALUES

__all__ = ["MISSING", "Guards"]

MISSING = object()
Getter = Callable[[], object]


def content(cell: CellType) -> object:
    """What a closure's cell holds."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


class Guards:
    """Snapshots of names, containers and arrays.

    Attributes:
        cause: what changed, in words, once something has.
    """

    def __init__(self) -> None:
        self.cause = ""
        self._names: list[tuple[Mapping[str, object], str, object, str]] = []
        self._got: list[tuple[Getter, object, str]] = []
        self._lists: list[tuple[list[object], tuple[object, ...], str]] = []
        self._dicts: list[tuple[dict[object, object], tuple[object, ...], tuple[object, ...], str]] = []
        self._sets: list[tuple[set[object], frozenset[int], str]] = []
        self._arrays: list[tuple[np.ndarray, tuple[object, ...], bytes, str]] = []
        self._seen: set[tuple[int, str]] = set()
        self._held: list[object] = []  # so that no number is given again

    def __len__(self) -> int:
        containers = len(self._lists) + len(self._dicts) + len(self._sets)
        return len(self._names) + len(self._got) + containers + len(self._arrays)

    def name(self, holder: Mapping[str, object], name: str, where: str, owner: object) -> object:
        """Watch what a name stands for in a dict that belongs to `owner`. Returns it, or MISSING."""
        value = holder.get(name, MISSING)
        if (id(owner), name) not in self._seen:
            self._seen.add((id(owner), name))
            self._held.append(owner)
            self._names.append((holder, name, value, where))
        return value

    def result(self, getter: Getter, where: str) -> object:
        """Watch what a function without arguments returns."""
        value = getter()
        self._got.append((getter, value, where))
        return value

    def container(self, value: list[object] | dict[object, object] | set[object], where: str) -> None:
        """Watch which objects a list, dict or set holds."""
        if isinstance(value, dict):
            self._dicts.append((value, tuple(value), tuple(value.values()), where))
        elif isinstance(value, set):
            self._held.extend(value)
            self._sets.append((value, frozenset(map(id, value)), where))
        else:
            self._lists.append((value, tuple(value), where))

    def array(self, value: np.ndarray, where: str) -> None:
        """Watch the numbers in an array."""
        self._arrays.append((value, _form(value), value.tobytes(), where))

    def changed(self) -> bool:
        """Whether something is not what it was. Then `cause` names it."""
        self.cause = self._changed()
        return bool(self.cause)

    def _changed(self) -> str:
        for holder, name, value, where in self._names:
            found = holder.get(name, MISSING)
            if found is not value and not same(found, value):
                return where
        for getter, value, where in self._got:
            found = getter()
            if found is not value and not same(found, value):
                return where
        for items, copy, where in self._lists:
            if len(items) != len(copy) or not all(map(is_, items, copy)):
                return where
        for mapping, keys, values, where in self._dicts:
            if len(mapping) != len(keys) or not all(map(is_, mapping.values(), values)):
                return where
            if not all(map(is_, mapping, keys)) and not all(map(same, mapping, keys)):
                return where
        for members, frozen, where in self._sets:
            if len(members) != len(frozen) or not frozen.issuperset(map(id, members)):
                return where
        for array, form, numbers, where in self._arrays:
            if _form(array) != form or array.tobytes() != numbers:
                return where
        return ""


def same(a: object, b: object) -> bool:
    """Whether two objects of Python are one value: -0.0 and 0.0 are not, nor are True and 1."""
    return a is b or (type(a) is type(b) and type(a) in VALUES and repr(a) == repr(b))


def _form(x: np.ndarray) -> tuple[object, ...]:
    return x.shape, x.dtype, x.strides
