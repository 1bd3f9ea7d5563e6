"""Finding engines, loading them, and which one is active.

The active engine is per thread or task (`use_backend`) over a process default (`config` chooses it).
Nothing is imported to find out what is installed.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache
from importlib import util
from types import ModuleType
from typing import TYPE_CHECKING, cast

from keraslite.backend import contract, dtypes
from keraslite.backend.contract import Engine
from keraslite.check import nearest
from keraslite.errors import ConfigError, MixedEnginesError, StateError, UnknownBackendError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = [
    "BUILT_IN",
    "LIBRARIES",
    "check_name",
    "current",
    "default",
    "engine_of",
    "engine_of_all",
    "foreign",
    "host",
    "installed",
    "known",
    "load",
    "loaded",
    "preload",
    "set_default",
    "set_default_resolver",
    "use_backend",
    "with_datasets",
]

GROUP = "keraslite.backends"

#: Our own engines in order of preference: module, and the library it needs.
BUILT_IN = {
    "jax": ("keraslite_jax", "jax"),
    "torch": ("keraslite_torch", "torch"),
    "tensorflow": ("keraslite_tensorflow", "tensorflow"),
    "numpy": ("keraslite_numpy", "numpy"),
}
#: Names that Keras's own configuration file may hold, though nobody wrote it: Keras writes the file itself.
NAMES_OF_KERAS = frozenset((*BUILT_IN, "openvino"))
# A tensor of a library is there only if the library is: then its engine may be loaded for it.
_LIBRARY_ROOTS = {"jax": "jax", "jaxlib": "jax", "torch": "torch", "tensorflow": "tensorflow"}
_HOST = "numpy"
_WITH_DATASETS = {"tf": "tensorflow"}  # by what users call the data sets
#: Whose frames are no user's.
LIBRARIES = frozenset((*_LIBRARY_ROOTS, "numpy", "optree", "ml_dtypes"))

_active: ContextVar[Engine | None] = ContextVar("keraslite_engine", default=None)
_loaded: dict[str, Engine] = {}
_engine_of_type: dict[type, Engine | None] = {}
_stranded: set[str] = set()  # engines that were running when this process was forked
_lock = threading.RLock()
_default: Engine | None = None
_resolve_default: Callable[[], str] | None = None


def current() -> Engine:
    """The active engine: of the innermost `use_backend`, otherwise the process default."""
    return _active.get() or _default or default()


def default() -> Engine:
    """The process default, loaded at first use."""
    global _default
    with _lock:
        if _default is None:
            _default = load(_default_name())
        return _default


def preload() -> None:
    """Load the process default, but not while it is what imports keraslite: then it is loaded at first use."""
    name = _default_name()
    module = BUILT_IN[name][0] if name in BUILT_IN else _entry_points()[name].module
    if module.partition(".")[0] not in sys.modules:
        default()


def _default_name() -> str:
    return _resolve_default() if _resolve_default is not None else installed()[0]


def set_default(name: str) -> None:
    """Make an engine the process default, whatever chose it before."""
    global _default
    with _lock:
        _default = load(name)


def set_default_resolver(resolve: Callable[[], str]) -> None:
    """`resolve()` names the process default when it is first needed."""
    global _resolve_default
    _resolve_default = resolve


@contextmanager
def use_backend(name: str | Engine) -> Iterator[Engine]:
    """Make an engine the active one of this thread or task within a `with` block.

    Args:
        name: of the engine: "jax", "torch", "tensorflow", "numpy" or another that is installed; or its module.

    Returns:
        A context manager, whose `as` target is the engine.

    Example:
        >>> import keraslite as keras
        >>> with keras.use_backend("numpy") as engine:
        ...     engine.name
        'numpy'
    """
    engine = cast(Engine, name) if isinstance(name, ModuleType) else load(name)  # type: ignore[arg-type]
    if engine.name in _stranded:
        raise _stranded_error(engine.name)
    token = _active.set(engine)
    try:
        yield engine
    finally:
        _active.reset(token)


def load(name: str) -> Engine:
    """The engine of that name, imported and checked against the contract."""
    engine = _loaded.get(name)
    if engine is not None:
        return engine
    with _lock:
        if name in _loaded:
            return _loaded[name]
        if name in _stranded:
            raise _stranded_error(name)
        check_name(name)
        ours = name in BUILT_IN
        module: object = importlib.import_module(BUILT_IN[name][0]) if ours else _entry_points()[name].load()
        engine = contract.verified(module)
        if engine.name != name:
            raise ConfigError(f"Entry point {name!r} needs an engine of that name. Received {engine.name!r}.")
        dtypes.learn(engine.dtype_names)
        _loaded[name] = engine
        _engine_of_type.clear()
        return engine


def host() -> Engine:
    """The engine whose tensors are NumPy's arrays. It is always there."""
    return load(_HOST)


def with_datasets(kind: str) -> Engine:
    """The engine whose library has data sets of a kind, such as "tf"."""
    return load(_WITH_DATASETS[kind])


