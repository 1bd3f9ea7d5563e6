"""`serialize` and `deserialize` turn any value of a config into plain data, spelled as in Keras 3, and back."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from keraslite.backend import dtypes
from keraslite.backend import registry as engines
from keraslite.backend.scopes import VariableBase
from keraslite.errors import ArgumentError, KerasliteError, SerializationError, UnsafeModelError
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.serialization import registrations

PLAIN = (bool, int, float, str)


class _Sharing:
    """The objects met so far in one file. Each is written in full once, and is one object when it is read."""

    def __init__(self) -> None:
        self.written: dict[int, tuple[object, dict[str, object]]] = {}
        self.shared: set[int] = set()
        self.read: dict[int, object] = {}

    def marked(self, config: object) -> Any:
        """Return `config` with `shared_object_id` only for objects that occur more than once."""
        if isinstance(config, (list, tuple)):
            return [self.marked(item) for item in config]
        if not isinstance(config, dict):
            return config
        once = config.get("shared_object_id") not in self.shared
        return {key: self.marked(value) for key, value in config.items() if key != "shared_object_id" or not once}


_sharing: ContextVar[_Sharing | None] = ContextVar("keraslite_sharing", default=None)


@contextmanager
def sharing_scope() -> Iterator[_Sharing]:
    """Within it, an object that is serialized twice is one object again when both are deserialized.

    Pass what was serialized through the scope's `marked` before it is written.
    """
    sharing = _Sharing()
    token = _sharing.set(sharing)
    try:
        yield sharing
    finally:
        _sharing.reset(token)


_used: ContextVar[dict[str, object] | None] = ContextVar("keraslite_used", default=None)


@contextmanager
def noting_used() -> Iterator[dict[str, Any]]:
    """Collect the users' classes and functions that are serialized within it, by name.

    They are the `custom_objects` with which this process can read what it wrote."""
    used: dict[str, object] = {}
    token = _used.set(used)
    try:
        yield used
    finally:
        _used.reset(token)


def _note_used(target: object) -> None:
    used = _used.get()
    if used is not None and not (getattr(target, "__module__", None) or "").startswith("keraslite."):
        used[registrations.get_registered_name(target)] = target


def serialize(obj: object) -> Any:
    """Return an object as plain data: numbers, strings, lists, dicts and `{"class_name": ..., "config": ...}`.

    Args:
        obj: an object with a `get_config` method, a registered class or function, plain data, or a nest of those.

    Raises:
        SerializationError: if something has neither such a form nor a `get_config` method.

    Example:
        >>> from keraslite import layers, saving
        >>> saving.serialize_keras_object(layers.Dense(3))["class_name"]
        'Dense'
    """
    if obj is None or type(obj) in PLAIN:
        return obj
    try:
        return _serialize(obj)
    except RecursionError:
        raise SerializationError(
            f"`serialize` needs nests of a few levels. Received {_short(obj)}, which holds itself or has too many."
        ) from None


def _serialize(obj: object) -> object:
    if isinstance(obj, (list, tuple)):
        items = [serialize(item) for item in obj]
        return tuple(items) if isinstance(obj, tuple) else items
    if isinstance(obj, dict):
        return {key: serialize(value) for key, value in obj.items()}
    if isinstance(obj, PLAIN):  # subclasses, such as enums of strings
        return next(kind(obj) for kind in PLAIN if isinstance(obj, kind))
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, type):
        return _serialize_type(obj)
    if isinstance(obj, np.dtype):
        return dtypes.canonical(obj)
    if hasattr(obj, "get_config"):
        return _serialize_object(obj)
    special = _serialize_special(obj)
    if special is not None:
        return special
    if inspect.isroutine(obj) or registrations.name_of_function(obj) is not None:
        return _serialize_function(obj)
    raise SerializationError(
        f"`serialize` needs numbers, strings, tensors, lists, dicts, or objects with a `get_config` method. Received "
        f"{_short(obj)} of type {type(obj).__name__}. Give the class a `get_config` method."
    )


def _serialize_type(obj: type) -> object:
    try:
        return dtypes.canonical(obj)
    except KerasliteError:
        raise SerializationError(f"`serialize` needs an object. Received the class {obj.__name__}.") from None


def _serialize_special(obj: Any) -> dict[str, object] | None:
    if isinstance(obj, np.ndarray):
        return _special("__numpy__", value=_numbers(obj), dtype=dtypes.canonical(obj.dtype))
    if isinstance(obj, SymbolicTensor):
        return _special("__keras_tensor__", shape=obj.shape, dtype=obj.dtype, **_history(obj))
    if isinstance(obj, bytes):
        return _special("__bytes__", value=_text(obj))
    if isinstance(obj, slice):
        return _special("__slice__", start=serialize(obj.start), stop=serialize(obj.stop), step=serialize(obj.step))
    if obj is Ellipsis:
        return _special("__ellipsis__")
    if isinstance(obj, VariableBase):
        return None
    engine = engines.engine_of(obj)
    if engine is None:
        return None
    return _special("__tensor__", value=_numbers(engine.to_numpy(obj)), dtype=engine.dtype_name(obj))


def _special(class_name: str, **config: object) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


def _numbers(array: np.ndarray) -> object:
    if array.dtype == object:
        raise SerializationError(f"`serialize` needs arrays of numbers. Received dtype object: {_short(array)}.")
    return array.astype("float32").tolist() if array.dtype.name.startswith(("bfloat", "float8")) else array.tolist()


def _history(tensor: SymbolicTensor) -> dict[str, object]:
    node = tensor.node
    if node is None:
        return {}
    nodes = list(getattr(node.operation, "_inbound_nodes", ()))
    index = nodes.index(node) if node in nodes else 0
    return {"keras_history": [node.operation.name, index, tensor.index]}


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise SerializationError(f"`serialize` needs bytes that are UTF-8 text. Received {_short(value)}.") from None


def _serialize_function(function: object) -> dict[str, object]:
    name = registrations.name_of_function(function)
    if name is None:
        name = getattr(function, "__name__", "<lambda>")
        if not name.isidentifier():
            raise SerializationError(
                f"`serialize` needs a function with a name. Received {_short(function)}. Write it with `def`, and "
                "decorate it with `@keraslite.saving.register_keras_serializable()`."
            )
        registrations.check_function_name(name)
    if not registrations.is_builtin_function(function):
        _note_used(function)
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def _serialize_object(obj: object) -> dict[str, object]:
    sharing = _sharing.get()
    if sharing is not None and id(obj) in sharing.written:
        sharing.shared.add(id(obj))
        return dict(sharing.written[id(obj)][1])
    cls = type(obj)
    public = registrations.public_name(cls)
    if public is None:
        _note_used(cls)
    module = None if cls.__module__ in ("builtins", "__main__") else cls.__module__
    config = {
        "module": module if public is None else public.module,
        "class_name": cls.__name__ if public is None else public.name,
        "config": _config_of(obj),
        "registered_name": registrations.get_registered_name(cls) if public is None else public.registered,
    }
    for key, method in (("build_config", "get_build_config"), ("compile_config", "get_compile_config")):
        found = getattr(obj, method, None)
        value = found() if found is not None else None
        if value is not None:
            config[key] = serialize(value)
    if sharing is not None:
        config["shared_object_id"] = id(obj)
        sharing.written[id(obj)] = (obj, config)
    return config


def _config_of(obj: Any) -> dict[str, object]:
    config = obj.get_config()
    result = {}
    for key, value in config.items():
        try:
            result[key] = serialize(value)
        except SerializationError as error:
            raise SerializationError(
                f"{type(obj).__name__} cannot be saved: its argument {key!r} is {_short(value)}. {error}"
            ) from error
    return result


def deserialize(
    config: object, custom_objects: Mapping[str, object] | None = None, safe_mode: bool = True, **kwargs: Any
) -> Any:
    """Return the object that `serialize` made `config` from. Anything that is no config is returned as it is.

    Args:
        config: plain data.
        custom_objects: classes and functions by name, besides the registered ones; None (default) for none.
        safe_mode: accepted as in Keras, without effect: code is never read from a config.
        **kwargs: arguments of earlier versions of Keras: `module_objects`, further classes and functions by name, one
            of which a string may name, and `printable_module_name`.

    Example:
        >>> from keraslite import layers, saving
        >>> config = saving.serialize_keras_object(layers.Dense(3))
        >>> saving.deserialize_keras_object(config).units
        3
    """
    named = kwargs.pop("module_objects", None) or {}
    kwargs.pop("printable_module_name", None)
    if kwargs:
        raise ArgumentError(f"`deserialize` needs no {sorted(kwargs)[0]!r}. Received {kwargs}.")
    if isinstance(config, str) and config in named:
        return named[config]() if isinstance(named[config], type) else named[config]
    if custom_objects or named:
        with registrations.CustomObjectScope({**named, **(custom_objects or {})}):
            return deserialize(config)
    if isinstance(config, (list, tuple)):
        items = [deserialize(item) for item in config]
        return tuple(items) if isinstance(config, tuple) else items
    if not isinstance(config, dict):
        return config
    if is_config(config):
        return _deserialize_config(config)
    return {key: deserialize(value) for key, value in config.items()}


def again(obj: Any) -> Any:
    """Return an object of the same class and config, with the same classes and functions of users in it."""
    with noting_used() as used:
        config = obj.get_config()
    with registrations.CustomObjectScope({type(obj).__name__: type(obj), **used}):
        return type(obj).from_config(config)


def is_config(value: object) -> bool:
    """Return whether `value` has the form in which `serialize` returns an object."""
    return isinstance(value, dict) and isinstance(value.get("class_name"), str) and "config" in value


def _deserialize_config(config: dict[str, Any]) -> object:
    name, inner = config["class_name"], config["config"]
    if name in _SPECIAL:
        return _SPECIAL[name](inner)
    if name == "function":
        if not isinstance(inner, str):
            raise SerializationError(f"`deserialize` needs the name of a function. Received {_short(inner)}.")
        return registrations.function_named(inner, config.get("registered_name"))
    sharing, key = _sharing.get(), config.get("shared_object_id")
    if sharing is not None and key in sharing.read:
        return sharing.read[key]
    obj = _deserialize_object(config)
    if sharing is not None and key is not None:
        sharing.read[key] = obj
    return obj


def _deserialize_object(config: dict[str, Any]) -> object:
    name, inner = config["class_name"], config["config"]
    cls: Any = registrations.class_named(config.get("module"), name, config.get("registered_name"))
    if not isinstance(inner, dict):
        raise SerializationError(f"{name} needs a dict as its config. Received {_short(inner)}.")
    if not hasattr(cls, "from_config"):
        raise SerializationError(f"{name} needs a `from_config` class method to be loaded. Received {cls!r}.")
    try:
        obj = cls.from_config(dict(inner))
    except TypeError as error:
        if isinstance(error, KerasliteError):
            raise
        raise SerializationError(
            f"{name} cannot be made from its config {_short(inner)}: {error} Give the class a `from_config` that fits "
            "its `__init__`."
        ) from error
    build = config.get("build_config")
    if build and hasattr(obj, "build_from_config") and not getattr(obj, "built", False):
        obj.build_from_config(deserialize(build))
    compiled = config.get("compile_config")
    if compiled and hasattr(obj, "compile_from_config"):
        obj.compile_from_config(compiled)
    return obj


def _refuse_lambda(config: object) -> object:
    raise UnsafeModelError(
        "`deserialize` needs data. Received a Python lambda, which is code. Define the function with `def`, decorate "
        "it with `@keraslite.saving.register_keras_serializable()`, and save the model again."
    )


def _symbolic(config: dict[str, Any]) -> SymbolicTensor:
    return SymbolicTensor(tuple(config["shape"]), config["dtype"], name=config.get("name"))


def _tensor(config: dict[str, object]) -> Any:
    return engines.current().to_tensor(_array(config), dtypes.canonical(config["dtype"]), None)


def _array(config: dict[str, Any]) -> np.ndarray:
    return np.array(config["value"], dtype=dtypes.to_numpy_dtype(config["dtype"]))


_SPECIAL = {
    "__lambda__": _refuse_lambda,
    "__numpy__": _array,
    "__tensor__": _tensor,
    "__keras_tensor__": _symbolic,
    "__bytes__": lambda config: config["value"].encode("utf-8"),
    "__slice__": lambda config: slice(*(deserialize(config[part]) for part in ("start", "stop", "step"))),
    "__ellipsis__": lambda config: Ellipsis,
    "__tuple__": lambda config: tuple(deserialize(config["value"])),
}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
