"""`Columns`: one feature at a time of data that makes rows as dicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from keraslite.errors import ArgumentError
from keraslite.layers.preprocessing.texts import text_arrays
from keraslite.layers.preprocessing.types import Nest

__all__ = ["Columns", "by_column"]

_ROWS = 1024  # single rows that make a batch


class Columns:
    """Data as columns.

    Args:
        data: a dict of columns, a data frame, or what makes dicts, single rows or batches.
        where: who reads it, for messages.
    """

    def __init__(self, data: object, where: str):
        data = by_column(data)
        self._data, self._where = data, where
        if iter(data) is data:  # type: ignore[call-overload]
            raise ArgumentError(
                f"{where} needs data that can be read once per feature. Received {type(data).__name__}, which can be "
                "read only once. Pass a list, a data set, or a dict of columns."
            )

    def of(self, name: str, dtype: str) -> Nest:
        """The values of one feature in batches of shape `(rows, 1)`."""
        if isinstance(self._data, Mapping):
            return iter([_shaped(self._value(self._data, name), dtype)])
        return self._batches(name, dtype)

    def _batches(self, name: str, dtype: str) -> Iterator[np.ndarray]:
        waiting: list[np.ndarray] = []
        for row in self._data if isinstance(self._data, Iterable) else ():
            value = self._value(row[0] if isinstance(row, (list, tuple)) else row, name)
            if value.ndim:
                yield _shaped(value, dtype)
                continue
            waiting.append(value)
            if len(waiting) == _ROWS:
                yield _shaped(np.stack(waiting), dtype)
                waiting = []
        if waiting:
            yield _shaped(np.stack(waiting), dtype)

    def _value(self, row: Nest, name: str) -> np.ndarray:
        if not isinstance(row, Mapping):
            raise ArgumentError(f"{self._where} needs data that makes dicts. Received {type(row).__name__}.")
        if name not in row:
            raise ArgumentError(f"{self._where} needs every feature. Received {sorted(row)}: missing {name!r}.")
        return np.asarray(text_arrays(row[name]))


def by_column(data: Nest) -> Nest:
    """Return a data frame as a dict of its columns, and anything else as it is."""
    if hasattr(data, "iloc") and hasattr(data, "columns"):
        return {str(name): data[name].to_numpy() for name in data.columns}
    return data


def _shaped(array: np.ndarray, dtype: str) -> np.ndarray:
    array = array[:, None] if array.ndim == 1 else array
    return array.astype("float32") if dtype.startswith("float") and array.dtype.kind in "biuf" else array
