"""Indices of rows, checked against the size of their table where they are seen on the host.

On a device nothing is read back for that: what an index outside of the table gives there is the engine's affair.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from keraslite.errors import OutOfRangeError
from keraslite.ops.symbolic import SymbolicTensor

# id of a tensor -> (weak reference to it, the host array that it was made from), for integers given to a layer.
_hosts: dict[int, tuple[weakref.ref, np.ndarray]] = {}


def remember(tensor: object, array: np.ndarray) -> None:
    """Keep the host array that `tensor` was made from, for as long as the tensor lives."""
    if isinstance(tensor, np.ndarray):  # its own host array
        return
    key = id(tensor)

    def forget(reference: weakref.ref, hosts: Any = _hosts) -> None:
        entry = hosts.get(key)
        if entry is not None and entry[0] is reference:
            del hosts[key]

    try:
        _hosts[key] = weakref.ref(tensor, forget), array
    except TypeError:  # a scalar or the like
        return


def look_up(layer: Any, x: object, size: int) -> None:
    """`layer` takes rows `x` of a table of `size` rows: check them if they are known, else ask the data to be checked.

    A symbolic tensor remembers it, so that `fit` or a compiled model, which feed it, can check batches on the host.
    """
    if isinstance(x, SymbolicTensor):
        source = x if x.origin is None else x.origin
        source.tables = (*source.tables, (weakref.ref(layer), size))
        return
    array = x if isinstance(x, np.ndarray) else _host_array(x)
    if array is not None:
        check(array, layer.name, size, layer.name)


def tables_of(x: SymbolicTensor, layers: object = None) -> dict[str, int]:
    """The sizes of the tables that values of `x` are looked up in, by the names of their layers.

    Args:
        layers: those that count; None: all.
    """
    found = {layer: size for reference, size in x.tables if (layer := reference()) is not None}
    return {layer.name: size for layer, size in found.items() if layers is None or layer in layers}


def check_known(x: object, tables: dict[str, int], where: str) -> None:
    """Check a tensor that was made from a host array."""
    array = x if isinstance(x, np.ndarray) else _host_array(x)
    if array is not None:
        for name, size in tables.items():
            check(array, name, size, where)


def check(array: np.ndarray, name: str, size: int, where: str) -> None:
    """Raise an `OutOfRangeError` if `array` holds an index outside of the table of layer `name`."""
    if array.size == 0 or array.dtype.kind not in "iuf" or (array.min() >= 0 and array.max() < size):
        return
    bad = array[(array < 0) | (array >= size)].reshape(-1)
    if bad.size:
        raise OutOfRangeError(
            f"`{where}` needs indices from 0 to {size - 1}, since layer {name!r} has {size} of them. Received "
            f"{bad[0]!s} ({bad.size} of {array.size} indices are out of range). Raise `input_dim` or `num_tokens`, or "
            "number from 0."
        )


def _host_array(x: object) -> np.ndarray | None:
    entry = _hosts.get(id(x))
    return entry[1] if entry is not None and entry[0]() is x else None
