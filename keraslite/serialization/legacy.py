"""Configs of objects as Keras 2 wrote them: `{"class_name", "config"}`, or the name of a function."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from keraslite.check import nearest
from keraslite.errors import SerializationError, UnknownNameError
from keraslite.serialization.registrations import CustomObjectScope, get_registered_name, get_registered_object

__all__ = ["deserialize_keras_object", "serialize_keras_object"]


def serialize_keras_object(instance: Any) -> Any:
    """Return an object as plain data in the form of Keras 2.

    Args:
        instance: an object with `get_config`, a function, or None.

    Returns:
        `{"class_name": ..., "config": ...}` of an object, the name of a function, or None.

    Raises:
        SerializationError: if the object has neither a config nor a name.

    Example:
        >>> import keraslite as keras
        >>> keras.utils.legacy.serialize_keras_object(keras.layers.Flatten(name="flat"))["class_name"]
        'Flatten'
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        return {"class_name": get_registered_name(type(instance)), "config": instance.get_config()}
    if hasattr(instance, "__name__"):
        return get_registered_name(instance)
    raise SerializationError(
        f"`serialize_keras_object` needs an object with a `get_config` method, or a function. Received {instance!r}."
    )


def deserialize_keras_object(
    identifier: object,
    module_objects: Mapping[str, object] | None = None,
    custom_objects: Mapping[str, object] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """Return the object that `serialize_keras_object` made `identifier` from.

    Args:
        identifier: a config, the name of a function or class, a function, or None.
        module_objects: classes and functions by name.
        custom_objects: more of them, which count first. Those that are registered count after these.
        printable_module_name: what the object is called in errors.

    Returns:
        An object for a config or the name of a class, a function for the name of one; a function and None as they are.

    Raises:
        SerializationError: if `identifier` is of none of these forms.
        UnknownNameError: if nothing has that name.

    Example:
        >>> import keraslite as keras
        >>> config = {"class_name": "Flatten", "config": {"name": "flat"}}
        >>> names = {"Flatten": keras.layers.Flatten}
        >>> keras.utils.legacy.deserialize_keras_object(config, module_objects=names).name
        'flat'
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        if not isinstance(identifier.get("class_name"), str) or not isinstance(identifier.get("config"), dict):
            raise SerializationError(
                f"`deserialize_keras_object` needs a dict with `class_name` and `config`. Received {identifier!r:.100}."
            )
        found = _named(identifier["class_name"], module_objects, custom_objects, printable_module_name)
        if not hasattr(found, "from_config"):
            raise SerializationError(
                f"`deserialize_keras_object` needs a class with a `from_config` method. Received {found!r}."
            )
        with CustomObjectScope(custom_objects or {}):
            return found.from_config(dict(identifier["config"]))
    if isinstance(identifier, str):
        found = _named(identifier, module_objects, custom_objects, printable_module_name)
        return found() if inspect.isclass(found) else found
    if inspect.isfunction(identifier):
        return identifier
    raise SerializationError(
        f"`deserialize_keras_object` needs a config, a name or a function. Received {identifier!r:.100}."
    )


def _named(
    name: str, module_objects: Mapping[str, object] | None, custom_objects: Mapping[str, object] | None, kind: str
) -> Any:
    found = get_registered_object(name, custom_objects, module_objects)
    if found is None:
        hint = nearest(name, [*(custom_objects or {}), *(module_objects or {})])
        raise UnknownNameError(
            f"`deserialize_keras_object` needs the name of a known {kind}. Received {name!r}.{hint} "
            f"Pass `custom_objects={{{name!r}: ...}}`."
        )
    return found
