"""Tells whether something that a program has built in has changed since the program was made.

A program (a compiled or recorded step, a compiled call of a model) keeps what its objects said while it was made: the
rate of a dropout, the threshold of a metric, whether a layer is frozen. So it remembers the objects that were used then
(`watching`, `use`) in a `Reads`, and is valid while none of their attributes was set again.

An object counts its changes from the moment a program has read it. Changes of other objects cost nothing.

Models and objects of users' classes hold much that no step looks at, such as the number of the epoch. While a program
is made, `watching` notes which of their attributes are read, and only those count.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Protocol

__all__ = [
    "Changing",
    "Guard",
    "Reads",
    "Watch",
    "assigned",
    "changed",
    "entry",
    "guard",
    "is_recording",
    "is_refused",
    "refuse",
    "title",
    "use",
    "used_so_far",
    "watching",
]

_PLAIN = frozenset((bool, int, float, complex, str, bytes, type(None)))
ITEMS = "an attribute's items"  # the name under which a change counts whose attribute is not known
_CONTAINERS = (list, tuple, set, frozenset)


class Changes:
    """How often the attributes of one object were set since a program first read it."""

    __slots__ = ("by_name", "total")

    def __init__(self) -> None:
        self.total = 0
        self.by_name: dict[str, int] = {}

    def __reduce__(self) -> Any:  # a copy was read by no program
        return Changes, ()


class Changing:
    """Base of objects whose attributes a program may have built in.

    Class attributes for subclasses:
        _incidental: names of attributes that no computation depends on.
        _separate: names of attributes whose objects tell by themselves when they are used.
        _entries: names of methods by which a step uses the object.
    """

    __slots__ = ()
    _changes: Changes | None = None
    _incidental: ClassVar[frozenset[str]] = frozenset()
    _separate: ClassVar[frozenset[str]] = frozenset(("_constructor",))
    _entries: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: object):
        super().__init_subclass__(**kwargs)
        for name in cls._entries:
            if name in vars(cls):
                setattr(cls, name, entry(vars(cls)[name]))

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        assigned(self, name)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        assigned(self, name)

    def _holds_more(self) -> bool:
        """Whether it may have attributes that no step looks at."""
        return not _is_ours(type(self))

    def _read_with(self) -> Iterable[Any]:
        """Objects that are read with this one."""
        return [value for name, value in vars(self).items() if name not in self._separate]


class Guard(Protocol):
    """Tells whether something that is no `Changing` has changed."""

    cause: str

    def changed(self) -> bool:
        """Whether it has; then `cause` says what, in words."""
        ...


class Watch:
    """What happens while a program is made.

    Attributes:
        used: objects that were used, by id.
        names: attributes that were read, by the id of their object, for classes that are `spied` on.
        assigned: objects and names of attributes that were set, with the values.
        recording: whether the calls are taken down to be replayed.
        reasons: what speaks against replaying them.
        guards: on what code of users reads that is none of these objects.
    """

    __slots__ = ("assigned", "guards", "names", "reasons", "recording", "spied", "used")

    def __init__(self, recording: bool):
        self.used: dict[int, Changing] = {}
        self.assigned: list[tuple[Changing, str, Any]] = []
        self.names: dict[int, set[str]] = {}
        self.spied: frozenset[type] = frozenset()
        self.recording = recording
        self.reasons: list[str] = []
        self.guards: list[Guard] = []

    def assignments(self) -> list[str]:
        """Attributes that the program's own code sets, in words: a replay would not set them."""
        read = {id(each) for each in reachable(self.used.values())}
        return list(dict.fromkeys(f"it sets `{name}` of {title(x)}" for x, name, _ in self.assigned if id(x) in read))


_watch: ContextVar[Watch | None] = ContextVar("keraslite_watch", default=None)
_stamp = 0  # goes up with each change of an object that some program has read


def assigned(obj: Changing, name: str) -> None:
    """`obj.name` was set. For a property what its setter does counts: assigning to a Variable is no change."""
    if (obj._changes is not None or _watch.get() is not None) and type(getattr(type(obj), name, None)) is not property:
        changed(obj, name)


def changed(obj: Changing, name: str) -> None:
    """Note that the attribute `name` of `obj` was set to something else."""
    global _stamp
    if name in obj._incidental:
        return
    watch = _watch.get()
    if watch is not None:
        watch.assigned.append((obj, name, getattr(obj, "__dict__", {}).get(name)))
    found = obj._changes
    if found is not None:
        found.total += 1
        found.by_name[name] = found.by_name.get(name, 0) + 1
        _stamp += 1


def _spying_getattribute(inherited: Any) -> Any:
    def __getattribute__(self: Any, name: str) -> Any:
        watch = _watch.get()
        if watch is not None:
            watch.names.setdefault(id(self), set()).add(name)
        return inherited(self, name)

    return __getattribute__


@contextmanager
def _spying(watch: Watch, roots: Iterable[object]) -> Iterator[None]:
    """Note which attributes are read of those objects among `roots`, and below them, that hold more than settings."""
    found = {type(x) for x in reachable(roots) if x._holds_more()}
    with _spies:
        classes = {cls for cls in found if cls in _spied or "__getattribute__" not in vars(cls)}
        for cls in classes:
            if cls not in _spied:
                cls.__getattribute__ = _spying_getattribute(cls.__getattribute__)  # type: ignore[method-assign]
            _spied[cls] = _spied.get(cls, 0) + 1
    watch.spied = frozenset(classes)
    try:
        yield
    finally:
        with _spies:
            for cls in classes:
                _spied[cls] -= 1
                if not _spied[cls]:
                    del _spied[cls], cls.__getattribute__


