"""The formats that data sets come in, read as data: nothing that a file says is run.

CIFAR's files, and the lists of words in imdb.npz and reuters.npz, are pickles. `Reader` reads the few things that those
hold (numbers, texts, lists, dicts and NumPy arrays) and builds arrays itself from what it has checked.
"""

from __future__ import annotations

import gzip
import math
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn

import numpy as np

from keraslite.errors import CorruptFileError, UnsafeModelError

__all__ = ["read_idx", "read_npz", "read_pickle"]

_DAMAGE = (pickle.UnpicklingError, EOFError, ValueError, TypeError, IndexError, KeyError, AttributeError, OSError,
           struct.error, zlib.error, zipfile.BadZipFile, OverflowError)  # fmt: skip
_DTYPES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")


def read_pickle(path: Path) -> Mapping[str, object]:
    """The dict in a pickle, its keys as text."""
    try:
        with path.open("rb") as file:
            found = _plain(Reader(file, encoding="bytes").load())
    except CorruptFileError:
        raise
    except _DAMAGE as error:
        raise _damaged(path, error) from error
    if not isinstance(found, dict):
        raise CorruptFileError(f"{path} needs to hold a dict. Received {type(found).__name__}. Remove the file.")
    return {key.decode("latin1") if isinstance(key, bytes) else str(key): value for key, value in found.items()}


def read_npz(path: str, names: Sequence[str]) -> list[np.ndarray]:
    """Arrays of an .npz file, in the order of `names`. Arrays of lists are read without running a pickle."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
            missing = [name for name in names if f"{name}.npy" not in members]
            if missing:
                raise CorruptFileError(f"{path} needs to hold the arrays {', '.join(names)}. It lacks {missing}.")
            arrays = []
            for name in names:
                with archive.open(f"{name}.npy") as file:
                    arrays.append(_read_npy(file))
            return arrays
    except (CorruptFileError, UnsafeModelError):
        raise
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def read_idx(path: str) -> np.ndarray:
    """The array in a gzipped file of the kind idx, of unsigned bytes."""
    try:
        with gzip.open(path, "rb") as file:
            content = file.read()
        rank = content[3]
        if content[:3] != b"\0\0\x08" or not 1 <= rank <= 4:
            raise ValueError("it does not begin as a file of unsigned bytes does")
        shape = struct.unpack_from(f">{rank}I", content, 4)
        return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _damaged(path: object, error: Exception) -> CorruptFileError:
    return CorruptFileError(
        f"{path} needs to be a whole file of its data set. Received: {error}. Remove it: it will come again."
    )


def _read_npy(file: IO[bytes]) -> np.ndarray:
    version = np.lib.format.read_magic(file)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
    shape, fortran, dtype = read_header(file)
    if dtype.hasobject:
        found = _plain(Reader(file).load())
        if not isinstance(found, np.ndarray) or found.shape != shape:
            raise ValueError(f"an array of objects of shape {shape} does not hold what it announces")
        return found
    content = file.read()
    array = np.frombuffer(content, dtype, count=math.prod(shape))
    return array.reshape(shape, order="F" if fortran else "C").copy()


class _DType:
    """Stands for `numpy.dtype` in a pickle."""

    def __init__(self, name: object, align: object = False, copy: object = False):
        self.name = name.decode("latin1") if isinstance(name, bytes) else name
        self.order = "|"
        if self.name not in (*_DTYPES, "O8", "O"):
            raise ValueError(f"the dtype {self.name!r} is none that data sets have")

    def __setstate__(self, state: tuple[object, ...]) -> None:
        order = state[1]
        self.order = order.decode("latin1") if isinstance(order, bytes) else str(order)
        if self.order not in "<>|=":
            raise ValueError(f"the byte order {self.order!r} is unknown")

    @property
    def holds_objects(self) -> bool:
        """Whether its arrays hold Python objects."""
        return str(self.name).startswith("O")

    def numpy(self) -> np.dtype:
        """The dtype of numbers that it stands for."""
        return np.dtype(f"{self.order}{self.name}")


class _Array:
    """Stands for `numpy.ndarray` in a pickle."""

    def __init__(self) -> None:
        self.value: np.ndarray | None = None

    def __setstate__(self, state: tuple[object, ...]) -> None:
        _, shape, dtype, fortran, content = state
        if not isinstance(shape, tuple) or not all(isinstance(size, int) and size >= 0 for size in shape):
            raise ValueError(f"the shape {shape!r} is none")
        if not isinstance(dtype, _DType):
            raise ValueError(f"{dtype!r} is no dtype")
        order = "F" if fortran else "C"
        if not dtype.holds_objects and isinstance(content, bytes):
            self.value = np.frombuffer(content, dtype.numpy()).reshape(shape, order=order)
        elif dtype.holds_objects and isinstance(content, list) and len(content) == math.prod(shape):
            self.value = np.empty(len(content), object)
            self.value[:] = [_plain(item) for item in content]
            self.value = self.value.reshape(shape, order=order)
        else:
            raise ValueError("the content of an array does not fit its dtype and shape")


def _reconstruct(kind: object, shape: object, code: object) -> _Array:
    """Stands for NumPy's function of this name."""
    if kind is not _Array:
        raise ValueError(f"{kind!r} is no array")
    return _Array()


#: All that a pickle of a data set may refer to.
_KNOWN: dict[tuple[str, str], Callable[..., object]] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _DType,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
}


class Reader(pickle.Unpickler):
    """Reads pickles of plain data and NumPy arrays."""

    def find_class(self, module_name: str, global_name: str, /) -> Callable[..., object]:
        found = _KNOWN.get((module_name, global_name))
        if found is None:
            raise UnsafeModelError(
                f"A data set needs a file of numbers, texts and arrays. Received one that asks for "
                f"`{module_name}.{global_name}`, which is code. Remove the file: it is not the published one."
            )
        return found

    def persistent_load(self, pid: object, /) -> NoReturn:
        raise ValueError("it refers to objects outside of it")


def _plain(value: object) -> object:
    """`value` with NumPy's arrays in place of those that stand for them."""
    if isinstance(value, _Array):
        if value.value is None:
            raise ValueError("an array has no content")
        return value.value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (_DType, type)) or callable(value):
        raise ValueError(f"{value!r} is no data")
    return value
