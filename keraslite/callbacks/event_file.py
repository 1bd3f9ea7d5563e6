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
from collections.abc import Sequence
from pathlib import Path

import numpy as np

__all__ = ["EventFile", "crc32c"]

_POLYNOMIAL = 0x82F63B78  # Castagnoli, reflected
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
