"""What Python asks of an object that holds numbers: its length, its number, an array of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from keraslite.backend import dtypes
from keraslite.errors import DTypeError, RankError

__all__ = ["HostValues"]


class HostValues:
    """Base of what has a value on an engine that Python may read as NumPy arrays and numbers."""

    __slots__ = ()
    shape: tuple[int, ...]
    dtype: str
    path: str

    def numpy(self) -> np.ndarray:
        """Return a copy of the value as a NumPy array."""
        raise NotImplementedError

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __len__(self) -> int:
        if not self.shape:
            raise RankError(f"`len()` needs an axis. Received the scalar {self.path!r}.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(len(self))])  # type: ignore[index]  # an operator

    def __contains__(self, item: object) -> bool:
        return bool(np.any(self.numpy() == np.asarray(item)))

    def _number(self, what: str) -> Any:
        if self.size != 1:
            raise RankError(f"`{what}` needs a Variable of one element. Received {self.path!r} of {self.shape}.")
        return self.numpy().reshape(()).item()

    def __float__(self) -> float:
        return float(self._number("float()"))

    def __int__(self) -> int:
        return int(self._number("int()"))

    def __complex__(self) -> complex:
        return complex(self._number("complex()"))

    def __index__(self) -> int:
        if not dtypes.is_int(self.dtype):
            raise DTypeError(f"An index needs to be an integer. Received Variable {self.path!r} of {self.dtype}.")
        return self._number("An index")

    def __bool__(self) -> bool:
        return bool(self._number("bool()"))
