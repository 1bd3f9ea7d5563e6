"""The device, or the mesh of devices, that tensors and Variables are created on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from keraslite.backend import registry
from keraslite.backend.contract import Engine
from keraslite.backend.placement import Layout, Mesh, Placement
from keraslite.check import nearest
from keraslite.errors import ArgumentError, MissingCapabilityError

__all__ = ["canonical_device", "canonical_placement", "device", "on_mesh", "requested_device", "requested_mesh"]

_requested: ContextVar[str | None] = ContextVar("keraslite_device", default=None)
_mesh: ContextVar[Mesh | None] = ContextVar("keraslite_mesh", default=None)


@contextmanager
def device(device_name: str) -> Iterator[None]:
    """Create tensors and Variables on a device of the active engine, within a `with` block.

    Args:
        device_name: "cpu:0", "gpu:0", "tpu:0" and the like. "gpu" means "gpu:0"; "cuda" is another name of "gpu". On
            PyTorch there is "meta" too: shapes without values, for models too large for the memory.

    Raises:
        ArgumentError: if the active engine has no such device.

    Example:
        >>> import keraslite as keras
        >>> with keras.device("cpu"):
        ...     keras.Variable([1.0, 2.0]).device is None
        True
    """
    engine = registry.current()
    name = _known_device(engine, canonical_device(device_name), "device")
    token, outer = _requested.set(name), _mesh.set(None)
    try:
        with engine.device_scope(name):
            yield
    finally:
        _requested.reset(token)
        _mesh.reset(outer)


@contextmanager
def on_mesh(mesh: Mesh) -> Iterator[None]:
    """Create Variables on all devices of a mesh, and share out batches over them, within a `with` block.

    A Variable that is given neither a device nor a layout has a whole copy on every device.

    Args:
        mesh: devices of the active engine, which needs the capability "sharding".

    Raises:
        MissingCapabilityError: if the engine keeps each tensor on one device.
        ArgumentError: if it has no such devices.
    """
    canonical_placement(registry.current(), Layout(mesh), "on_mesh")
    token, outer = _requested.set(None), _mesh.set(mesh)
    try:
        yield
    finally:
        _requested.reset(token)
        _mesh.reset(outer)


def requested_device() -> str | None:
    """The device of the innermost `device` block, or None. Engines read it in `default_device`."""
    return _requested.get()


def requested_mesh() -> Mesh | None:
    """The mesh of the innermost `on_mesh` block, or None."""
    return _mesh.get()


def canonical_placement(engine: Engine, given: object, who: str) -> Placement:
    """A device name, a layout, or a device or sharding of the engine's library as a placement that the engine has.

    Args:
        engine: the engine.
        given: what the user wrote.
        who: what errors call the caller.

    Raises:
        MissingCapabilityError: for a layout, if the engine keeps each tensor on one device.
        ArgumentError: if it is no placement, or one on devices that the engine does not have.
    """
    placement = given if isinstance(given, (str, Layout)) else engine.placement_of(given)
    if placement is None:
        raise ArgumentError(
            f"`{who}` needs the name of a device or a `Layout` of engine {engine.name!r}. Received {given!r}."
        )
    if isinstance(placement, str):
        return _known_device(engine, canonical_device(placement), who)
    if "sharding" not in engine.capabilities:
        raise MissingCapabilityError(
            f"`{who}` needs an engine that spreads tensors over devices, such as 'jax'. Received {placement!r} for "
            f"engine {engine.name!r}. Name one device instead: {', '.join(engine.devices())}."
        )
    for name in placement.mesh.devices:
        _known_device(engine, name, who)
    return placement


def _known_device(engine: Engine, name: str, who: str) -> str:
    known = [*engine.devices(), *engine.other_devices]
    if name not in known:
        raise ArgumentError(
            f"`{who}` needs a device of engine {engine.name!r}: {', '.join(known)}. "
            f"Received {name!r}.{nearest(name, known)}"
        )
    return name


def canonical_device(name: str) -> str:
    """ "GPU", "cuda" and "gpu:0" are all "gpu:0"."""
    if not isinstance(name, str):
        raise ArgumentError(f"`device` needs a name like 'cpu:0' or 'gpu:0'. Received {name!r}.")
    kind, _, index = name.lower().partition(":")
    return f"{'gpu' if kind == 'cuda' else kind}:{index or 0}"
