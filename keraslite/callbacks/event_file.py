"""TensorBoard's event files: records of TFRecord format that hold `Event` protocol buffers.

TFRecord: length (uint64), masked crc32c of it, data, masked crc32c of the data; all little-endian.
Fields are those of tensorflow/core/util/event.proto and framework/summary.proto.
"""

from __future__ import annotations

import itertools
import os
import socket
import struct
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

__all__ = ["EventFile", "crc32c", "png"]

_POLYNOMIAL = 0x82F63B78  # Castagnoli, reflected
_STRING = 7  # DataType.DT_STRING
_TENSOR_DATA = 2  # DataClass.DATA_CLASS_TENSOR
_GRAPH_VERSION = 22  # VersionDef.producer of a graph without anything newer
_numbers = itertools.count()


def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """The CRC-32C checksum of `data` (RFC 3720, appendix B.4)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


def _int(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _doubles(field: int, values: Sequence[float]) -> bytes:
    return _bytes(field, struct.pack(f"<{len(values)}d", *values))


def png(values: np.ndarray) -> bytes:
    """The picture as a PNG file (ISO/IEC 15948): `values` of shape (height, width, channels) and dtype uint8."""
    height, width, channels = values.shape
    colours = {1: 0, 2: 4, 3: 2, 4: 6}[channels]

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = np.zeros((height, 1 + width * channels), np.uint8)  # each begins with its filter: none
    rows[:, 1:] = values.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows.tobytes())), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


class EventFile:
    """One file of events in `directory`, which is made if it is not there."""

    def __init__(self, directory: str | Path):
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}.v2"
        self._file = (folder / name).open("wb")
        self._write(_double(1, time.time()) + _bytes(3, b"brain.Event:2"))

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Add one number."""
        self._summary(tag, _float(2, value), step)

    def histogram(self, tag: str, values: np.ndarray, step: int, bins: int = 30) -> None:
        """Add the distribution of `values`, any shape."""
        flat = np.asarray(values, dtype=np.float64).reshape(-1)
        flat = flat[np.isfinite(flat)]
        if flat.size == 0:
            return
        counts, edges = np.histogram(flat, bins=bins)
        proto = _double(1, flat.min()) + _double(2, flat.max()) + _double(3, flat.size) + _double(4, flat.sum())
        proto += _double(5, np.square(flat).sum()) + _doubles(6, edges[1:].tolist())
        self._summary(tag, _bytes(5, proto + _doubles(7, counts.astype(float).tolist())), step)

    def image(self, tag: str, values: np.ndarray, step: int) -> None:
        """Add a picture: `values` of shape (height, width, channels) and dtype uint8, with 1, 3 or 4 channels."""
        height, width, channels = values.shape
        proto = _int(1, height) + _int(2, width) + _int(3, channels) + _bytes(4, png(values))
        self._summary(tag, _bytes(4, proto), step)

    def text(self, tag: str, value: str, step: int) -> None:
        """Add a text, which TensorBoard reads as Markdown."""
        plugin = _bytes(9, _bytes(1, _bytes(1, b"text")) + _int(4, _TENSOR_DATA))
        tensor = _bytes(8, _int(1, _STRING) + _bytes(2, b"") + _bytes(8, value.encode()))
        self._summary(tag, plugin + tensor, step)

    def graph(self, nodes: Sequence[tuple[str, str, Sequence[str]]]) -> None:
        """Add a graph: the name and the kind of each node, and the names of the nodes that it gets its inputs from."""
        proto = b"".join(
            _bytes(1, _bytes(1, name.encode()) + _bytes(2, kind.encode()) + b"".join(_bytes(3, i.encode()) for i in of))
            for name, kind, of in nodes
        )
        self._write(_double(1, time.time()) + _bytes(4, proto + _bytes(4, _int(1, _GRAPH_VERSION))))

    def flush(self) -> None:
        """Make what was added visible to readers."""
        self._file.flush()

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def _summary(self, tag: str, value: bytes, step: int) -> None:
        summary = _bytes(1, _bytes(1, tag.encode()) + value)
        self._write(_double(1, time.time()) + _int(2, step) + _bytes(5, summary))

    def _write(self, event: bytes) -> None:
        length = struct.pack("<Q", len(event))
        self._file.write(length + _masked(length) + event + _masked(event))
