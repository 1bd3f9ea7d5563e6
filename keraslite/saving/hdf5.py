"""HDF5 files of weights, as Keras 3 has them: `PATH/vars/0, 1, ...` for the arrays of the part at PATH.

Each array has a checksum, which Keras ignores. A file is listed before an array is read, and what it may contain is
checked here.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from keraslite.errors import CorruptFileError
from keraslite.saving import hdf5_loops
from keraslite.saving.contents import FOLDER, Contents, Entry
from keraslite.saving.damage import quoted, reading
from keraslite.saving.hdf5_objects import CHECKSUM, Objects, checksum_of

if TYPE_CHECKING:
    import h5py  # imported when a file is opened, because the import is slow

__all__ = ["contents", "opened", "packed", "write"]


def packed(entries: Iterable[Entry], attributes: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a file, which gets `attributes` itself."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs.update(attributes or {})
        write(file, entries)
    return buffer.getvalue()


def write(file: h5py.File, entries: Iterable[Entry]) -> None:
    """Write what each part has."""
    for entry in entries:
        group = file.require_group(entry.place)
        group.attrs["name"] = entry.name
        for key, array in entry.arrays:
            plain = np.ascontiguousarray(array).reshape(array.shape)
            special = plain.dtype.kind == "V"  # a dtype that HDF5 lacks
            stored = group.create_dataset(key, data=plain.view(f"V{plain.itemsize}") if special else plain)
            if special:
                stored.attrs["dtype"] = array.dtype.name
            stored.attrs[CHECKSUM] = np.uint32(checksum_of(plain))


def opened(content: bytes, where: str) -> h5py.File:
    """Open a file from its bytes."""
    import h5py

    hdf5_loops.refuse(content, where)
    with reading(f"{where}: its HDF5 data", "Save the weights again."):
        return h5py.File(io.BytesIO(content), "r")


def contents(file: h5py.File, where: str = "the file") -> Contents:
    """Return what an open file holds. Links out of it, and all that is no array of numbers, are refused."""
    objects, found = Objects(file, where, FOLDER), Contents()
    folders = {path.rpartition("/")[0] for path in (*objects.groups, *objects.arrays)}
    for path, name in objects.groups.items():
        if path == FOLDER or path.endswith(f"/{FOLDER}"):
            found.add_part(path.removesuffix(FOLDER).removesuffix("/"), name)
        elif f"/{FOLDER}/" in f"/{path}" and path not in folders:
            raise CorruptFileError(f"{where} needs an array at {quoted(path)!r}. Received a group. Save it again.")
    for path, array in objects.arrays.items():
        found.add(path, array)
    return found
