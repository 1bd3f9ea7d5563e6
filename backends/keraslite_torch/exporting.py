"""Programs as files: what `torch.export` saves. `torch.export.load(path).module()(*inputs)` runs one."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import torch

from keraslite.backend.contract import SymbolicSpec

from .device import native_device
from .tensors import native

export_format = "torch"
size_types = (torch.SymInt,)
_SIZE = 3  # of axes of any size in the inputs that the program is traced with: 0 and 1 would be built in


class _Program(torch.nn.Module):
    """The function with its values as buffers."""

    def __init__(self, fn: Callable[[list[Any], list[Any]], Any], values: list[Any]):
        super().__init__()
        self._fn, self._names = fn, [f"weight_{number}" for number in range(len(values))]
        for name, value in zip(self._names, values, strict=True):
            self.register_buffer(name, value.detach())

    def forward(self, *inputs: Any) -> Any:
        return self._fn([getattr(self, name) for name in self._names], list(inputs))


def export(fn: Callable[[list[Any], list[Any]], Any], values: list[Any], specs: Sequence[SymbolicSpec]) -> bytes:
    sizes: dict[str, int] = {}
    for shape, _ in specs:
        for size in shape:
            if isinstance(size, str):
                sizes.setdefault(size, _SIZE + len(sizes))
    device = values[0].device if values else native_device()
    dims = {name: torch.export.Dim(name) for name in sizes}
    arguments, dynamic = [], []
    for shape, dtype in specs:
        given = [sizes[n] if isinstance(n, str) else n for n in shape]
        arguments.append(torch.zeros(given, dtype=native[dtype], device=device))
        dynamic.append({axis: dims[size] for axis, size in enumerate(shape) if isinstance(size, str)})
    with torch.no_grad():
        program = torch.export.export(
            _Program(fn, values), tuple(arguments), dynamic_shapes=(tuple(dynamic),), strict=False
        )
    file = io.BytesIO()
    torch.export.save(program, file)
    return file.getvalue()
