"""PyTorch's devices: "gpu" is whatever `torch.accelerator` finds (CUDA, ROCm, MPS, XPU).

Tensors on "meta:0" have shapes and dtypes but no values and no memory.

Kernels that create tensors pass `device=native_device()`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import torch

from keraslite.backend.device import requested_device


def devices() -> list[str]:
    _, count = _accelerator()
    return [*(f"gpu:{i}" for i in range(count)), "cpu:0"]


#: Devices to ask for by name that nobody computes on.
other_devices = ("meta:0",)


def default_device() -> str:
    requested = requested_device()
    if requested is not None and (requested in other_devices or requested in devices()):
        return requested
    return "gpu:0" if _accelerator()[1] else "cpu:0"


def native_device(name: str | None = None) -> torch.device:
    """The torch.device of that name, or the default one."""
    return _native(name or default_device())


def device_of(x: torch.Tensor) -> str:
    device = x.device
    if device.type in ("cpu", "meta"):
        return f"{device.type}:0"
    return f"gpu:{device.index or 0}"


def to_device(x: torch.Tensor, device: str) -> torch.Tensor:
    return x.to(native_device(device), non_blocking=True)


def device_scope(name: str) -> AbstractContextManager[Any]:
    """Nothing to enter: every kernel that creates a tensor asks for `default_device`."""
    return nullcontext()


def synchronize(*tensors: Any) -> None:
    if _accelerator()[1]:
        torch.accelerator.synchronize()


@cache
def _accelerator() -> tuple[str, int]:
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return ("cpu", 0) if found is None else (found.type, torch.accelerator.device_count())


@cache
def _native(name: str) -> torch.device:
    kind, _, index = name.partition(":")
    return torch.device(kind) if kind in ("cpu", "meta") else torch.device(_accelerator()[0], int(index or 0))
