"""What an engine owes keraslite, and collecting its kernels.

An engine is a module; `docs/architecture.md` says what each of its names means.
"""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from keraslite.errors import MissingCapabilityError

__all__ = ["ATTRIBUTES", "VERSION", "collect", "missing", "owe", "primitives", "verify"]

VERSION = 1

ATTRIBUTES = (
    *("name", "contract_version", "capabilities", "tensor_types", "kernels", "quirks"),
    *("to_tensor", "to_numpy", "dtype_names", "dtype_name", "shape", "cast"),
    *("devices", "default_device", "device_of", "to_device", "device_scope", "synchronize"),
    *("new_storage", "read_storage", "write_storage", "set_trainable", "variable_attributes"),
    *("jit", "value_and_grad", "vjp", "jvp", "vmap", "scan", "cond", "switch", "while_loop"),
    *("checkpoint", "custom_gradient", "stop_gradient"),
    *("abstract_eval", "is_tracing", "no_gradient"),
    *("seed_storage", "set_seed"),
)

#: Names of the ops every engine owes a kernel for; `ops.declare` fills it.
primitives: set[str] = set()


def owe(name: str) -> None:
    """From now on every engine owes a kernel of that name."""
    primitives.add(name)


def collect(*modules: ModuleType) -> dict[str, Any]:
    """The kernels in an engine's files: each public callable, by its name.

    Classes, modules, and helpers imported from another file of the same package are left out. What a file
    defines wins over what another one imports.
    """
    imported: dict[str, Any] = {}
    own: dict[str, Any] = {}
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


def missing(engine: Any) -> list[str]:
    """What the engine owes and does not have, sorted; primitives as "kernels['name']"."""
    attributes = [name for name in ATTRIBUTES if not hasattr(engine, name)]
    kernels = getattr(engine, "kernels", {})
    return attributes + [f"kernels[{name!r}]" for name in sorted(primitives) if name not in kernels]


def verify(engine: Any) -> None:
    """Raise `MissingCapabilityError` where the engine is of another contract version or incomplete."""
    name = getattr(engine, "name", None) or getattr(engine, "__name__", "?")
    version = getattr(engine, "contract_version", None)
    if version != VERSION:
        raise MissingCapabilityError(
            f"keraslite needs an engine of contract version {VERSION}. Received engine {name!r} of version {version}. "
            f"Install a keraslite and an engine package that belong together."
        )
    absent = missing(engine)
    if absent:
        raise MissingCapabilityError(
            f"Engine {name!r} lacks {len(absent)} of the names that contract version {VERSION} asks for: "
            f"{', '.join(absent)}."
        )
