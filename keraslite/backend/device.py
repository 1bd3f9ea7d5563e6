"""The device that tensors and Variables are created on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from keraslite.backend import registry
from keraslite.check import nearest
from keraslite.errors import ArgumentError

__all__ = ["canonical_device", "device", "requested_device"]

_requested: ContextVar[str | None] = ContextVar("keraslite_device", default=None)


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
    known = [*engine.devices(), *engine.other_devices]
    name = canonical_device(device_name)
    if name not in known:
        raise ArgumentError(
            f"`device` needs a device of engine {engine.name!r}: {', '.join(known)}. "
            f"Received {name!r}.{nearest(name, known)}"
        )
    token = _requested.set(name)
    try:
        with engine.device_scope(name):
            yield
    finally:
        _requested.reset(token)


def requested_device() -> str | None:
    """The device of the innermost `device` block, or None. Engines read it in `default_device`."""
    return _requested.get()


def canonical_device(name: str) -> str:
    """ "GPU", "cuda" and "gpu:0" are all "gpu:0"."""
    if not isinstance(name, str):
        raise ArgumentError(f"`device` needs a name like 'cpu:0' or 'gpu:0'. Received {name!r}.")
    kind, _, index = name.lower().partition(":")
    return f"{'gpu' if kind == 'cuda' else kind}:{index or 0}"
