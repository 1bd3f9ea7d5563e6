"""JAX's devices."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import jax
import jax.core

from keraslite.backend.device import requested_device

_KINDS = {"cuda": "gpu", "rocm": "gpu"}


def devices() -> list[str]:
    return list(_by_name())


def default_device() -> str:
    requested = requested_device()
    names = _by_name()
    return requested if requested in names else next(iter(names))


def is_running() -> bool:
    """Whether JAX was started here: asking for its devices does that."""
    return bool(_by_name.cache_info().currsize)


def native_device(name: str | None = None) -> Any:
    """The jax.Device of that name, or the default one."""
    return _by_name()[name or default_device()]


def device_of(x: Any) -> str:
    """A tracer, or an array on several devices, counts as on the default one."""
    if isinstance(x, jax.core.Tracer):
        return default_device()
    found = x.devices()
    return _names()[next(iter(found))] if len(found) == 1 else default_device()


def to_device(x: jax.Array, device: str) -> jax.Array:
    return jax.device_put(x, native_device(device))


def device_scope(name: str) -> AbstractContextManager[Any]:
    return jax.default_device(native_device(name))


def synchronize(*tensors: Any) -> None:
    """Wait for these tensors, or for all there are."""
    jax.block_until_ready([x for x in tensors or jax.live_arrays() if not x.is_deleted()])


@cache
def _by_name() -> dict[str, Any]:
    """Accelerators first."""
    found = list(jax.local_devices())
    if all(device.platform != "cpu" for device in found):
        found += jax.local_devices(backend="cpu")
    names: dict[str, Any] = {}
    for device in found:
        kind = _KINDS.get(str(device.platform), str(device.platform))
        names[f"{kind}:{sum(name.startswith(kind) for name in names)}"] = device
    return names


@cache
def _names() -> dict[Any, str]:
    return {device: name for name, device in _by_name().items()}
