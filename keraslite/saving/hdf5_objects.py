"""Groups and arrays of HDF5 files, visited and read so that nothing in the file costs more than the file.

Every object is visited once, by its address. Links out of their place, storage in other files, other filters than gzip
and shuffle, and anything but plain numbers are refused. Chunks are inflated here and not by the HDF5 library, which
has no limit for what a chunk is inflated to.
"""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from keraslite import allowance
from keraslite.backend import dtypes
from keraslite.errors import CorruptFileError, UnsafeModelError
from keraslite.saving.damage import quoted, reading

if TYPE_CHECKING:
    import h5py  # imported when a file is opened, because the import is slow
    from h5py.h5d import StoreInfo
    from h5py.h5g import GroupID
    from h5py.h5l import LinkInfo

__all__ = ["CHECKSUM", "Array", "Objects", "checksum_of", "text_of"]

CHECKSUM = "crc32"  # of the array's bytes, as they are stored without compression
_ADVICE = "Save the weights again."
_DEEPEST = 256  # groups in groups
_LONGEST_NAME = 1000  # characters
_OBJECT = 1024  # bytes that an object of the file takes here, about
_KINDS = frozenset("biufc")
_GZIP, _SHUFFLE = 1, 2  # numbers of HDF5's filters
_CHUNK = 1 << 20  # bytes that a chunk of a small array may have
_MANY, _SMALL = 4096, 1024  # so many chunks may be smaller than so many bytes


class Objects:
    """The groups and datasets of an HDF5 file.

    Args:
        file: the file, open for reading.
        where: its name in messages.
        named: the groups of this name have an attribute "name".

    Attributes:
        groups: the attribute "name" of each group, or None, by path; the root is at "".
        arrays: the datasets by path, checked.
    """

    def __init__(self, file: h5py.File, where: str, named: str):
        self.where, self._named = where, named
        self.groups: dict[str, str | None] = {}
        self.arrays: dict[str, Array] = {}
        with reading(f"{where}: its HDF5 data", _ADVICE):
            self._visit(file, file.id.get_filesize())

    def _visit(self, file: h5py.File, size: int) -> None:
        library = _library()
        seen = set()
        waiting = [("", 0)]
        while waiting:
            path, depth = waiting.pop()
            node = library.h5o.open(file.id, path.encode("utf-8", "surrogateescape") or b"/")
            address = library.h5o.get_info(node).addr
            if address in seen:
                raise CorruptFileError(
                    f"{self.where} needs each object in one place. Received it again at {quoted(path)!r}."
                )
            seen.add(address)
            if isinstance(node, library.h5d.DatasetID):
                self.arrays[path] = Array(library.Dataset(node), self.where, size)
            elif not isinstance(node, library.h5g.GroupID) or depth > _DEEPEST:
                raise CorruptFileError(
                    f"{self.where} needs arrays, in at most {_DEEPEST} groups. Received {quoted(path)!r}."
                )
            else:
                is_named = path.rpartition("/")[2] == self._named
                self.groups[path] = text_of(library.Group(node), "name") if is_named else None
                inside = f"{path}/" if path else ""
                waiting += [(inside + name, depth + 1) for name in reversed(self._names(node, path))]

    def _names(self, group: GroupID, path: str) -> list[str]:
        """Return the names in a group. Links that lead elsewhere are refused."""
        hard = _library().h5l.TYPE_HARD
        found: list[tuple[str, bool]] = []
        failures: list[UnsafeModelError] = []

        def note(raw: bytes, info: LinkInfo) -> bool | None:
            try:  # an error must not pass through the HDF5 library
                allowance.charge(_OBJECT + len(raw), "the groups and arrays of HDF5 data")
            except UnsafeModelError as failure:
                failures.append(failure)
                return True  # ends the loop
            found.append((raw.decode("utf-8", "surrogateescape"), info.type == hard))
            return None

        group.links.iterate(note, info=True)
        if failures:
            raise failures[0]
        names = [name for name, _ in found]
        linked = next((name for name, is_hard in found if not is_hard), None)
        if linked is not None:
            raise UnsafeModelError(
                f"A weight file needs to hold its own data. Received a link at {quoted(f'{path}/{linked}')!r} in "
                f"{self.where}."
            )
        if len(set(names)) < len(names) or max(map(len, names), default=0) > _LONGEST_NAME:
            raise CorruptFileError(f"{self.where} needs short names, each once in a group. Received others.")
        return names


