"""Weights in several HDF5 files of limited size, and a `.weights.json` file that says which they are, as in Keras 3.

{"metadata": {"total_size": 1707336},
 "weight_map": {"/layers/dense/vars": ["net_00000.weights.h5", "net_00001.weights.h5"]}}
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from keraslite.errors import ArgumentError, CorruptFileError, KerasliteError, UnsafeModelError
from keraslite.saving import files, hdf5, json_text
from keraslite.saving.assets import is_safe
from keraslite.saving.contents import Contents, Entry

__all__ = ["contents", "write"]

INDEX, SHARD = ".weights.json", ".weights.h5"
_GB = 1 << 30  # as Keras counts


def write(path: str, entries: Iterable[Entry], limit: float, overwrite: bool) -> None:
    """Write shards of at most `limit` GB, then the index, then remove the shards of the index before.

    Shards that an index refers to are never replaced, so that there is a whole set of files at any moment.

    Args:
        path: that of the index.
        entries: the weights.
        limit: how large the arrays of a shard may be, in GB. A larger array gets a shard of its own.
        overwrite: whether an index may be replaced.
    """
    index = Path(path)
    if os.path.lexists(index) and not overwrite:
        raise ArgumentError(f"{index} exists. Pass `overwrite=True` to replace it.")
    before = _shards_of(index)
    head = index.name.removesuffix(INDEX)
    if os.path.lexists(index.with_name(_name(head, 0))):
        head += f"-{secrets.token_hex(4)}"
    weight_map: dict[str, list[str]] = {}
    total, written = 0, set()
    for number, shard in enumerate(_split(entries, limit * _GB)):
        name = _name(head, number)
        files.write_file(str(index.with_name(name)), hdf5.packed(shard), overwrite=True)
        written.add(name)
        for entry in shard:
            sizes = [array.nbytes for _, array in entry.arrays]
            total += sum(sizes)
            if sizes:
                weight_map.setdefault(f"/{entry.place}", []).append(name)
    described = {"metadata": {"total_size": total}, "weight_map": weight_map}
    files.write_file(path, json.dumps(described, indent=4).encode(), overwrite=True)
    for name in before - written:
        with contextlib.suppress(OSError):  # it stays, and does no harm
            index.with_name(name).unlink()


def _name(head: str, number: int) -> str:
    return f"{head}_{number:05}{SHARD}"


def _split(entries: Iterable[Entry], limit: float) -> Iterator[list[Entry]]:
    """Yield the entries of each shard."""
    shard: list[Entry] = []
    size = 0
    for path, name, arrays in entries:
        own: list[tuple[str, np.ndarray]] = []
        shard.append(Entry(path, name, own))
        for key, array in arrays:
            if size and size + array.nbytes > limit:
                yield shard
                own, size = [], 0
                shard = [Entry(path, name, own)]
            own.append((key, array))
            size += array.nbytes
    yield shard


def _shards_of(index: Path) -> set[str]:
    """Return the shards of an index that a save for it has made, here or in Keras."""
    head = re.escape(index.name.removesuffix(INDEX))
    made = re.compile(rf"{head}(-[0-9a-f]{{8}})?_\d{{5,}}{re.escape(SHARD)}")
    try:
        names = _names(files.read_file(str(index)), str(index))
    except KerasliteError:  # there is none, or one that cannot be read
        return set()
    return {name for name in names if made.fullmatch(name)}


@contextlib.contextmanager
def contents(path: str) -> Iterator[Contents]:
    """Return what the shards of an index hold together. They are in its folder."""
    found = Contents()
    with contextlib.ExitStack() as stack:
        for name in _names(files.read_file(path), path):
            shard = str(Path(path).with_name(name))
            file = stack.enter_context(hdf5.opened(files.read_file(shard), shard))
            found.add_all(hdf5.contents(file, shard), shard)
        yield found


def _names(content: bytes, where: str) -> list[str]:
    """Return the names of the shards, which must not lead out of the folder."""
    described = json_text.loaded(content, where)
    weight_map = described.get("weight_map") if isinstance(described, dict) else None
    if not isinstance(weight_map, Mapping):
        raise CorruptFileError(f"{where} needs a `weight_map`, which says where weights are. Received none.")
    names: dict[str, None] = {}
    for value in weight_map.values():
        for name in value if isinstance(value, list) else [value]:
            if not isinstance(name, str) or "/" in name or not is_safe(name) or not name.endswith(SHARD):
                raise UnsafeModelError(
                    f"{where} needs shards beside it, whose names end in `{SHARD}`. Received {name!r:.100}."
                )
            names[name] = None
    return list(names)
