"""Masks that go with tensors, kept beside concrete ones in a weak table.

Where the engine's tensors take attributes, the mask is one, `_keras_mask`, as libraries for Keras read it.

A mask is a bool tensor of the leading axes, usually `(batch, time)`: False where a step is padding.
"""

from __future__ import annotations

import weakref
from typing import Any

from keraslite.ops.symbolic import SymbolicTensor

# id of the tensor -> (weak reference to it, its mask or where that is). Keys are identities, since tensors compare
# element by element. A mask may hold its tensor (in a graph all tensors hold each other): in here it would keep it.
table: dict[int, tuple[weakref.ref, Any]] = {}
_CARRIED, _ITSELF = object(), object()


def get_mask(x: Any) -> Any:
    """The mask of a tensor, or None."""
    if isinstance(x, SymbolicTensor):
        return x.mask
    entry = table.get(id(x))
    if entry is None or entry[0]() is not x:
        return None
    mask = entry[1]
    if mask is _CARRIED:
        return getattr(x, "_keras_mask", None)
    return x if mask is _ITSELF else mask


def set_mask(x: Any, mask: Any) -> None:
    """Let `mask` go with `x` (None takes it away) for as long as `x` lives."""
    if isinstance(x, SymbolicTensor):
        x.mask = mask
        return
    key = id(x)
    if mask is None:
        entry = table.pop(key, None)
        if entry is not None and entry[1] is _CARRIED:
            del x._keras_mask
        return
    try:
        reference = weakref.ref(x, lambda ref: _forget(key, ref))
    except TypeError:  # a scalar or the like: it cannot carry a mask
        return
    table[key] = reference, _ITSELF if mask is x else _carried(x, mask)


def _carried(x: Any, mask: Any) -> Any:
    try:
        x._keras_mask = mask
    except AttributeError:  # NumPy's arrays take none
        return mask
    return _CARRIED


def _forget(key: int, reference: weakref.ref) -> None:
    entry = table.get(key)
    if entry is not None and entry[0] is reference:
        del table[key]
