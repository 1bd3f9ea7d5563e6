"""Which variables, sublayers, seeds and metrics belong to a layer, in the order they were given to it."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar

from keraslite import tree
from keraslite.backend.changes import ITEMS, changed
from keraslite.errors import StateError
from keraslite.layers.adapting import AdaptedWeight
from keraslite.variable import Variable

if TYPE_CHECKING:
    from keraslite.layers.base import Layer
    from keraslite.random.seeds import SeedGenerator

_Result = TypeVar("_Result")
PartKind = Literal["layer", "metric", "optimizer", "seed"]
PLAIN = frozenset((bool, int, float, str, bytes, type(None)))  # types that hold nothing to track


_version = 0


def version() -> int:
    """Goes up whenever something comes to a tracker or leaves it: until then no list of what layers own is another."""
    return _version


def _moved() -> None:
    global _version
    _version += 1


def part_kind(value: object) -> PartKind | None:
    """What a layer may own and files keep: "layer", "metric", "optimizer" or "seed"; None for anything else."""
    return getattr(type(value), "_part_kind", None)


def holds_parts(value: object, inside: tuple[int, ...] = ()) -> bool:
    """Whether `value` is a part, or a list, tuple, set or dict with parts in it."""
    if part_kind(value) is not None:
        return True
    if not isinstance(value, (dict, list, tuple, set, frozenset)) or id(value) in inside:  # a list that holds itself
        return False
    items = value.values() if isinstance(value, dict) else value
    return any(holds_parts(item, (*inside, id(value))) for item in items)


_KINDS = ("trainable", "non_trainable", "layers", "seeds", "metrics")


class Kept(NamedTuple):
    """What a copy of a tracker starts from.

    Attributes:
        found: what is tracked: the list that it stands in, the object, and how many attributes and containers hold it.
        locked: whether no more may come.
        attributes: names of the attributes that are parts or containers.
    """

    found: list[tuple[str, object, int]]
    locked: bool
    attributes: list[str]


class Tracker:
    """The state that a layer owns: the one answer for tracking, saving, copying and pickling.

    Attributes:
        attributes: by their names, the attributes of the layer that are parts or containers, in which parts may be.
        locked: whether no more may come.
        owner: the layer in messages.
        trainable, non_trainable, layers, seeds, metrics: what belongs to the layer, in the order in which it came.
    """

    __slots__ = (
        *("_counts", "_inside", "_layer", "attributes", "layers", "locked", "metrics", "non_trainable", "owner"),
        *("seeds", "trainable"),
    )

    def __init__(self, owner: str, layer: Layer | None = None):
        self.owner = owner
        self._layer = weakref.ref(layer) if layer is not None else None
        self.locked = False
        self.trainable: list[Variable] = []
        self.non_trainable: list[Variable] = []
        self.layers: list[Layer] = []
        self.seeds: list[SeedGenerator] = []
        self.metrics: list[Any] = []
        self.attributes: dict[str, object] = {}
        self._counts: dict[int, int] = {}  # how many attributes and containers hold each object
        self._inside: dict[int, object] = {}  # containers that are being looked through: they may hold themselves

    def assign(self, name: str, value: object, old: object) -> object:
        """An attribute of the layer is about to become `value`, and was `old`. Returns what to set it to."""
        if type(value) in PLAIN:
            self.attributes.pop(name, None)
        else:
            value = self.add(value)
            if isinstance(value, CONTAINERS):
                value.attribute = name
            if part_kind(value) is not None or isinstance(value, (list, tuple, dict, set, frozenset)):
                self.attributes[name] = value
            else:
                self.attributes.pop(name, None)
        if type(old) not in PLAIN:
            self.remove(old)
        return value

    def forget(self, name: str, old: object) -> None:
        """An attribute of the layer, which was `old`, is about to be deleted."""
        self.attributes.pop(name, None)
        self.remove(old)

    def add(self, value: Any) -> Any:
        """Track what is in `value`; lists, dicts and sets come back as ones that track what is put into them later."""
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind in _TRACKED or isinstance(value, CONTAINERS):
            return self._inside[id(value)] if id(value) in self._inside else self._add_container(value)
        if isinstance(value, (tuple, set, frozenset)):
            items = [self.add(item) for item in value]
            if isinstance(value, tuple) and any(new is not old for new, old in zip(items, value, strict=True)):
                return kind(*items) if hasattr(kind, "_fields") else kind(items)
        else:
            self._add_one(value)
        return value

    def _add_container(self, given: Any) -> Any:
        value = _TRACKED[type(given)](given) if type(given) in _TRACKED else given
        self._inside[id(given)] = self._inside[id(value)] = value
        try:
            value.start(self)
        finally:
            self._inside.pop(id(given))
            self._inside.pop(id(value), None)
        return value

    def remove(self, value: object) -> None:
        """Undo `add`."""
        if type(value) in PLAIN or id(value) in self._inside:
            return
        if not isinstance(value, (TrackedDict, list, tuple, set, frozenset)):
            self._remove_one(value)
            return
        self._inside[id(value)] = value
        for item in value.values() if isinstance(value, dict) else value:
            self.remove(item)
        self._inside.pop(id(value))

    def replace(self, old: list[Layer], new: list[Layer]) -> list[Layer]:
        """Track the items of `new` instead of those of `old`, a list that is no attribute. Returns it, watched."""
        watched = self.add(new)
        self.remove(old)
        self.refilled(ITEMS)
        return watched

    def refilled(self, attribute: str) -> None:
        """Something came into a list or dict that is an attribute of the layer, or left it."""
        layer = self._layer() if self._layer is not None else None
        if layer is not None:
            changed(layer, attribute)

    def kept(self) -> Kept:
        """What `pickle` and `copy` take."""
        found = [(kind, each, self._counts[id(each)]) for kind in _KINDS for each in getattr(self, kind)]
        return Kept(found, self.locked, list(self.attributes))

    def restore(self, kept: Kept, attributes: dict[str, object]) -> None:
        """Track again what was `kept`; `attributes` are those of the layer, with lists and dicts to be watched."""
        for kind, value, count in kept.found:
            getattr(self, kind).append(value)
            self._counts[id(value)] = count
        _moved()
        self.locked = kept.locked
        self.attributes = {name: attributes[name] for name in kept.attributes if name in attributes}
        for name, value in attributes.items():
            if isinstance(value, CONTAINERS) and value.tracker is None:
                value.attribute = name
            self._watch(value)

    def _watch(self, value: object) -> None:
        if isinstance(value, CONTAINERS):
            if value.tracker is not None:
                return
            value.tracker = self
            for item in value.items_in():
                self._watch(item)
        elif isinstance(value, (tuple, set, frozenset)):
            for item in value:
                self._watch(item)

    def _add_one(self, value: object) -> None:
        if isinstance(value, AdaptedWeight):
            value = value.variable
        found = self._list_of(value)
        if found is None:
            return
        count = self._counts.get(id(value), 0)
        if not count:
            if self.locked and found is not self.metrics:
                raise StateError(
                    f"{self.owner} is built and takes no more variables or layers. Received {value!r:.100}. "
                    "Make all of them in `__init__` or `build`."
                )
            found.append(value)
            _moved()
        self._counts[id(value)] = count + 1

    def _remove_one(self, value: object) -> None:
        if isinstance(value, AdaptedWeight):
            value = value.variable
        count = self._counts.get(id(value))
        if count is None:
            return
        if count > 1:
            self._counts[id(value)] = count - 1
            return
        del self._counts[id(value)]
        _moved()
        for kind in _KINDS:
            found = getattr(self, kind)
            found[:] = [each for each in found if each is not value]

    def _list_of(self, value: object) -> list[Any] | None:
        if isinstance(value, Variable):
            return self.trainable if value.trainable else self.non_trainable
        kind = part_kind(value)
        return {"layer": self.layers, "metric": self.metrics, "seed": self.seeds}.get(kind) if kind else None


class _Container(Protocol):
    tracker: Tracker | None
    attribute: str

    def items_in(self) -> list[object]: ...
    def put(self, item: object, watched: object) -> None: ...


def _watched(method: Callable[..., _Result]) -> Callable[..., _Result]:
    """The method of a list, dict or set, followed by tracking what came and went."""

    @functools.wraps(method)
    def wrapper(self: _Container, *args: object, **kwargs: object) -> _Result:
        tracker = self.tracker
        if tracker is None:
            return method(self, *args, **kwargs)
        before = self.items_in()
        result = method(self, *args, **kwargs)
        tracker.refilled(self.attribute)
        after = self.items_in()
        kept, held = {id(x) for x in after}, {id(x) for x in before}
        for item in after:
            if id(item) not in held:
                self.put(item, tracker.add(item))
        for item in before:
            if id(item) not in kept:
                tracker.remove(item)
        return result

    return wrapper


class TrackedList(list):
    """A list held by a layer: layers and variables put into it belong to the layer."""

    tracker: Tracker | None = None
    attribute = ITEMS  # its name, where it is one

    def start(self, tracker: Tracker) -> None:
        """Track the items, and those to come."""
        self.tracker = None
        for index, item in enumerate(self):
            super().__setitem__(index, tracker.add(item))
        self.tracker = tracker

    def items_in(self) -> list[object]:
        """What may be tracked."""
        return list(self)

    def put(self, item: object, watched: object) -> None:
        """Let a container that came be watched from now on."""
        if watched is not item:
            at = next(index for index, each in enumerate(self) if each is item)
            super().__setitem__(at, watched)

    def __reduce__(self) -> tuple[object, ...]:  # the layer it goes to watches it
        return TrackedList, (), None, iter(list(self))

    append = _watched(list.append)
    extend = _watched(list.extend)
    insert = _watched(list.insert)
    pop = _watched(list.pop)
    remove = _watched(list.remove)
    clear = _watched(list.clear)
    reverse = _watched(list.reverse)
    sort = _watched(list.sort)
    __setitem__ = _watched(list.__setitem__)
    __delitem__ = _watched(list.__delitem__)
    __iadd__ = _watched(list.__iadd__)


class TrackedDict(dict):
    """A dict held by a layer: layers and variables put into it belong to the layer."""

    tracker: Tracker | None = None
    attribute = ITEMS  # its name, where it is one

    def start(self, tracker: Tracker) -> None:
        """Track the values, and those to come."""
        self.tracker = None
        for key, item in list(self.items()):
            super().__setitem__(key, tracker.add(item))
        self.tracker = tracker

    def items_in(self) -> list[object]:
        """What may be tracked."""
        return list(self.values())

    def put(self, item: object, watched: object) -> None:
        """Let a container that came be watched from now on."""
        if watched is not item:
            super().__setitem__(next(key for key, each in self.items() if each is item), watched)

    def __reduce__(self) -> tuple[object, ...]:  # the layer it goes to watches it
        return TrackedDict, (), None, None, iter(list(self.items()))

    pop = _watched(dict.pop)
    popitem = _watched(dict.popitem)
    setdefault = _watched(dict.setdefault)
    update = _watched(dict.update)
    clear = _watched(dict.clear)
    __setitem__ = _watched(dict.__setitem__)
    __delitem__ = _watched(dict.__delitem__)
    __ior__ = _watched(dict.__ior__)


class TrackedSet(set):
    """A set held by a layer: layers and variables put into it belong to the layer."""

    tracker: Tracker | None = None
    attribute = ITEMS  # its name, where it is one

    def start(self, tracker: Tracker) -> None:
        """Track the items, and those to come."""
        for item in self:
            tracker.add(item)
        self.tracker = tracker

    def items_in(self) -> list[object]:
        """What may be tracked."""
        return list(self)

    def put(self, item: object, watched: object) -> None:
        """Nothing: what a set holds is no container that changes."""

    def __reduce__(self) -> tuple[object, ...]:  # the layer it goes to watches it
        return TrackedSet, (list(self),)

    add = _watched(set.add)
    update = _watched(set.update)
    discard = _watched(set.discard)
    remove = _watched(set.remove)
    pop = _watched(set.pop)
    clear = _watched(set.clear)
    difference_update = _watched(set.difference_update)
    intersection_update = _watched(set.intersection_update)
    symmetric_difference_update = _watched(set.symmetric_difference_update)
    __ior__ = _watched(set.__ior__)
    __iand__ = _watched(set.__iand__)
    __isub__ = _watched(set.__isub__)
    __ixor__ = _watched(set.__ixor__)


CONTAINERS = (TrackedList, TrackedDict, TrackedSet)
_TRACKED: dict[type, type] = {list: TrackedList, dict: TrackedDict, set: TrackedSet}


def _dict_of(keys: Iterable[object], values: Iterable[object]) -> TrackedDict:
    return TrackedDict(zip(keys, values, strict=True))


def _flatten_dict(tracked: TrackedDict) -> tuple[object, ...]:
    keys = sorted(tracked)
    return [tracked[key] for key in keys], tuple(keys), tuple(keys)


# In nests they are what they hold, and nests made after theirs are of the same kinds, but belong to no layer.
tree.register(TrackedList, lambda tracked: (tuple(tracked), None), lambda _, items: TrackedList(items))
tree.register(TrackedDict, _flatten_dict, _dict_of)
tree.register(TrackedSet, lambda tracked: (tuple(tracked), None), lambda _, items: TrackedSet(items))
