"""Whether a module is an engine, and collecting its kernels."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, cast

from keraslite.backend.contract import defaults
from keraslite.backend.contract.engine import GROUPS, Engine
from keraslite.errors import MissingCapabilityError

__all__ = ["ATTRIBUTES", "OPTIONAL", "VERSION", "collect", "missing", "owe", "primitives", "verified"]

#: 2: optional members come from `contract.defaults`; `jit` returns a `Compiled`; `scalar`, `signature`, `libraries`.
VERSION = 2

#: The members of an engine, in the order of the groups.
ATTRIBUTES = tuple(name for group in GROUPS for name in vars(group) if not name.startswith("_"))

#: Those that `contract.defaults` has for engines without one of their own.
OPTIONAL = frozenset(defaults.__all__)

#: Names of the ops every engine owes a kernel for; `ops.declare` fills it.
primitives: set[str] = set()


def owe(name: str) -> None:
    """From now on every engine owes a kernel of that name."""
    primitives.add(name)


def collect(*modules: ModuleType) -> dict[str, Callable[..., Any]]:
    """The kernels in an engine's files: each public callable, by its name.

    Classes, modules, and helpers imported from another file of the same package are left out. What a file
    defines wins over what another one imports.
    """
    imported: dict[str, Callable[..., Any]] = {}
    own: dict[str, Callable[..., Any]] = {}
    for module in modules:
        package = module.__name__.rpartition(".")[0]
        for name, value in vars(module).items():
            if name.startswith("_") or not callable(value) or isinstance(value, ModuleType) or inspect.isclass(value):
                continue
            home = getattr(value, "__module__", None) or ""
            if home == module.__name__:
                own[name] = value
            elif home.partition(".")[0] not in (package, "keraslite", "functools", "contextlib", "typing"):
                imported[name] = value
            elif name in module.__dict__.get("__all__", ()):
                own[name] = value
    return {**imported, **own}


def collect_from(package: str, *files: str) -> dict[str, Callable[..., Any]]:
    """The kernels in files of an engine's package, which are named with spaces between them."""
    names = " ".join(files).split()
    return collect(*(importlib.import_module(f"{package}.{name}") for name in names))


def missing(engine: object) -> list[str]:
    """What the engine owes and does not have, sorted; primitives as "kernels['name']"."""
    attributes = [name for name in ATTRIBUTES if not hasattr(engine, name)]
    kernels = getattr(engine, "kernels", {})
    return attributes + [f"kernels[{name!r}]" for name in sorted(primitives) if name not in kernels]


def verified(engine: object) -> Engine:
    """The module as an engine; `MissingCapabilityError` where it is incomplete or of another contract version."""
    name = getattr(engine, "name", None) or getattr(engine, "__name__", "?")
    version = getattr(engine, "contract_version", None)
    if version != VERSION:
        raise MissingCapabilityError(
            f"keraslite needs an engine of contract version {VERSION}. Received engine {name!r} of version {version}. "
            f"Install a keraslite and an engine package that belong together."
        )
    absent = missing(engine)
    if absent:
        advice = " Begin its module with `from keraslite.backend.contract.defaults import *`."
        raise MissingCapabilityError(
            f"Engine {name!r} lacks {len(absent)} of the names that contract version {VERSION} asks for: "
            f"{', '.join(absent)}.{advice if OPTIONAL.intersection(absent) else ''}"
        )
    return cast(Engine, engine)
