"""Finds the class or function that a name in a config means."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

from keraslite.check import nearest
from keraslite.errors import ArgumentError, SerializationError, UnknownNameError

C = TypeVar("C")


class PublicName(NamedTuple):
    """The name of a class of keraslite in files."""

    module: str
    name: str
    registered: str | None


_classes: dict[tuple[str, str], type] = {}
_public_names: dict[type, PublicName] = {}
# Functions by group, in the order in which groups are searched: "relu" is an activation before it is an op.
_functions: dict[str, dict[str, Callable]] = {
    "activations": {},
    "losses": {},
    "metrics": {},
    "initializers": {},
    "regularizers": {},
    "constraints": {},
    "ops": {},
}
_function_names: dict[Callable, str] = {}

# What users have registered in this process: "package>name" -> class or function.
_registered: dict[str, Any] = {}
_registered_names: dict[object, str] = {}
_scope: ContextVar[tuple[Mapping[str, object], ...]] = ContextVar("keraslite_custom_objects", default=())


def builtin(
    module: str, name: str | None = None, *, also: Iterable[str] = (), registered_name: str | None = None
) -> Callable[[type[C]], type[C]]:
    """Return a class decorator. Files name the class by `module`, such as "keras.layers", and by the class's name.

    Args:
        also: further modules under which it is read, or full "module.Name" paths; such a name begins with a capital.
        registered_name: what Keras writes as `registered_name` for it (nearly always None).
    """

    def register(cls: type[C]) -> type[C]:
        public = PublicName(module, name or cls.__name__, registered_name)
        _public_names[cls] = public
        keys = [(module, public.name)]
        for path in also:
            head, _, last = path.rpartition(".")
            keys.append((head, last) if last[:1].isupper() else (path, public.name))
        for key in keys:
            if _classes.setdefault(key, cls) is not cls:
                raise ArgumentError(f"`builtin` needs a new name. Received {key}, which is {_classes[key]}.")
        return cls

    return register


def builtin_functions(group: str, functions: Mapping[str, Callable]) -> None:
    """Let files name these functions. `group` is "activations", "losses", "metrics", "ops" or a similar group."""
    table = _functions.setdefault(group, {})
    for name, function in functions.items():
        if callable(function) and not isinstance(function, type):
            table.setdefault(name, function)
            _function_names.setdefault(function, name)


def builtin_class(module: str | None, name: str) -> type | None:
    """Return the class that Keras's files name by `module` and `name`, or None."""
    found = _classes.get((module or "", name))
    if found is None and isinstance(module, str) and module.split(".", 1)[0] == "keras":
        # Some versions of Keras write the module that defines a class, not the one in which it is public.
        candidates = {cls for (_, other), cls in _classes.items() if other == name}
        found = candidates.pop() if len(candidates) == 1 else None
    return found


def is_builtin(cls: type) -> bool:
    """Return whether the class itself is one of keraslite's, and not a subclass."""
    return cls in _public_names


def public_name(cls: type) -> PublicName | None:
    """Return the name of a class of keraslite in files; None for a user's class."""
    return _public_names.get(cls)


def name_of_function(function: Any) -> str | None:
    """Return the name of a function of keraslite, or of a registered function or custom object; None otherwise."""
    try:
        if function in _function_names:
            return _function_names[function]
        if function in _registered_names:
            return _registered_names[function]
    except TypeError:  # not hashable
        return None
    for objects in (*_scope.get(), _registered):
        for name, found in objects.items():
            if found is function:
                return name
    return None


def is_builtin_function(function: object) -> bool:
    """Return whether the function is one of keraslite's."""
    try:
        return function in _function_names
    except TypeError:
        return False


def function_named(name: str, registered_name: object = None) -> Callable:
    """Return the function that a config names: one registered as "package>name", keraslite's, or a user's.

    No function of a user takes the place of one of keraslite's.
    """
    registered = registered_name if isinstance(registered_name, str) else name
    found = custom_object(registered) if ">" in registered else None
    for table in _functions.values() if found is None else ():
        if name in table:
            return table[name]
    for key in (registered, name):
        found = custom_object(key) if found is None else found
    if found is None:
        raise _unknown("function", name, [f for table in _functions.values() for f in table])
    return found


def has_builtin_function(name: str) -> bool:
    """Return whether a function of keraslite has that name."""
    return any(name in table for table in _functions.values())


def class_named(
    module: str | None, name: str, registered_name: str | None, custom_objects: Mapping[str, object] | None = None
) -> type:
    """Return the class that a config names. Names of keraslite cannot be shadowed."""
    found = builtin_class(module, name)
    if found is None:
        for key in (registered_name, name):
            found = custom_object(key, custom_objects) if isinstance(key, str) else None
            if isinstance(found, type):
                return found
        if module is None or module.split(".", 1)[0] != "keras":
            raise _unknown("class", registered_name or name, [])
        raise _unknown("class", f"{module}.{name}", [f"{m}.{n}" for m, n in _classes])
    return found


