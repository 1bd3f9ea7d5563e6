"""Turns objects into plain data and back: derived configs, and the registry in which classes are looked up.

Data never names code to import: a class or function is one of ours, one the user registered, or one the
caller handed over in `custom_objects`.
"""

from __future__ import annotations

from keraslite.serialization.codec import again, deserialize, is_config, noting_used, serialize, sharing_scope
from keraslite.serialization.configurable import (
    Configurable,
    ConfigurableMeta,
    captured_arguments,
    unknown_argument,
)
from keraslite.serialization.registrations import (
    CustomObjectScope,
    builtin,
    builtin_class,
    builtin_functions,
    custom_object_scope,
    function_named,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    is_builtin,
    name_of_function,
    register_serializable,
)

__all__ = [
    "Configurable",
    "ConfigurableMeta",
    "CustomObjectScope",
    "again",
    "builtin",
    "builtin_class",
    "builtin_functions",
    "captured_arguments",
    "custom_object_scope",
    "deserialize",
    "function_named",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "is_builtin",
    "is_config",
    "name_of_function",
    "noting_used",
    "register_serializable",
    "serialize",
    "sharing_scope",
    "unknown_argument",
]
