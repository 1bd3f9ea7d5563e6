"""Finds an object of a family by name, as `initializers.get` and similar functions do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from keraslite.check import nearest
from keraslite.errors import UnknownNameError
from keraslite.naming import to_snake_case
from keraslite.serialization.codec import deserialize
from keraslite.serialization.registrations import get_registered_object


def names_of(*classes: type, **aliases: type) -> dict[str, type]:
    """Return classes by name, by name in snake case ("GlorotUniform", "glorot_uniform") and by alias."""
    table = {name: cls for cls in classes for name in (cls.__name__, to_snake_case(cls.__name__))}
    return {**table, **aliases}


def find(
    identifier: object,
    table: Mapping[str, object],
    where: str,
    kind: str,
    custom_objects: Mapping[str, object] | None = None,
    more: Iterable[str] = (),
) -> Any:
    """Return an object for a name, a config, a class or the object itself. Returns None for None.

    Args:
        table: the classes and functions of the family by name. A class returns an instance, a function itself.
        where: the public function, such as "initializers.get", for messages.
        kind: what is returned, such as "an initializer", for messages.
        more: further names to suggest, besides those in the table.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        name = identifier.get("class_name")
        known = table.get(name) if isinstance(name, str) and not identifier.get("module") else None
        if isinstance(known, type):
            return known.from_config(identifier.get("config") or {})  # type: ignore[attr-defined]
        return deserialize(identifier, custom_objects)
    if isinstance(identifier, str):
        found = table.get(identifier)  # names of ours cannot be taken
        found = get_registered_object(identifier, custom_objects) if found is None else found
        if found is None:
            raise UnknownNameError(
                f"`{where}` needs the name of {kind}. Received {identifier!r:.100}."
                f"{nearest(identifier, [*table, *more])}"
            )
        identifier = found
    if isinstance(identifier, type):
        identifier = identifier()
    if callable(identifier):
        return identifier
    raise UnknownNameError(f"`{where}` needs a name, a config, or {kind}. Received {identifier!r:.100}.")
