"""HDF5 files of weights, as Keras 3 has them: `PATH/vars/0, 1, ...` for the arrays of the part at PATH.

Each array has a checksum, which Keras ignores. A file is listed before an array is read, and what it may contain is
checked here.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from keraslite.backend import dtypes
from keraslite.errors import CorruptFileError, UnsafeModelError
from keraslite.saving.contents import FOLDER, Contents, Entry

if TYPE_CHECKING:
    import h5py  # imported when a file is opened, because the import is slow

__all__ = ["contents", "opened", "packed", "write"]

_FILTERS = {"gzip", None}
_CHECKSUM = "crc32"  # of the array's bytes, as they are stored without compression


def packed(entries: Iterable[Entry]) -> bytes:
    """Return the bytes of a file."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
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
            stored.attrs[_CHECKSUM] = np.uint32(_checksum(plain))


def opened(content: bytes, where: str) -> h5py.File:
    """Open a file from its bytes."""
    import h5py

    with _readable(where):
        return h5py.File(io.BytesIO(content), "r")


def contents(file: h5py.File, where: str = "the file") -> Contents:
    """Return what an open file holds. Links out of it, and all that is no array of numbers, are refused."""
    found = Contents()
    with _readable(where):
        _list(file, "", found, where)
    return found


@contextmanager
def _readable(where: str) -> Iterator[None]:
    """Say which file it is whose structure HDF5 finds damaged."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise CorruptFileError(f"{where} holds no readable HDF5 weights: {error}. Save them again.") from error


def _list(group: h5py.Group, path: str, found: Contents, where: str) -> None:
    import h5py

    if path == FOLDER or path.endswith(f"/{FOLDER}"):
        found.add_part(path.removesuffix(FOLDER).removesuffix("/"), group.attrs.get("name"))
    elif f"/{FOLDER}/" in f"/{path}" and not len(group):
        raise CorruptFileError(f"{where} needs an array at {group.name!r}. Received a group. Save the weights again.")
    for name in map(str, group):
        child, place = _child(group, name), f"{path}/{name}" if path else name
        if isinstance(child, h5py.Group):
            _list(child, place, found, where)
        else:
            found.add(place, _Array(_checked(child, place), where))


def _child(group: h5py.Group, name: str) -> object:
    """Return a member that is stored in the group itself. Links out of it are refused."""
    import h5py

    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise UnsafeModelError(f"A weight file needs to hold its own data. Received a link at {group.name}/{name}.")
    return group[name]


def _checked(dataset: object, place: str) -> h5py.Dataset:
    """Return a dataset that holds numbers of its own."""
    import h5py

    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise CorruptFileError(f"A weight file needs arrays. Received something else at {place!r}.")
    if dataset.external or dataset.is_virtual:
        raise UnsafeModelError(f"A weight file needs to hold its own data. Received external data at {place!r}.")
    if dataset.compression not in _FILTERS or dataset.dtype.kind not in "biufcV":
        raise UnsafeModelError(
            f"A weight file needs plain numbers. Received dtype {dataset.dtype}, compression {dataset.compression!r} "
            f"at {place!r}."
        )
    return dataset


class _Array:
    """A dataset that was checked."""

    def __init__(self, dataset: h5py.Dataset, where: str):
        self._dataset, self._where = dataset, where

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._dataset.shape)

    @property
    def dtype(self) -> str:
        special = self._special()
        return self._dataset.dtype.name if special is None else special

    def read(self) -> np.ndarray:
        dataset = self._dataset
        with _readable(self._where):
            array, checksum = dataset[()], dataset.attrs.get(_CHECKSUM)
        array = np.asarray(array)
        if checksum is not None and checksum != _checksum(array):
            raise CorruptFileError(
                f"{self._where} is damaged: the array at {dataset.name!r} does not fit its checksum. Use another copy "
                f"of the file. If the array was changed on purpose, remove the attribute {_CHECKSUM!r} from it."
            )
        special = self._special()
        return array if special is None else array.view(dtypes.to_numpy_dtype(special))

    def _special(self) -> str | None:
        """The name of a dtype that HDF5 lacks."""
        name = self._dataset.attrs.get("dtype") if self._dataset.dtype.kind == "V" else None
        return name if isinstance(name, str) and name in dtypes.FLOATS else None


def _checksum(array: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data) if array.nbytes else 0
