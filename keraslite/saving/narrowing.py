"""Files with dtypes that the engine has switched off, such as 64-bit types on JAX."""

from __future__ import annotations

import warnings
from typing import Any

from keraslite.backend import registry

_POLICIES = ("DTypePolicy", "FloatDTypePolicy")
_ON_HOST = ("Hashing", "HashedCrossing")  # NumPy has their dtypes, and the engine narrows what they return
_DATA = ("InputLayer", "__keras_tensor__", "__numpy__")  # the engine narrows inputs silently; NumPy has every dtype


def narrowed(config: dict[str, object], where: str) -> dict[str, Any]:
    """Return the config of a model with dtypes that the active engine has. Warns once if it had others."""
    engine = registry.current()
    if engine.dtype_switch is None:
        return config
    missing: dict[str, str] = {}

    def name(given: object) -> Any:
        if not isinstance(given, str):
            return walk(given)
        stored = engine.stored_dtype(given)
        if stored != given:
            missing[given] = stored
        return stored

    def walk(value: object) -> Any:
        if isinstance(value, list):
            return [walk(item) for item in value]
        if not isinstance(value, dict) or value.get("class_name") in (*_DATA, *_ON_HOST):
            return value
        policy = value.get("class_name") in _POLICIES
        inner = {key: name(item) if key == "dtype" else walk(item) for key, item in value.items()}
        if policy and isinstance(inner.get("config"), dict) and "name" in inner["config"]:
            inner["config"] = {**inner["config"], "name": name(inner["config"]["name"])}
        return inner

    result = walk(config)
    if missing:
        wide, narrow = " and ".join(sorted(missing)), " and ".join(sorted(set(missing.values())))
        warnings.warn(
            f"{where} needs {wide}, which engine {engine.name!r} has not switched on. It is loaded as {narrow}. "
            f"To keep it, set {engine.dtype_switch} first.",
            stacklevel=4,
        )
    return result
