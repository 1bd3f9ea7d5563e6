"""The one place that checks the arguments of constructors, as their classes declare it.

A class of ours says in `argument_checks` what its constructor's parameters may be (`keraslite/ranges`); the
dicts of a class and of its bases are merged. Before a constructor of ours runs, for an object of whatever class, the
arguments that it names are checked and made canonical: 3 for `np.int64(3)`, `(3, 3)` for a kernel size of 3.
What depends on the class is a function of it: `"kernel_size": lambda cls: sizes(cls.rank)`. An attribute that is set
later has to be in the range of the parameter of its name, too.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np

from keraslite.errors import ArgumentError
from keraslite.ranges import Range, Refused

__all__ = [
    "ArgumentChecks",
    "Construction",
    "accepted",
    "construction",
    "guard",
    "keep_construction",
    "ranges_of",
    "setting",
]

ArgumentChecks = Mapping[str, "Range | Callable[[Any], Range]"]

_Class = TypeVar("_Class")
_SHOWN = 200  # characters of a refused value


class Construction(NamedTuple):
    """How an object was made: the arguments of its constructor.

    Attributes:
        passed_on: of an object of a user's class, our class whose constructor that class called, and the arguments.
        ended: whether the constructor has ended.
    """

    args: tuple[object, ...]
    kwargs: dict[str, object]
    passed_on: tuple[type, tuple[object, ...], dict[str, object]] | None = None
    ended: bool = False


def construction(obj: object) -> Construction:
    """How `obj` was made; an empty call for what was made without its constructor."""
    return getattr(obj, "_constructor", None) or Construction((), {})


def keep_construction(obj: object, made: Construction) -> None:
    """Remember how `obj` was made."""
    object.__setattr__(obj, "_constructor", made)


def guard(cls: type[_Class]) -> type[_Class]:
    """Let the constructor that `cls` defines check its arguments, if `cls` is ours. Also a decorator."""
    init = vars(cls).get("__init__")
    if inspect.isfunction(init) and cls.__module__.startswith("keraslite."):
        cls.__init__ = _guarded(init, cls)  # type: ignore[misc]
    return cls


def ranges_of(cls: type) -> dict[str, Range]:
    """The ranges of a class's arguments by name: its own and its bases'."""
    declared: dict[str, Range | Callable[[object], Range]] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("keraslite."):  # users' classes may have anything of that name
            declared.update(vars(base).get("argument_checks", {}))
    return {name: each if isinstance(each, Range) else each(cls) for name, each in declared.items()}


_settings: dict[int, dict[str, Range]] = {}  # by class, as `_guarded` keeps plans


def setting(obj: object, name: str, value: object) -> object:
    """`value`, which is about to be set as an attribute, in canonical form.

    It is checked if the class declares a range for a constructor's parameter of that name. Call it only for objects
    whose constructor has ended. Tensors and Variables are left as they are.
    """
    cls = type(obj)
    ranges = _settings.get(id(cls))
    if ranges is None:
        ranges = _settings[id(cls)] = ranges_of(cls)
        weakref.finalize(cls, _settings.pop, id(cls), None)
    one = ranges.get(name)
    if one is None or (hasattr(value, "shape") and not isinstance(value, np.generic)):
        return value
    return accepted(one, name, value, cls.__name__)


def accepted(one: Range, name: str, value: object, where: str) -> Any:
    """`value` in canonical form; an `ArgumentError` if it is out of the range. `where` names the callable."""
    try:
        return one.accept(value)
    except Refused as refused:
        raise _error(where, name, value, refused, one) from None


def _error(where: str, name: str, value: object, refused: Refused, one: Range) -> ArgumentError:
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    return ArgumentError(f"`{where}` needs `{name}` to be {refused}. Received {name}={shown}.{one.hint(value)}")


def _guarded(init: Callable[..., None], owner: type) -> Callable[..., None]:
    plans: dict[int, _Plan] = {}  # by class: a `WeakKeyDictionary` costs five times as much

    @functools.wraps(init)
    def __init__(self: object, *args: object, **kwargs: object) -> None:
        cls = type(self)
        plan = plans.get(id(cls))
        if plan is None:
            plan = plans[id(cls)] = _Plan(cls, init, owner)
            weakref.finalize(cls, plans.pop, id(cls), None)
        if plan.first:
            keep_construction(self, construction(self)._replace(passed_on=(owner, args, dict(kwargs))))
        if plan.active:
            args = plan.checked(cls, args, kwargs)
        init(self, *args, **kwargs)

    return __init__


class _Plan:
    """What one constructor checks for objects of one class: the arguments that no subclass's constructor of ours,
    which ran before and handed them on, has checked."""

    __slots__ = ("active", "defaults", "first", "names", "ranges")

    def __init__(self, cls: type, init: Callable[..., None], owner: type):
        ours = [base for base in cls.__mro__ if base.__module__.startswith("keraslite.")]
        # Whether a user's class calls this constructor first: its config then has the arguments that it passes.
        first = next(base for base in ours if "__init__" in vars(base))
        self.first = cls not in ours and owner is first and hasattr(owner, "get_config")
        parameters = _parameters(init)
        ranges = {name: one for name, one in ranges_of(cls).items() if name in parameters}
        self.names = [p.name for p in parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        before = _checked_before(ours, owner)
        self.ranges = {name: one for name, one in ranges.items() if name not in before}
        self.defaults: list[tuple[int, str, object]] = []
        for name, one in ranges.items():
            default = parameters[name].default
            # A base's default may be outside what a subclass takes, which then never uses it.
            if default is not inspect.Parameter.empty and one.takes(default):
                canonical = one.accept(default)
                if canonical is not default:
                    position = self.names.index(name) if name in self.names else len(self.names)
                    self.defaults.append((position, name, canonical))
        self.active = bool(self.ranges or self.defaults)

    def checked(self, cls: type, args: tuple[object, ...], kwargs: dict[str, object]) -> tuple[object, ...]:
        """The positional arguments, canonical; those by name become so in `kwargs`, and defaults too."""
        ranges, count = self.ranges, len(args)
        name, value = "", None
        try:
            if count:
                given = list(args)
                for i, name in enumerate(self.names[:count]):
                    if name in ranges:
                        value = args[i]
                        given[i] = ranges[name].accept(value)
                args = tuple(given)
            for name, value in kwargs.items():
                if name in ranges:
                    kwargs[name] = ranges[name].accept(value)
        except Refused as refused:
            raise _error(cls.__name__, name, value, refused, ranges[name]) from None
        for position, name, value in self.defaults:
            if position >= count and name not in kwargs:
                kwargs[name] = value
        return args


def _parameters(init: Callable[..., None]) -> dict[str, inspect.Parameter]:
    every = list(inspect.signature(init).parameters.values())[1:]
    return {p.name: p for p in every if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def _checked_before(ours: list[type], owner: type) -> set[str]:
    """The parameters of the constructors of `owner`'s subclasses, which run before its own."""
    above = [vars(base).get("__init__") for base in ours if base is not owner and issubclass(base, owner)]
    return {name for init in above if init is not None for name in _parameters(init)}