class Array:
    """A dataset that was checked: plain numbers in the file itself. They are read when somebody asks for them.

    Attributes:
        shape: its sizes, as the file says.
        dtype: the name of its dtype, as the file says.
    """

    def __init__(self, dataset: h5py.Dataset, where: str, size: int):
        self._dataset, self._where, self._size = dataset, where, size
        self._allowance = allowance.current()
        if dataset.shape is None:
            raise CorruptFileError(f"A weight file needs arrays. Received an empty dataset at {_place(dataset)}.")
        self.shape: tuple[int, ...] = tuple(dataset.shape)
        self._properties = dataset.id.get_create_plist()
        if self._properties.get_external_count() or dataset.is_virtual:
            raise UnsafeModelError(
                f"A weight file needs to hold its own data. Received external data at {_place(dataset)}."
            )
        count = self._properties.get_nfilters()
        self._filters = [self._properties.get_filter(i)[0] for i in range(count)]
        stored = _plain_dtype(dataset.id.get_type())
        if stored is None or not {*self._filters} <= {_GZIP, _SHUFFLE} or len({*self._filters}) < count:
            raise UnsafeModelError(
                "A weight file needs plain numbers, stored as they are or with gzip. Received dtype "
                f"{quoted(str(dataset.dtype))} and filters {self._filters[:10]} at {_place(dataset)}."
            )
        self._stored = stored
        self.dtype = self._name()

    def _name(self) -> str:
        if self._stored.kind != "V":
            return self._stored.newbyteorder("=").name
        name = text_of(self._dataset, "dtype") or ("bfloat16" if self._stored.itemsize == 2 else "")
        if name not in dtypes.FLOATS or dtypes.to_numpy_dtype(name).itemsize != self._stored.itemsize:
            raise CorruptFileError(
                f"A weight file needs arrays of known dtypes. Received {quoted(name)!r} at {_place(self._dataset)}."
            )
        return name

    def read(self) -> np.ndarray:
        """Return the values. They count against the file's allowance."""
        with reading(f"{self._where}: its HDF5 data", _ADVICE):
            if self._allowance is not None:
                self._allowance.take_array(self.shape, self._stored.itemsize, f"array {_place(self._dataset)}")
                self._allowance = None  # an editor may read it again, which is not the file's demand
            array = self._values()
            checksum = _number(self._dataset, CHECKSUM)
        if checksum is not None and checksum != checksum_of(array):
            raise CorruptFileError(
                f"{self._where} is damaged: the array at {_place(self._dataset)} does not fit its checksum. Use "
                f"another copy of the file. If the array was changed on purpose, remove its attribute {CHECKSUM!r}."
            )
        return array.view(dtypes.to_numpy_dtype(self.dtype)) if self._stored.kind == "V" else array

    def _values(self) -> np.ndarray:
        h5d = _library().h5d
        layout = self._properties.get_layout()
        if layout == h5d.CHUNKED:
            return self._joined()
        offset = self._dataset.id.get_offset() if layout == h5d.CONTIGUOUS else None
        if offset is not None and offset + math.prod(self.shape) * self._stored.itemsize > self._size:
            raise CorruptFileError(f"{self._where} needs all of its data. Received too few at {_place(self._dataset)}.")
        return np.asarray(self._dataset[()])

    def _joined(self) -> np.ndarray:
        """Return the values of a dataset that is stored in chunks."""
        shape, chunk, width = self.shape, self._dataset.chunks or (), self._stored.itemsize
        size, whole = math.prod(chunk) * width, math.prod(shape) * width
        count = math.prod(-(-each // part) for each, part in zip(shape, chunk, strict=True))
        if size > max(whole, _CHUNK) or (count > _MANY and size < _SMALL):
            raise CorruptFileError(
                f"A weight file needs chunks that fit its arrays. Received {count} chunks of {size} bytes for "
                f"{whole} bytes at {_place(self._dataset)}."
            )
        result = np.full(shape, self._dataset.fillvalue, self._stored)
        for info in self._chunks(count):
            mask, content = self._dataset.id.read_direct_chunk(info.chunk_offset)
            for i in reversed(range(len(self._filters))):
                if not mask >> i & 1:
                    content = _unfiltered(self._filters[i], content, size, width)
            if len(content) != size:
                raise CorruptFileError(f"{self._where} needs whole chunks. Received {len(content)} bytes of {size}.")
            values = np.frombuffer(content, self._stored if self._stored.kind != "b" else "u1").reshape(chunk)
            place = tuple(slice(at, at + part) for at, part in zip(info.chunk_offset, chunk, strict=True))
            target = result[place]
            target[...] = values[tuple(slice(each) for each in target.shape)]
        return result

    def _chunks(self, count: int) -> list[StoreInfo]:
        """Return where the chunks are. All lie in the file, which is no larger than they are together."""
        found: list[StoreInfo] = []

        def note(info: StoreInfo) -> bool | None:
            found.append(info)
            return True if len(found) > count else None  # ends the loop

        self._dataset.id.chunk_iter(note)
        inside = all(info.byte_offset + info.size <= self._size for info in found)
        if len(found) > count or not inside or sum(info.size for info in found) > self._size:
            raise CorruptFileError(
                f"{self._where} needs chunks that lie in it. Received others at {_place(self._dataset)}."
            )
        return found


def checksum_of(array: np.ndarray) -> int:
    """Return the checksum of an array's bytes."""
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data) if array.nbytes else 0


def _plain_dtype(kind: h5py.h5t.TypeID) -> np.dtype | None:
    """Return the dtype of numbers in a file; None for anything else, of which nothing is read."""
    h5t = _library().h5t
    if kind.get_size() > 16 or kind.get_class() not in (h5t.INTEGER, h5t.FLOAT, h5t.ENUM, h5t.COMPOUND, h5t.OPAQUE):
        return None
    dtype = kind.dtype
    if dtype.kind == "V":
        return dtype if dtype.names is None and dtype.subdtype is None and dtype.itemsize <= 2 else None
    known = dtype.kind in _KINDS and dtype.newbyteorder("=").name in dtypes.NAMES
    return dtype if known and kind.equal(h5t.py_create(dtype, logical=True)) else None


def _unfiltered(number: int, content: bytes, size: int, width: int) -> bytes:
    """Undo a filter of a chunk that has `size` bytes without filters."""
    if number == _SHUFFLE:
        if width < 2 or len(content) % width:
            return content
        return np.frombuffer(content, "u1").reshape(width, -1).T.tobytes()
    inflater = zlib.decompressobj()
    plain = inflater.decompress(content, size + 1)
    if len(plain) > size:
        raise CorruptFileError(f"A weight file needs chunks of their size. Received more than {size} bytes.")
    return plain


def text_of(node: h5py.Group | h5py.Dataset, attribute: str) -> str | None:
    """Return an attribute that is one text. Others, which may be of any size, are not read."""
    value = _attribute(node, attribute, _library().h5t.STRING)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else None if value is None else str(value)


def _number(node: h5py.Dataset, attribute: str) -> int | None:
    """Return an attribute that is one integer."""
    value = _attribute(node, attribute, _library().h5t.INTEGER)
    return None if value is None else int(value)


def _attribute(node: h5py.Group | h5py.Dataset, attribute: str, kind: int) -> Any:
    """Return an attribute that is one value of a kind of HDF5's types."""
    h5a, raw = _library().h5a, attribute.encode()
    if not h5a.exists(node.id, raw):
        return None
    found = h5a.open(node.id, raw)
    return node.attrs[attribute] if found.shape == () and found.get_type().get_class() == kind else None


def _library() -> Any:
    """Return h5py, of which the parts that follow HDF5's own functions have no types."""
    import h5py

    return h5py


def _place(dataset: h5py.Dataset) -> str:
    return repr(quoted(str(dataset.name)))
