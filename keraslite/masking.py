"""Masks that go with tensors, kept beside concrete ones in a weak table.

Where the engine's tensors take attributes, a mask can be read as `_keras_mask` too, as libraries for Keras do.

A mask is a bool tensor of the leading axes, usually `(batch, time)`: False where a step is padding.
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import Any

from keraslite.ops.symbolic import SymbolicTensor

# id of the tensor -> (weak reference to it, its mask). Keys are identities, since tensors compare element by element.
table: dict[int, tuple[weakref.ref, Any]] = {}


def get_mask(x: Any) -> Any:
    """The mask of a tensor, or None."""
    if isinstance(x, SymbolicTensor):
        return x.mask
    entry = table.get(id(x))
    return entry[1] if entry is not None and entry[0]() is x else None


def set_mask(x: Any, mask: Any) -> None:
    """Let `mask` go with `x` (None takes it away) for as long as `x` lives."""
    if isinstance(x, SymbolicTensor):
        x.mask = mask
        return
    key = id(x)
    if mask is None:
        if table.pop(key, None) is not None and hasattr(x, "_keras_mask"):
            del x._keras_mask
        return
    try:
        table[key] = (weakref.ref(x, lambda ref: _forget(key, ref)), mask)
    except TypeError:  # a scalar or the like: it cannot carry a mask
        return
    if mask is not x:  # a circle would keep it
        with suppress(AttributeError):  # NumPy's arrays take none
            x._keras_mask = mask


def _forget(key: int, reference: weakref.ref) -> None:
    entry = table.get(key)
    if entry is not None and entry[0] is reference:
        del table[key]
