"""Modules of torch as functions of their weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from keraslite.backend import contract
from keraslite.backend.contract import defaults
from keraslite.errors import ArgumentError

from .device import default_device, native_device
from .tensors import dtype_names


def foreign(kind: str, subject: Any, options: Mapping[str, Any]) -> contract.ForeignModule:
    if kind != "torch.nn.Module":
        return defaults.foreign(kind, subject, options)
    if not isinstance(subject, torch.nn.Module):
        raise ArgumentError(
            f"`TorchModuleWrapper` needs `module` to be a `torch.nn.Module`. Received {type(subject).__name__}."
        )
    return _Module(subject.to(native_device(default_device())))


class _Module:
    """A module. Variables share its parameters and buffers, so training changes the module itself."""

    def __init__(self, module: torch.nn.Module):
        self._module = module
        kept = module.state_dict(keep_vars=True)
        self._buffers = [name for name, _ in module.named_buffers() if name in kept]
        found = {name: value for name, value in module.named_parameters() if name not in self._buffers}
        lazy = [name for name, value in found.items() if torch.nn.parameter.is_lazy(value)]
        if lazy:
            raise ArgumentError(
                f"`TorchModuleWrapper` needs a module with initialized parameters. Received {lazy[0]!r} without a "
                "shape. Call the module once before."
            )
        self._storages = {
            **{name: value for name, value in found.items() if value.requires_grad},
            **{name: value for name, value in found.items() if not value.requires_grad},
            **{name: module.get_buffer(name) for name in self._buffers},
        }
        self._fixed = [name for name, value in self._storages.items() if not value.requires_grad]

    def weights(self, shapes: object, key: object) -> list[contract.ForeignWeight]:
        return [
            contract.ForeignWeight(name, value.detach(), dtype_names[value.dtype], value.requires_grad, value)
            for name, value in self._storages.items()
        ]

    def call(
        self, values: list[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], training: bool, key: object
    ) -> tuple[object, list[object]]:
        if self._module.training != training:
            self._module.train(training)
        given = dict(zip(self._storages, values, strict=True))
        if training:
            given.update((name, given[name].clone()) for name in self._buffers)  # the module writes into them
        outputs = torch.func.functional_call(self._module, given, args, dict(kwargs), strict=False)
        return outputs, [given[name] for name in self._fixed] if training and self._buffers else []

    def nest(self, leaves: list[object]) -> object:
        return dict(zip(self._storages, leaves, strict=True))
