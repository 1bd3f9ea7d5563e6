"""The public names of real Keras with their parameters and members, in a helper process."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from collections.abc import Iterator
from typing import Any


def inventory() -> dict[str, Any]:
    """By path: the parameters of functions and classes, and those of the public members of classes."""
    found: dict[str, Any] = {}
    for module in _modules():
        place = module.__name__.partition(".")[2]
        for name, value in vars(module).items():
            if not name.startswith("_") and not isinstance(value, types.ModuleType):
                members = {}
                if inspect.isclass(value):
                    public = [each for each in dir(value) if not each.startswith("_")]
                    members = {each: parameters(inspect.getattr_static(value, each), value, each) for each in public}
                found[f"{place}.{name}".lstrip(".")] = [_signature(value), members]
    return found


def parameters(raw: object, cls: type, name: str) -> list[list[str | None]] | None:
    """Names and defaults of the parameters of a method; None for what is no method."""
    method = callable(raw) or isinstance(raw, (classmethod, staticmethod))
    return _signature(getattr(cls, name)) if method else None


def _signature(value: object) -> list[list[str | None]] | None:
    try:
        given = inspect.signature(value).parameters.values()  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return [
        [each.name, None if each.default is each.empty else repr(each.default)]
        for each in given
        if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]


def _modules() -> Iterator[types.ModuleType]:
    import keras

    yield from _within(keras)


def _within(package: types.ModuleType) -> Iterator[types.ModuleType]:
    """A package and the public modules below it.

    What is not public is not even imported: modules of `keras.src` would take the place of attributes with their names.
    """
    yield package
    for info in pkgutil.iter_modules(getattr(package, "__path__", ())):
        if info.name != "src" and not info.name.startswith("_"):
            yield from _within(importlib.import_module(f"{package.__name__}.{info.name}"))
