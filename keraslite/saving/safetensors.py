"""`.safetensors` files: a header of JSON with dtype, shape and place of each array, then their bytes.

The key of an array is its place in a `.weights.h5` file, such as "layers/dense/vars/0". The metadata of the header has
the names of the parts and a checksum per array, as JSON texts. The format is that of the package `safetensors`:
https://huggingface.co/docs/safetensors.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Iterable, Mapping

import numpy as np

from keraslite.backend import dtypes
from keraslite.errors import ArgumentError, CorruptFileError
from keraslite.saving import json_text
from keraslite.saving.contents import Contents, Entry

__all__ = ["contents", "packed"]

_CODES = {
    "bool": "BOOL",
    "uint8": "U8",
    "uint16": "U16",
    "uint32": "U32",
    "uint64": "U64",
    "int8": "I8",
    "int16": "I16",
    "int32": "I32",
    "int64": "I64",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
    "float16": "F16",
    "bfloat16": "BF16",
    "float32": "F32",
    "float64": "F64",
}
_NAMES = {code: name for name, code in _CODES.items()}
_METADATA, _KIND = "__metadata__", "keraslite.weights"
_LONGEST_HEADER = 100_000_000  # bytes, as in the package
_MOST_AXES = 32


def packed(entries: Iterable[Entry]) -> bytes:
    """Return the bytes of a file."""
    header: dict[str, object] = {}
    names: dict[str, str] = {}
    checksums: dict[str, int] = {}
    blobs: list[bytes] = []
    start = 0
    for entry in entries:
        names[entry.path] = entry.name
        for key, array in entry.arrays:
            place = f"{entry.place}/{key}"
            code = _CODES.get(array.dtype.name)
            if code is None:
                raise ArgumentError(
                    f"A `.safetensors` file needs one of the dtypes {', '.join(_CODES)}. Received {array.dtype} at "
                    f"{place!r}. Write a `.weights.h5` file."
                )
            blob = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
            header[place] = {"dtype": code, "shape": list(array.shape), "data_offsets": [start, start + len(blob)]}
            checksums[place] = zlib.crc32(blob)
            blobs.append(blob)
            start += len(blob)
    metadata = {"format": _KIND, "names": json.dumps(names), "crc32": json.dumps(checksums)}
    text = json.dumps({_METADATA: metadata, **header}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *blobs])


def contents(content: bytes, where: str) -> Contents:
    """Return what a file holds. It has to have each byte of its data in exactly one array."""
    (length,) = struct.unpack("<Q", content[:8]) if len(content) >= 8 else (len(content),)
    if length > min(_LONGEST_HEADER, len(content) - 8):
        raise _damaged(where, f"the header says that it has {length} bytes, the file has {len(content)}")
    header = _parsed(content[8 : 8 + length], where)
    metadata = header.pop(_METADATA, {})
    names, checksums = (_mapping(metadata, key, where) for key in ("names", "crc32"))
    found, data = Contents(), memoryview(content)[8 + length :]
    for path, name in names.items():
        found.add_part(path, name)
    end = 0
    arrays = {place: _Array(place, entry, data, checksums.get(place), where) for place, entry in header.items()}
    for place, array in sorted(arrays.items(), key=lambda item: (item[1].start, item[1].end)):
        if array.start != end:
            raise _damaged(where, f"its arrays overlap or leave a gap before {place!r:.100}")
        end = array.end
        found.add(place, array)
    if end != len(data):
        raise _damaged(where, f"its arrays have {end} bytes, the file has {len(data)}")
    return found


class _Array:
    """An array whose place in the file was checked."""

    def __init__(self, place: str, entry: object, data: memoryview, checksum: object, where: str):
        match entry:
            case {"dtype": str(code), "shape": list(shape), "data_offsets": [int(start), int(end)]} if (
                code in _NAMES and len(shape) <= _MOST_AXES and all(type(n) is int and n >= 0 for n in shape)
            ):
                pass
            case _:
                raise _damaged(where, f"the header says of {place!r:.100}: {entry!r:.100}")
        self.dtype = _NAMES[code]
        self.shape: tuple[int, ...] = tuple(shape)
        self.start, self.end = start, end
        self._type = np.dtype(dtypes.to_numpy_dtype(self.dtype))
        if not 0 <= start <= end <= len(data) or end - start != math.prod(shape) * self._type.itemsize:
            raise _damaged(where, f"{place!r:.100} of shape {shape} cannot be at bytes {start} to {end}")
        self._blob, self._checksum, self._place, self._where = data[start:end], checksum, place, where

    def read(self) -> np.ndarray:
        if self._checksum is not None and self._checksum != zlib.crc32(self._blob):
            raise _damaged(self._where, f"the array at {self._place!r:.100} does not fit its checksum")
        array = np.frombuffer(self._blob, self._type.newbyteorder("<")).reshape(self.shape)
        return array.astype(self._type, copy=False)


def _parsed(text: str | bytes, where: str) -> dict[str, object]:
    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)

    found = json_text.loaded(text, f"{where} is no whole `.safetensors` file: its header", unique)
    if not isinstance(found, dict):
        raise _damaged(where, "its header is no JSON object")
    return found


def _mapping(metadata: object, key: str, where: str) -> Mapping[str, object]:
    """Return a mapping that the metadata have as JSON text; an empty one if another program wrote the file."""
    text = metadata.get(key) if isinstance(metadata, dict) and metadata.get("format") == _KIND else None
    return _parsed(text, where) if isinstance(text, str) else {}


def _damaged(where: str, why: str) -> CorruptFileError:
    return CorruptFileError(f"{where} is no whole `.safetensors` file: {why}. Use another copy of the file.")
