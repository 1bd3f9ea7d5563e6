"""The masks of tensors. A weak table maps concrete tensors to their masks.

If the engine's tensors accept attributes, the mask is the attribute `_keras_mask`, which libraries for Keras read.

A mask is a bool tensor of the leading axes, usually `(batch, time)`. It is False where a step is padding.
"""

from __future__ import annotations

import weakref
from typing import Any

from keraslite.ops.symbolic import SymbolicTensor

# id of the tensor -> (weak reference to it, its mask or where that is). Keys are identities, since tensors compare
# element by element. A mask may hold its tensor (in a graph all tensors hold each other): in here it would keep it.
table: dict[int, tuple[weakref.ref, object]] = {}
_CARRIED, _ITSELF = object(), object()


def get_mask(x: object) -> Any:
    """Return the mask of a tensor, or None."""
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
    """Give `x` the mask `mask` for as long as `x` lives. None removes the mask."""
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
    except TypeError:  # an object such as a scalar, which cannot have a mask
        return
    table[key] = reference, _ITSELF if mask is x else _carried(x, mask)


def _carried(x: Any, mask: Any) -> object:
    try:
        x._keras_mask = mask
    except AttributeError:  # NumPy's arrays accept no attributes
        return mask
    return _CARRIED


def _forget(key: int, reference: weakref.ref) -> None:
    entry = table.get(key)
    if entry is not None and entry[0] is reference:
        del table[key]