_spied: dict[type, int] = {}  # how many programs are being made that spy on the class
_spies = threading.Lock()


@contextmanager
def watching(used: Iterable[object] = (), around: Iterable[object] = (), *, recording: bool = False) -> Iterator[Watch]:
    """Watch what a program uses while it is made, in this thread or task.

    Args:
        used: objects that the program uses for certain.
        around: objects that it may use.
        recording: whether its calls are taken down to be replayed.
    """
    used = list(used)
    watch = Watch(recording)
    token = _watch.set(watch)
    try:
        with _spying(watch, [*used, *around]):
            for each in used:
                if isinstance(each, Changing):
                    use(each)
            yield watch
    finally:
        _watch.reset(token)


def use(obj: Changing) -> None:
    """Note that a program that is being made uses `obj` and depends on its attributes."""
    watch = _watch.get()
    if watch is not None:
        watch.used[id(obj)] = obj


def entry(method: Callable[..., object]) -> Callable[..., Any]:
    """The method, wrapped so that it notes that its object is used."""

    @functools.wraps(method)
    def used(self: Any, *args: Any, **kwargs: Any) -> Any:
        watch = _watch.get()
        if watch is not None:
            watch.used[id(self)] = self
        return method(self, *args, **kwargs)

    return used


def is_recording() -> bool:
    """Whether this call is being recorded, so that it can be replayed."""
    watch = _watch.get()
    return watch is not None and watch.recording


def refuse(reason: str) -> None:
    """Say that later calls may differ from the one that is being recorded."""
    watch = _watch.get()
    if watch is not None:
        watch.reasons.append(reason)


def used_so_far() -> list[Changing]:
    """The objects that the program that is being made has used."""
    watch = _watch.get()
    return list(watch.used.values()) if watch is not None else []


def guard(watched: Guard) -> None:
    """Have a program that is being made dropped when `watched` has changed."""
    watch = _watch.get()
    if watch is not None:
        watch.guards.append(watched)


def is_refused() -> bool:
    """Whether it is known already that this call will not be replayed."""
    watch = _watch.get()
    return watch is not None and bool(watch.reasons)


class Reads:
    """The objects that a program has read, and whether one of them has changed since.

    An attribute that was set to a tensor while the program was made is a result, and does not count.

    Attributes:
        cause: what changed, in words, once something has.
    """

    __slots__ = ("_changes", "_names", "_objects", "_results", "_seen", "_stamp", "_total", "cause")

    def __init__(self, watch: Watch):
        self._objects = reachable(watch.used.values())
        self._names = {id(x): watch.names.get(id(x), set()) for x in self._objects if type(x) in watch.spied}
        self._results = {(id(x), name) for x, name, value in watch.assigned if _is_tensor(value)}
        self._changes: list[Changes] = []
        for x in self._objects:
            if x._changes is None:
                object.__setattr__(x, "_changes", Changes())
            self._changes.append(x._changes)  # type: ignore[arg-type]
        self.cause = ""
        self._take()

    @property
    def objects(self) -> list[Changing]:
        """What was read, each object once."""
        return self._objects

    def changed(self) -> bool:
        """Whether an attribute of an object was set since."""
        if self._stamp == _stamp:
            return False
        stamp = _stamp
        if sum([each.total for each in self._changes]) == self._total:
            self._stamp = stamp
            return False
        for x, now, seen in zip(self._objects, self._changes, self._seen, strict=True):
            for name, count in list(now.by_name.items()):
                if seen.get(name, 0) != count and self._matters(x, name):
                    self.cause = f"`{name}` of {title(x)}"
                    return True
        self._take()
        return False

    def _matters(self, x: Changing, name: str) -> bool:
        if (id(x), name) in self._results:
            return False
        read = self._names.get(id(x))
        # What our own classes define they may read in other ways.
        return read is None or name in read or name == ITEMS or any(name in vars(c) for c in _ours(type(x)))

    def _take(self) -> None:
        self._stamp = _stamp
        self._total = sum([each.total for each in self._changes])
        self._seen = [dict(each.by_name) for each in self._changes]


def reachable(roots: Iterable[object]) -> list[Changing]:
    """The objects, and those that are their attributes or stand in containers that are, each once."""
    found: dict[int, Changing] = {}
    containers: set[int] = set()
    waiting = list(roots)
    while waiting:
        x = waiting.pop()
        if type(x) in _PLAIN:
            continue
        if isinstance(x, Changing):
            if id(x) not in found:
                found[id(x)] = x
                waiting.extend(x._read_with())
        elif isinstance(x, (*_CONTAINERS, dict)) and id(x) not in containers:
            containers.add(id(x))
            waiting.extend(x.values() if isinstance(x, dict) else x)
    return list(found.values())


def _is_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0].startswith("keraslite")


def _ours(cls: type) -> list[type]:
    return [base for base in cls.__mro__ if _is_ours(base)]


def _is_tensor(value: object) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, Changing)


def title(x: object) -> str:
    """An object in a reason: its class and its path or name."""
    name = getattr(x, "path", None) or getattr(x, "name", None)
    return f"{type(x).__name__} {name!r}" if isinstance(name, str) else type(x).__name__
