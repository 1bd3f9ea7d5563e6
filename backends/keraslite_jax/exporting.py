"""Programs as files: what `jax.export` serializes. `jax.export.deserialize(file).call(*inputs)` runs one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax import export as library

from keraslite.backend.contract import SymbolicSpec

from .tensors import native

export_format = "jax"


def export(fn: Callable[[list[Any], list[Any]], Any], values: list[Any], specs: Sequence[SymbolicSpec]) -> bytes:
    scope = library.SymbolicScope()
    arguments = [
        jax.ShapeDtypeStruct(library.symbolic_shape(",".join(map(str, shape)), scope=scope), native(dtype))
        for shape, dtype in specs
    ]
    return bytes(library.export(jax.jit(lambda *inputs: fn(values, list(inputs))))(*arguments).serialize())
