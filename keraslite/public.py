"""Public modules: which names `dir` shows, and the error for a name that a module does not have."""

from __future__ import annotations

import opcode
import sys
from collections.abc import Iterator
from types import FrameType, ModuleType
from typing import Any, NoReturn

from keraslite import other_names
from keraslite.check import nearest
from keraslite.errors import NoSuchImportError, NoSuchNameError

PACKAGE = __name__.partition(".")[0]
_published: dict[str, list[str]] = {}  # `__all__` of public modules by their path below the package


def publish(path: str = PACKAGE) -> None:
    """Let a package and every module in an `__all__` show that alone, and say of other names what to use instead.

    The two functions are put into the modules at run time: a type checker takes a module with a `__getattr__` to have
    every name.

    Args:
        path: the package: all of keraslite, or a part of it that is imported when it is used.
    """
    for module in _public(sys.modules[path]):
        _published[module.__name__.partition(".")[2]] = module.__all__
        _close(module)


def _public(module: ModuleType) -> Iterator[ModuleType]:
    yield module
    for name in module.__all__:
        member = vars(module).get(name)  # not what is imported when it is used
        if isinstance(member, ModuleType):
            yield from _public(member)


def _close(module: ModuleType) -> None:
    late = vars(module).get("__getattr__")  # of a module with names that are imported when they are used

    def missing(name: str) -> object:
        if late is not None and name in module.__all__:
            return late(name)
        _refuse(module, name, sys._getframe(1))

    def shown() -> list[str]:
        return sorted({*module.__all__, *(name for name in vars(module) if name.startswith("__"))})

    vars(module).update(__getattr__=missing, __dir__=shown)


def _refuse(module: ModuleType, name: str, caller: FrameType) -> NoReturn:
    """Raise what `module.name`, `hasattr` and `from module import name` expect."""
    path = module.__name__
    if name.startswith("_"):  # Python and its tools ask for such names all the time
        raise AttributeError(f"module {path!r} has no attribute {name!r}", name=name, obj=module)
    text = f"`{path}` has no name {name!r}.{_advice(path.partition('.')[2], name)}"
    if caller.f_lasti >= 0 and caller.f_code.co_code[caller.f_lasti] == opcode.opmap["IMPORT_FROM"]:
        raise NoSuchImportError(text, name=path)
    raise NoSuchNameError(text, name=name)


def _advice(below: str, name: str) -> str:
    path = f"{below}.{name}".lstrip(".")
    instead = other_names.INSTEAD.get(path) or _function(below, name)
    if instead:
        return f" Use {instead}."
    if name in other_names.NOT_YET.get(below, "").split():
        return f" Keras has it; {PACKAGE} does not have it yet."
    for place, names in _published.items():
        if name in names:
            return f" Use `{_full(place)}.{name}`."
    return nearest(name, _published[below])


def _function(below: str, name: str) -> str | None:
    """For `ops`, and for `backend`, where Keras 2 had its functions on tensors."""
    if below not in ("backend", "ops"):
        return None
    found = other_names.BACKEND.get(name) if below == "backend" else None
    op = other_names.OPS.get(name, name)
    if found is None and op in _published["ops"]:
        found = f"ops.{op}"
    return f"`{_full(found)}`" if found else None


class Gone:
    """A name that a class had in other versions of Keras: `hasattr` stays False, and the error says what to use."""

    def __init__(self, instead: str):
        self._instead = instead

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, obj: object, owner: type) -> Any:
        if obj is not None and self._name in vars(obj):
            return vars(obj)[self._name]
        raise NoSuchNameError(f"`{owner.__name__}` has no {self._name!r}. Use {self._instead}.", name=self._name)

    def __set__(self, obj: object, value: object) -> None:
        if type(obj).__module__.startswith(f"{PACKAGE}."):  # it would have no effect
            self.__get__(None, type(obj))
        vars(obj)[self._name] = value


def _full(below: str) -> str:
    return f"{PACKAGE}.{below}" if below else PACKAGE