def loaded() -> list[Engine]:
    """The engines loaded so far."""
    return list(_loaded.values())


def known() -> list[str]:
    """Names of all engines, installed or not: ours first, then those of other distributions."""
    return [*BUILT_IN, *sorted(set(_entry_points()) - set(BUILT_IN))]


def installed() -> list[str]:
    """Names of the engines that can be loaded here, in order of preference."""
    return [name for name in known() if is_installed(name)]


def is_installed(name: str) -> bool:
    """Whether the engine's module and the library it needs can be found, without importing them."""
    if name in BUILT_IN:
        return _found(BUILT_IN[name][0]) and _found(BUILT_IN[name][1])
    entry = _entry_points().get(name)
    return entry is not None and _found(entry.module.partition(".")[0])


def check_name(name: object, origin: str = "`use_backend`") -> str:
    """`name` if that engine is installed, otherwise an `UnknownBackendError` that says what is."""
    if isinstance(name, str) and (name in BUILT_IN or name in _entry_points()) and is_installed(name):
        return name
    if name in known():
        problem = f"{origin} needs an engine that is installed. Received {name!r}."
    else:
        problem = f"{origin} needs the name of an engine. Received {name!r}.{nearest(name, known())}"
    raise UnknownBackendError(f"{problem} {offered()}")


def offered() -> str:
    """ "Installed: numpy. To install: ...": what an error or a warning about an engine's name says."""
    here = installed()
    others = [f'{other}: pip install "keraslite[{other}]"' for other in BUILT_IN if other not in here]
    more = f" To install: {'; '.join(others)}." if others else ""
    return f"Installed: {', '.join(here)}.{more}"


def engine_of(x: object) -> Engine | None:
    """The engine whose tensor `x` is; None for anything else.

    NumPy arrays are host data that every engine takes, so they decide nothing.
    """
    kind = type(x)
    try:
        return _engine_of_type[kind]
    except KeyError:
        return _find_engine(kind)


def engine_of_all(*xs: object) -> Engine | None:
    """The one engine whose tensors are among `xs`; None if there is none, `MixedEnginesError` if several."""
    found = None
    for x in xs:
        engine = engine_of(x)
        if engine is not None and engine is not found:
            if found is not None:
                raise MixedEnginesError(
                    f"Tensors of one engine are needed. Received tensors of {found.name!r} and {engine.name!r}. "
                    f"Convert one of them with `ops.convert_to_numpy`."
                )
            found = engine
    return found


def foreign(who: str, engine: Engine, others: list[Engine], why: str) -> MixedEnginesError:
    """The error for tensors of the engines `others` where tensors of `engine` are needed."""
    names = " and one of ".join(repr(other.name) for other in others)
    return MixedEnginesError(
        f"{who} needs tensors of {engine.name!r}, {why}. Received a tensor of {names}. Convert it with "
        "`ops.convert_to_numpy`: every engine takes arrays."
    )


def _find_engine(kind: type) -> Engine | None:
    with _lock:
        # A library that rewrites the Python which it traces leaves alone what C calls, and so the imports.
        copy_context().run(_load_library_of, kind)
        result: Engine | None = None
        for engine in _loaded.values():
            if (
                issubclass(kind, (*engine.tensor_types, *engine.convertible_types))
                and "host_arrays" not in engine.capabilities
            ):
                result = engine
        _engine_of_type[kind] = result
        return result


def _load_library_of(kind: type) -> None:
    for base in kind.__mro__:
        name = _LIBRARY_ROOTS.get(base.__module__.partition(".")[0])
        if name is not None and name not in _loaded and is_installed(name):
            load(name)


def _found(module: str) -> bool:
    try:
        return util.find_spec(module) is not None
    except (ImportError, ValueError):  # a half-imported or namespace-less module
        return False


@cache
def _entry_points() -> dict[str, EntryPoint]:
    from importlib import metadata  # imports much: our own engines are found without

    return {entry.name: entry for entry in metadata.entry_points(group=GROUP)}


def _after_fork() -> None:
    """In a forked child: refuse engines whose threads stayed with the parent, since a computation would never end."""
    global _default, _lock
    _lock = threading.RLock()  # another thread may have held it
    for name, engine in list(_loaded.items()):
        if engine.is_running():
            _stranded.add(name)
            del _loaded[name]
            _engine_of_type.clear()
            _default = None if _default is engine else _default
            if _active.get() is engine:
                _active.set(cast(Engine, _Stranded(name)))


class _Stranded:
    """Stands for an engine that can't be used."""

    def __init__(self, name: str):
        self.name = name

    def __getattr__(self, attribute: str) -> object:
        raise _stranded_error(self.name)


def _stranded_error(name: str) -> StateError:
    return StateError(
        f"Engine {name!r} needs the threads it has started, and a forked process has none of its parent's: a "
        f"computation would wait for them for ever. Received a use of it in a process that was forked after it had "
        f'started. Start processes by `multiprocessing.get_context("spawn")`, or fork before a model is made or '
        f"anything is computed."
    )


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
