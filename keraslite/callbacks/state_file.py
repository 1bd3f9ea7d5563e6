"""Training states on disk: each in one file, written whole or not at all, with a version and checksums.

A file has one line: the CRC-32 of a JSON text, and that text, which says what the file is, its version, its number in
the training, and the size and SHA-256 of the rest. The rest is the length of a second JSON text in 8 bytes, that text,
and the bytes of the arrays that it refers to.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np

from keraslite.atomic_files import remove_left_behind, replace_file, temporary_file
from keraslite.backend import dtypes
from keraslite.backend.contract import Engine, Tensor
from keraslite.errors import CorruptFileError, FileError

__all__ = ["NUMBERED", "Draft", "OnDevice", "StateFolder", "unpacked"]

VERSION = 1
#: The names of files that are just numbered.
NUMBERED = re.compile(r"state-\d{10}\.ckpt")
_KIND = "keraslite training state"
_LONGEST_HEAD = 1000  # bytes
_Head: TypeAlias = dict[str, int | str]


class OnDevice(NamedTuple):
    """A tensor that nobody else writes to. It comes to the host when the file is written."""

    tensor: Tensor
    engine: Engine
    dtype: str
    shape: tuple[int, ...]

    def numpy(self) -> np.ndarray:
        return np.asarray(self.engine.to_numpy(self.tensor))


class Draft:
    """A state as it is now. It is turned into a file later, maybe by another thread.

    Args:
        state: a nest of dicts, lists, numbers, texts, arrays, which are copied, and `OnDevice`.
    """

    def __init__(self, state: object):
        self._arrays: list[np.ndarray | OnDevice] = []
        self._size = 0
        self._text = json.dumps(self._plain(state)).encode()

    def parts(self, number: int) -> list[bytes]:
        """The content of the file, in pieces."""
        arrays = (array if isinstance(array, np.ndarray) else array.numpy() for array in self._arrays)
        rest = [struct.pack("<Q", len(self._text)), self._text, *(array.tobytes() for array in arrays)]
        digest = hashlib.sha256()
        for part in rest:
            digest.update(part)
        head: _Head = {"kind": _KIND, "version": VERSION, "number": number, "size": sum(map(len, rest))}
        text = json.dumps({**head, "sha256": digest.hexdigest()}).encode()
        return [b"%08x %s\n" % (zlib.crc32(text), text), *rest]

    def _plain(self, value: object) -> object:
        if isinstance(value, np.ndarray):
            return self._later(value.copy(), dtypes.canonical(value.dtype), value.shape)
        if isinstance(value, OnDevice):
            return self._later(value, value.dtype, value.shape)
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, dict):
            return {"dict": {str(key): self._plain(item) for key, item in value.items()}}
        if isinstance(value, (list, tuple)):
            return [self._plain(item) for item in value]
        return value

    def _later(self, array: np.ndarray | OnDevice, dtype: str, shape: tuple[int, ...]) -> object:
        start = self._size
        self._arrays.append(array)
        self._size += int(np.prod(shape, dtype=np.int64)) * np.dtype(dtypes.to_numpy_dtype(dtype)).itemsize
        return {"array": [dtype, list(shape), start]}


def unpacked(content: bytes, where: str) -> object:
    """Return the state that a `Draft` was made of.

    Raises a `CorruptFileError` if a byte is missing or another one, or the file is of a later version.
    """
    line, _, rest = content.partition(b"\n")
    head = _head(line)
    if head is None or head["size"] != len(rest) or head["sha256"] != hashlib.sha256(rest).hexdigest():
        raise CorruptFileError(f"{where} is damaged: its checksum does not fit its content.")
    if int(head["version"]) > VERSION:
        raise CorruptFileError(f"{where} has version {head['version']}. This release reads version {VERSION}.")
    (length,) = struct.unpack_from("<Q", rest)
    return _again(json.loads(rest[8 : 8 + length]), memoryview(rest)[8 + length :])


def _head(line: bytes) -> _Head | None:
    """What the first line says; None if it is damaged."""
    check, _, text = line.partition(b" ")
    if b"%08x" % zlib.crc32(text) != check:
        return None
    try:
        head: _Head = json.loads(text)
    except ValueError:
        return None
    return head if isinstance(head, dict) and head.get("kind") == _KIND else None


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
    """The states of a training in a folder. Their order is that of the numbers in the files, whatever their names.

    Args:
        folder: its path.
        keep: how many states stay, at least 1; None for all.
        names: what the whole name of a state looks like. Other files stay as they are.
    """

    def __init__(self, folder: str | Path, keep: int | None, names: re.Pattern[str] = NUMBERED):
        self.folder, self.keep, self._names = Path(folder), keep, names
        self._temporary = re.compile(rf"(?:{names.pattern})|trial\.ckpt", names.flags)
        self._states: list[tuple[int, Path]] = []

    def open(self) -> None:
        """Make the folder if it does not exist, see that it can be written to, and find its states."""
        with self._reported():
            self.folder.mkdir(parents=True, exist_ok=True)
            remove_left_behind(self.folder, self._temporary)
            descriptor, path = temporary_file(self.folder / "trial.ckpt")
            os.close(descriptor)
            path.unlink()
        with self._reported("read from"):
            self._states = self._found()

    def save(self, draft: Draft, name: str | None = None) -> None:
        """Write a state, and remove those that are too old. A crash at any moment leaves the last whole one.

        Args:
            draft: the state.
            name: of the file; numbered by default. A file of that name is replaced.
        """
        number = self._states[-1][0] + 1 if self._states else 1
        path = self.folder / (name or f"state-{number:010}.ckpt")
        with self._reported():
            self.folder.mkdir(parents=True, exist_ok=True)
            replace_file(path, draft.parts(number))
            self._sync()
            self._states = [*((n, other) for n, other in self._states if other != path), (number, path)]
            while self.keep is not None and len(self._states) > self.keep:
                self._states.pop(0)[1].unlink(missing_ok=True)

    def load(self) -> object:
        """Return the newest state that is whole; None if there is none. A warning names each damaged one."""
        for _, path in reversed(self._states):
            try:
                return unpacked(path.read_bytes(), str(path))
            except (CorruptFileError, OSError) as error:
                _warn(error)
        return None

    def delete(self) -> None:
        """Remove all states, and the folder if nothing else is in it."""
        for name in os.listdir(self.folder) if self.folder.exists() else ():
            if self._names.fullmatch(name):
                (self.folder / name).unlink(missing_ok=True)
        self._states = []
        with contextlib.suppress(OSError):  # something else is in it, or it was never made
            remove_left_behind(self.folder, self._temporary)
            self.folder.rmdir()

    def _found(self) -> list[tuple[int, Path]]:
        """The states by number. A warning names those of which not even the number is known."""
        states = []
        for path in sorted(self.folder / name for name in os.listdir(self.folder) if self._names.fullmatch(name)):
            with path.open("rb") as file:
                head = _head(file.readline(_LONGEST_HEAD).removesuffix(b"\n"))
            if head is None:
                _warn(CorruptFileError(f"{path} is damaged: its first line is not what was written."))
            else:
                states.append((int(head["number"]), path))
        return sorted(states)

    @contextlib.contextmanager
    def _reported(self, what: str = "written to") -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FileError(
                f"The state of the training cannot be {what} {self.folder}. Received {error}. Choose another "
                "folder, or make room. Earlier states are as before."
            ) from error

    def _sync(self) -> None:
        """Let the new name reach the disk too, where folders can be opened."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _warn(error: Exception) -> None:
    warnings.warn(f"{error} It is not used. The state before it is, if there is one.", stacklevel=2)
