"""Finding an object of a family by name, as `initializers.get` and its like do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keraslite.check import nearest
from keraslite.errors import UnknownNameError
from keraslite.naming import to_snake_case
from keraslite.serialization.codec import deserialize
from keraslite.serialization.registry import get_registered_object


def names_of(*classes: type, **aliases: type) -> dict[str, type]:
    """The classes by their names, by those in snake case ("GlorotUniform", "glorot_uniform"), and by aliases."""
    table = {name: cls for cls in classes for name in (cls.__name__, to_snake_case(cls.__name__))}
    return {**table, **aliases}


def find(identifier: Any, table: Mapping[str, Any], where: str, kind: str, custom_objects: Any = None) -> Any:
    """An object from a name, a config, a class or the object itself; None from None.

    Args:
        table: names of the family's classes.
        where: the public function, such as "initializers.get", for messages.
        kind: what it gives, such as "an initializer".
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        name = identifier.get("class_name")
        if isinstance(name, str) and name in table and not identifier.get("module"):
            return table[name].from_config(identifier.get("config") or {})
        return deserialize(identifier, custom_objects)
    if isinstance(identifier, str):
        found = get_registered_object(identifier, custom_objects, table)
        if found is None:
            raise UnknownNameError(
                f"`{where}` needs the name of {kind}. Received {identifier!r}.{nearest(identifier, table)}"
            )
        identifier = found
    if isinstance(identifier, type):
        identifier = identifier()
    if callable(identifier):
        return identifier
    raise UnknownNameError(f"`{where}` needs a name, a config, or {kind}. Received {identifier!r}.")
