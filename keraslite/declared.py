"""The one place that checks the arguments of constructors, as their classes declare it.

A class of ours says in `argument_checks` what its constructor's parameters may be (`keraslite/ranges`); the
dicts of a class and of its bases are merged. Before a constructor of ours runs, for an object of whatever class, the
arguments that it names are checked and made canonical: 3 for `np.int64(3)`, `(3, 3)` for a kernel size of 3.
What depends on the class is a function of it: `"kernel_size": lambda cls: sizes(cls.rank)`.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from keraslite.errors import ArgumentError
from keraslite.ranges import Range, Refused

__all__ = ["ArgumentChecks", "accepted", "guard", "ranges_of"]

ArgumentChecks = Mapping[str, "Range | Callable[[Any], Range]"]

_Class = TypeVar("_Class")
_SHOWN = 200  # characters of a refused value


def guard(cls: type[_Class]) -> type[_Class]:
    """Let the constructor that `cls` defines check its arguments, if `cls` is ours. Also a decorator."""
    init = vars(cls).get("__init__")
    if inspect.isfunction(init) and cls.__module__.startswith("keraslite."):
        cls.__init__ = _guarded(init, cls)  # type: ignore[misc]
    return cls


def ranges_of(cls: type) -> dict[str, Range]:
    """The ranges of a class's arguments by name: its own and its bases'."""
    declared: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("keraslite."):  # users' classes may have anything of that name
            declared.update(vars(base).get("argument_checks", {}))
    return {name: each if isinstance(each, Range) else each(cls) for name, each in declared.items()}


def accepted(one: Range, name: str, value: Any, where: str) -> Any:
    """`value` in canonical form; an `ArgumentError` if it is out of the range. `where` names the callable."""
    try:
        return one.accept(value)
    except Refused as refused:
        shown = repr(value)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
        text = f"`{where}` needs `{name}` to be {refused}. Received {name}={shown}.{one.hint(value)}"
    raise ArgumentError(text)


def _guarded(init: Callable[..., None], owner: type) -> Callable[..., None]:
    plans: weakref.WeakKeyDictionary[type, _Plan] = weakref.WeakKeyDictionary()

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        cls = type(self)
        plan = plans.get(cls)
        if plan is None:
            plan = plans[cls] = _Plan(cls, init, owner)
        if plan.first:
            constructor = vars(self).get("_constructor", ((), {}))
            vars(self)["_constructor"] = (*constructor[:2], (owner, args, dict(kwargs)))
        if plan.ranges:
            args = plan.checked(cls, args, kwargs)
        init(self, *args, **kwargs)

    return __init__


class _Plan:
    """What one constructor checks for objects of one class."""

    __slots__ = ("defaults", "first", "names", "ranges")

    def __init__(self, cls: type, init: Callable[..., None], owner: type):
        ours = [base for base in cls.__mro__ if base.__module__.startswith("keraslite.")]
        # Whether a user's class reaches our code here: what it gives then is in its config, beside its own arguments.
        first = next(base for base in ours if "__init__" in vars(base))
        self.first = cls not in ours and owner is first and hasattr(owner, "get_config")
        parameters = list(inspect.signature(init).parameters.values())[1:]
        ranges = ranges_of(cls)
        self.names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.ranges = {p.name: ranges[p.name] for p in parameters if p.name in ranges}
        self.defaults: dict[str, Any] = {}
        # A base's default may be outside what a subclass takes, which then never uses it.
        for parameter in parameters:
            name, default = parameter.name, parameter.default
            if name in self.ranges and default is not parameter.empty and self.ranges[name].takes(default):
                canonical = self.ranges[name].accept(default)
                if canonical is not default:
                    self.defaults[name] = canonical

    def checked(self, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The positional arguments, canonical; those by name become so in `kwargs`, and defaults too."""
        ranges = self.ranges
        if args:
            given = list(args)
            for i, (name, value) in enumerate(zip(self.names, args, strict=False)):
                if name in ranges:
                    given[i] = accepted(ranges[name], name, value, cls.__name__)
            args = tuple(given)
        for name, value in kwargs.items():
            if name in ranges:
                kwargs[name] = accepted(ranges[name], name, value, cls.__name__)
        for name, value in self.defaults.items():
            if name not in kwargs and name not in self.names[: len(args)]:
                kwargs[name] = value
        return args
