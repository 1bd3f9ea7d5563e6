"""The public modules, classes, functions and methods of keraslite."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keraslite

FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, functools.partial)


@dataclass(frozen=True)
class Public:
    """A public class, function or method, under the first of its names."""

    path: str  # such as "losses.Huber" or "losses.Loss.call"
    package: str  # the room of keraslite that defines it, such as "losses"
    value: Callable[..., object]
    owner: type | None = None  # the class of a method

    @property
    def is_class(self) -> bool:
        return isinstance(self.value, type)

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


def modules() -> Iterator[tuple[str, types.ModuleType]]:
    """The package and every module that an `__all__` names, each with its path below the package."""
    yield from _below("", keraslite, set())


def _below(path: str, module: types.ModuleType, seen: set[int]) -> Iterator[tuple[str, types.ModuleType]]:
    if id(module) in seen:
        return
    seen.add(id(module))
    yield path, module
    for name in module.__all__:
        member = getattr(module, name)
        if isinstance(member, types.ModuleType):
            yield from _below(f"{path}.{name}".lstrip("."), member, seen)


@functools.cache
def everything() -> tuple[Public, ...]:
    """Every public class and function once, and after each class the public methods that it defines."""
    found: dict[int, Public] = {}
    for path, module in modules():
        for name in module.__all__:
            value = getattr(module, name)
            defined_in = (getattr(value, "__module__", None) or "").split(".")
            if isinstance(value, (type, *FUNCTIONS)) and defined_in[0] == "keraslite" and id(value) not in found:
                found[id(value)] = Public(f"{path}.{name}".lstrip("."), defined_in[1], value)
    return tuple(each for one in found.values() for each in (one, *_methods(one)))


def _methods(one: Public) -> Iterator[Public]:
    if not isinstance(one.value, type):
        return
    for name, raw in vars(one.value).items():
        function = raw.__func__ if isinstance(raw, (staticmethod, classmethod)) else raw
        ours = isinstance(function, types.FunctionType) and function.__qualname__ == f"{one.value.__qualname__}.{name}"
        if ours and (not name.startswith("_") or name == "__call__"):
            yield Public(f"{one.path}.{name}", one.package, getattr(one.value, name), one.value)


def packages() -> list[str]:
    return sorted({one.package for one in everything()})


def parameters(one: Public) -> dict[str, inspect.Parameter]:
    """What a caller may give: without `self`, `*args`, `**kwargs` and names that begin with an underscore."""
    return {p.name: p for p in _signature(one) if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def takes_any_keyword(one: Public) -> bool:
    return any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in _signature(one))


def _signature(one: Public) -> list[inspect.Parameter]:
    if isinstance(one.value, type) and issubclass(one.value, Exception):
        return []  # made by keraslite, caught by users
    every = list(inspect.signature(one.value).parameters.values())
    if one.owner is not None and isinstance(inspect.getattr_static(one.owner, one.name), types.FunctionType):
        every = every[1:]
    return [p for p in every if not p.name.startswith("_")]


def docstrings(one: Public) -> list[str]:
    """Its own docstring and, for a class or method, those of the base classes, which it inherits."""
    if isinstance(one.value, type):
        documented = [each for base in _bases(one.value) for each in (base, vars(base).get("__init__"))]
    elif one.owner is not None:
        documented = [vars(base).get(one.name) for base in _bases(one.owner)]
    else:
        documented = [one.value]
    texts = [vars(each).get("__doc__") if isinstance(each, type) else getattr(each, "__doc__", None)
             for each in documented]  # fmt: skip
    return [inspect.cleandoc(text) for text in texts if text]


def _bases(cls: type) -> list[type]:
    return [base for base in cls.__mro__ if base.__module__.partition(".")[0] == "keraslite"]