def custom_object(name: str, custom_objects: Mapping[str, object] | None = None) -> Any:
    """Return what has this name in the call, in an open `custom_object_scope` or among registered objects, or None."""
    for objects in (custom_objects or {}, *reversed(_scope.get()), _registered):
        if name in objects:
            return objects[name]
    return None


def _unknown(kind: str, name: str, ours: Iterable[str]) -> UnknownNameError:
    known = [*ours, *_registered, *(key for objects in _scope.get() for key in objects)]
    return UnknownNameError(
        f"`deserialize` needs a {kind} it knows. Received {name!r}.{nearest(name, known)} Decorate your {kind} with "
        f"`@keraslite.saving.register_keras_serializable()`, or pass `custom_objects={{{name.split('>')[-1]!r}: ...}}`."
    )


def register_serializable(package: str = "Custom", name: str | None = None) -> Callable[[C], C]:
    """Return a decorator that lets files name a class or function, as "package>name".

    Args:
        package: the first part of the name that files use.
        name: the second part; None (default) is the name of the class or function.

    Raises:
        ArgumentError: if the decorated object is a class without `get_config`, or cannot be called.

    Example:
        >>> from keraslite import saving
        >>> @saving.register_keras_serializable("my_package")
        ... def double(x):
        ...     return 2 * x
        >>> saving.get_registered_name(double)
        'my_package>double'
    """
    if not isinstance(package, str):
        raise ArgumentError(f"`register_keras_serializable` needs `package` to be a string. Received {package!r}.")

    def register(target: C) -> C:
        if inspect.isclass(target) and not hasattr(target, "get_config"):
            raise ArgumentError(
                f"`register_keras_serializable` needs a class with a `get_config` method. Received {target!r}."
            )
        if not callable(target):
            raise ArgumentError(f"`register_keras_serializable` needs a class or function. Received {target!r}.")
        full = f"{package}>{name or target.__name__}"  # type: ignore[attr-defined]
        _registered[full] = target
        _registered_names[target] = full
        return target

    return register


def get_registered_name(obj: Any) -> str:
    """Return the name under which a class or function is registered, otherwise its own name.

    Args:
        obj: a class or function.

    Example:
        >>> from keraslite import saving
        >>> def double(x):
        ...     return 2 * x
        >>> saving.get_registered_name(double)
        'double'
    """
    try:
        return _registered_names.get(obj) or obj.__name__
    except TypeError:
        return obj.__name__


def get_registered_object(
    name: str, custom_objects: Mapping[str, object] | None = None, module_objects: Mapping[str, object] | None = None
) -> Any:
    """Return the class or function of a name, or None if there is none.

    Args:
        name: the name.
        custom_objects: classes and functions by name, besides the registered ones; None (default) for none.
        module_objects: further classes and functions by name; None (default) for none.

    Example:
        >>> from keraslite import saving
        >>> saving.get_registered_object("double", {"double": abs}) is abs
        True
    """
    found = custom_object(name, custom_objects)
    return (module_objects or {}).get(name) if found is None else found


def get_custom_objects() -> dict[str, object]:
    """Return the dict of the classes and functions registered for the process. Writing to it registers.

    Example:
        >>> from keraslite import saving
        >>> registered = saving.get_custom_objects()
        >>> registered["double"] = lambda x: 2 * x
        >>> saving.get_registered_object("double")(3)
        6
        >>> del registered["double"]
    """
    return _registered


@contextmanager
def _custom_objects(custom_objects: Mapping[str, object] | None) -> Iterator[None]:
    token = _scope.set((*_scope.get(), custom_objects or {}))
    try:
        yield
    finally:
        _scope.reset(token)


class CustomObjectScope:
    """Let configs name further classes and functions within a `with` block.

    Args:
        custom_objects: classes and functions by name, such as `{"MyLayer": MyLayer}`; None for none.

    Raises:
        ArgumentError: if it is no mapping.

    Example:
        >>> from keraslite import saving
        >>> with saving.CustomObjectScope({"double": lambda x: 2 * x}):
        ...     double = saving.get_registered_object("double")
        >>> double(3)
        6
    """

    def __init__(self, custom_objects: Mapping[str, object] | None):
        if custom_objects is not None and not isinstance(custom_objects, Mapping):
            raise ArgumentError(f"`custom_object_scope` needs a dict of names. Received {custom_objects!r}.")
        self.custom_objects = custom_objects or {}

    def __enter__(self) -> CustomObjectScope:
        self._context = _custom_objects(self.custom_objects)
        self._context.__enter__()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._context.__exit__(*exc_info)


custom_object_scope = CustomObjectScope


def check_function_name(name: str) -> None:
    """Refuse a user's function whose name is one of keraslite's, so that a file could not tell them apart."""
    if has_builtin_function(name):
        raise SerializationError(
            f"`serialize` needs a function whose name is its own. Received your function {name!r}, which has the name "
            "of a function of keraslite. Decorate it with `@keraslite.saving.register_keras_serializable()`."
        )
