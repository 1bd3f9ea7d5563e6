"""Weights in several HDF5 files of limited size, and a `.weights.json` file that says which they are, as in Keras 3.

    {"metadata": {"total_size": 1707336, "save": "6f1c..."},
     "weight_map": {"/layers/dense/vars": ["net_00000.weights.h5", "net_00001.weights.h5"]}}

The index and its shards have the same text "save", which Keras ignores. So a shard of another save is noticed.
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
from keraslite.saving.hdf5_objects import text_of

__all__ = ["contents", "write"]

INDEX, SHARD = ".weights.json", ".weights.h5"
_GB = 1 << 30  # as Keras counts
_SAVE = "save"


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
    written: set[str] = set()
    try:
        described = _write_shards(index, head, _split(entries, limit * _GB), written)
        files.write_file(path, json.dumps(described, indent=4).encode(), overwrite=True)
    except BaseException:
        _remove(index, written)
        raise
    _remove(index, before - written)


def _write_shards(index: Path, head: str, shards: Iterable[list[Entry]], written: set[str]) -> dict[str, object]:
    """Write shards and add their names to `written`. Returns what the index says."""
    save = secrets.token_hex(16)
    weight_map: dict[str, list[str]] = {}
    total = 0
    for number, shard in enumerate(shards):
        name = _name(head, number)
        written.add(name)
        files.write_file(str(index.with_name(name)), hdf5.packed(shard, {_SAVE: save}), overwrite=True)
        for entry in shard:
            sizes = [array.nbytes for _, array in entry.arrays]
            total += sum(sizes)
            if sizes:
                weight_map.setdefault(f"/{entry.place}", []).append(name)
    return {"metadata": {"total_size": total, _SAVE: save}, "weight_map": weight_map}


def _remove(index: Path, names: Iterable[str]) -> None:
    for name in names:
        with contextlib.suppress(OSError):  # it was never made, or it stays, which does no harm
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
        names, _ = _described(files.read_file(str(index)), str(index))
    except KerasliteError:  # there is none, or one that cannot be read
        return set()
    return {name for name in names if made.fullmatch(name)}


@contextlib.contextmanager
def contents(path: str) -> Iterator[Contents]:
    """Return what the shards of an index hold together. They are in its folder."""
    found = Contents()
    names, save = _described(files.read_file(path), path)
    with contextlib.ExitStack() as stack:
        for name in names:
            shard = str(Path(path).with_name(name))
            file = stack.enter_context(hdf5.opened(files.read_file(shard), shard))
            if save is not None and text_of(file, _SAVE) != save:
                raise CorruptFileError(
                    f"{path} needs the shards that were saved with it. Received {shard} of another save. Copy all "
                    "files of one save."
                )
            found.add_all(hdf5.contents(file, shard), shard)
        yield found


def _described(content: bytes, where: str) -> tuple[list[str], str | None]:
    """Return the names of the shards, which must not lead out of the folder, and the text that marks their save."""
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
    metadata = described.get("metadata")
    save = metadata.get(_SAVE) if isinstance(metadata, Mapping) else None
    return list(names), save if isinstance(save, str) else None
