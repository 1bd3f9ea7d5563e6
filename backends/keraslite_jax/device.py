"""JAX's devices, and layouts over several of them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import jax
import jax.core
import numpy as np
from jax import sharding

from keraslite.backend.contract import Layout, Mesh, Placement
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


def native_device(placement: Placement | None = None) -> Any:
    """The `jax.Device` of that name, or the default one; a `NamedSharding` for a layout."""
    return _native_layout(placement) if isinstance(placement, Layout) else _by_name()[placement or default_device()]


@cache
def _native_layout(layout: Layout) -> sharding.NamedSharding:
    mesh = layout.mesh
    devices = np.array([native_device(name) for name in mesh.devices], object).reshape(mesh.shape)
    return sharding.NamedSharding(sharding.Mesh(devices, mesh.axis_names), sharding.PartitionSpec(*layout.axes))


def placement_of(native: object) -> Placement | None:
    if isinstance(native, jax.Device):
        return _names().get(native)
    if isinstance(native, sharding.SingleDeviceSharding):
        return _names().get(next(iter(native.device_set)))
    if isinstance(native, sharding.NamedSharding) and isinstance(native.mesh, sharding.Mesh):
        grid = native.mesh.devices
        mesh = Mesh(grid.shape, list(map(str, native.mesh.axis_names)), [_names()[device] for device in grid.flat])
        return Layout(mesh, tuple(native.spec))
    return None


def device_of(x: Any) -> str | None:
    """A tracer is nowhere: JAX puts what it is computed with where the rest of the program is."""
    if isinstance(x, jax.core.Tracer):
        return None
    found = x.devices()
    return _names()[next(iter(found))] if len(found) == 1 else None


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


def convolutions_at_once() -> int:
    """On a CPU, XLA computes convolutions within a loop with its slowest kernel: 40 times as slow as outside."""
    return 32 if default_device().startswith("cpu") else 1
