"""Training states on disk: each in one file, written whole or not at all, with a version and a checksum.

A file is one line of JSON (what it is, its version, the size and the SHA-256 of the rest), then the length of a JSON
text in 8 bytes, that text, and the bytes of the arrays that the text refers to.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import struct
import warnings
from pathlib import Path

import numpy as np

from keraslite.atomic_files import replace_file
from keraslite.backend import dtypes
from keraslite.errors import CorruptFileError, FileError

__all__ = ["StateFolder", "packed", "unpacked"]

VERSION = 1
_KIND = "keraslite training state"
_NAME = re.compile(r"state-(\d{10})\.ckpt")
_TEMPORARY = re.compile(r"\.state-\d{10}\.ckpt\.[0-9a-f]+\.saving")


def packed(state: object) -> bytes:
    """Return a nest of dicts, lists, numbers, texts and arrays as the content of a file."""
    arrays: list[np.ndarray] = []
    text = json.dumps(_plain(state, arrays)).encode()
    rest = b"".join([struct.pack("<Q", len(text)), text, *(array.tobytes() for array in arrays)])
    head = {"kind": _KIND, "version": VERSION, "size": len(rest), "sha256": hashlib.sha256(rest).hexdigest()}
    return json.dumps(head).encode() + b"\n" + rest


def unpacked(content: bytes, where: str) -> object:
    """Return what `packed` was given.

    Raises a `CorruptFileError` if a byte is missing or another one, or the file is of a later version.
    """
    line, _, rest = content.partition(b"\n")
    try:
        head = json.loads(line)
        fits = head["kind"] == _KIND and head["size"] == len(rest)
        fits = fits and head["sha256"] == hashlib.sha256(rest).hexdigest()
    except (ValueError, KeyError, TypeError):
        fits, head = False, {}
    if not fits:
        raise CorruptFileError(f"{where} is damaged: its checksum does not fit its content.")
    if head["version"] > VERSION:
        raise CorruptFileError(f"{where} has version {head['version']}. This release reads version {VERSION}.")
    (length,) = struct.unpack_from("<Q", rest)
    blob = memoryview(rest)[8 + length :]
    return _again(json.loads(rest[8 : 8 + length]), blob)


def _plain(value: object, arrays: list[np.ndarray]) -> object:
    if isinstance(value, np.ndarray):
        start = sum(array.nbytes for array in arrays)
        arrays.append(value)
        return {"array": [dtypes.canonical(value.dtype), list(value.shape), start]}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {"dict": {str(key): _plain(item, arrays) for key, item in value.items()}}
    if isinstance(value, (list, tuple)):
        return [_plain(item, arrays) for item in value]
    return value


def _again(value: object, blob: memoryview) -> object:
    if isinstance(value, list):
        return [_again(item, blob) for item in value]
    if not isinstance(value, dict):
        return value
    if "dict" in value:
        return {key: _again(item, blob) for key, item in value["dict"].items()}
    name, shape, start = value["array"]
    dtype = np.dtype(dtypes.to_numpy_dtype(name))
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(blob, dtype, count, start).reshape(shape).copy()


class StateFolder:
    """The last states of a training in a folder.

    Args:
        folder: its path. It is made at the first save.
        keep: how many states stay, at least 1.
    """

    def __init__(self, folder: str, keep: int):
        self.folder, self.keep = Path(folder), keep

    def save(self, state: object) -> None:
        """Write a state, and remove those that are too old. A crash at any moment leaves the last whole one."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            numbers = self._numbers()
            target = self._path(numbers[-1] + 1 if numbers else 1)
            replace_file(target, packed(state))
            self._sync()
            for number in self._numbers()[: -self.keep]:
                self._path(number).unlink(missing_ok=True)
        except OSError as error:
            raise FileError(
                f"The state of the training cannot be written to {self.folder}. Received {error}. Choose another "
                "folder, or make room. Earlier states are as before."
            ) from error

    def load(self) -> object:
        """Return the newest state that is whole; None if there is none. A warning names each damaged one."""
        for number in reversed(self._numbers()):
            path = self._path(number)
            try:
                return unpacked(path.read_bytes(), str(path))
            except (CorruptFileError, OSError) as error:
                warnings.warn(f"{error} The state before it is used, if there is one.", stacklevel=2)
        return None

    def delete(self) -> None:
        """Remove all states, and the folder if nothing else is in it."""
        for number in self._numbers():
            self._path(number).unlink(missing_ok=True)
        self.remove_left_behind()
        with contextlib.suppress(OSError):  # something else is in it, or it was never made
            self.folder.rmdir()

    def remove_left_behind(self) -> None:
        """Remove what a save that was killed left unfinished."""
        for path in self.folder.glob(".state-*.saving"):
            if _TEMPORARY.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def _numbers(self) -> list[int]:
        names = [path.name for path in self.folder.glob("state-*.ckpt")]
        return sorted(int(found[1]) for found in map(_NAME.fullmatch, names) if found)

    def _path(self, number: int) -> Path:
        return self.folder / f"state-{number:010}.ckpt"

    def _sync(self) -> None:
        """Let the new name reach the disk too, where folders can be opened."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
