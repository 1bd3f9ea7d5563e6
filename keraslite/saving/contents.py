"""What a file of weights holds: arrays by the parts of a model that they belong to.

A reader of a format lists everything first (`Contents`), with shapes and dtypes. Arrays are read one by one, when a
weight was found that they fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, KeysView, Mapping
from typing import NamedTuple, Protocol

import numpy as np

from keraslite.errors import CorruptFileError

__all__ = ["Contents", "Entry", "StoreToRead", "StoreToWrite", "Stored"]

FOLDER = "vars"  # the arrays of a part are in a folder of this name


class Entry(NamedTuple):
    """What is written for one part of a model."""

    path: str
    name: str
    arrays: Iterable[tuple[str, np.ndarray]]  # by the names that they get in the part's folder

    @property
    def place(self) -> str:
        """The path of the folder with the part's arrays."""
        return f"{self.path}/{FOLDER}" if self.path else FOLDER


class Stored(Protocol):
    """An array in a file that has not been read."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sizes, as the file says."""
        ...

    @property
    def dtype(self) -> str:
        """The name of its dtype, as the file says."""
        ...

    def read(self) -> np.ndarray:
        """Return the values."""
        ...


class Contents:
    """What a file holds.

    Attributes:
        names: the names of the parts, by their paths. A part without arrays is there, too.
        elsewhere: the arrays that are in the folder of no part, by their places.
    """

    def __init__(self) -> None:
        self.names: dict[str, str | None] = {}
        self.elsewhere: dict[str, Stored] = {}
        self._arrays: dict[str, dict[str, Stored]] = {}

    def add_part(self, path: str, name: object = None) -> None:
        """Note that there is a part at `path`, which may be spread over several files."""
        known = self.names.get(path)
        self.names[path] = known if name is None else str(name)
        self._arrays.setdefault(path, {})

    def add(self, place: str, array: Stored) -> None:
        """Note an array by its place in the file."""
        before, folder, key = f"/{place}".rpartition(f"/{FOLDER}/")
        if not folder:
            self.elsewhere[place] = array
            return
        path = before.removeprefix("/")
        self.names.setdefault(path, None)
        self._arrays.setdefault(path, {})[key] = array

    def add_all(self, other: Contents, where: str) -> None:
        """Note what another file of the same weights holds. An array may be in one file only."""
        for path, name in other.names.items():
            self.add_part(path, name)
            twice = self._arrays[path].keys() & other._arrays[path].keys()
            if twice:
                raise CorruptFileError(f"{where} needs arrays that no other shard has. Received {min(twice)!r} again.")
            self._arrays[path].update(other._arrays[path])
        self.elsewhere.update(other.elsewhere)

    def of(self, path: str) -> dict[str, Stored] | None:
        """Return the arrays of the part at `path`; None if there is no such part."""
        return self._arrays.get(path)

    def places(self) -> Iterator[str]:
        """Yield the place of each array."""
        yield from self.elsewhere
        for path, arrays in self._arrays.items():
            folder = f"{path}/{FOLDER}" if path else FOLDER
            yield from (f"{folder}/{key}" for key in arrays)


class StoreToWrite(dict[str, np.ndarray]):
    """The argument of `save_own_variables(store)`: arrays by name."""

    def __setitem__(self, name: str, value: object) -> None:
        super().__setitem__(name, np.asarray(value))


class StoreToRead:
    """The argument of `load_own_variables(store)`: arrays by name, read when they are asked for."""

    def __init__(self, arrays: Mapping[str, Stored]):
        self._arrays = arrays

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name].read()

    def __contains__(self, name: object) -> bool:
        return name in self._arrays

    def __len__(self) -> int:
        return len(self._arrays)

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def keys(self) -> KeysView[str]:
        """Return the names of the arrays."""
        return self._arrays.keys()
