"""Results of a step, read from the device when somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from typing import Any, cast

import numpy as np

from keraslite.backend import registry
from keraslite.backend.contract import Tensor

__all__ = ["Logs", "flat", "read"]


def flat(logs: object) -> dict[str, object]:
    """What a step returned as one dict sorted by name: nested dicts (several metrics in one) are put in their place."""
    if logs is None:
        return {}
    if not isinstance(logs, Mapping):
        return {"loss": logs}
    result: dict[str, object] = {}
    for name, value in logs.items():
        if isinstance(value, Mapping):
            result.update(flat(value))
        else:
            result[name] = value
    return dict(sorted(result.items(), key=_name))


def _name(item: tuple[str, object]) -> str:
    return item[0]


def read(value: object) -> float | np.ndarray:
    """A value as a float, or as an array if it has several elements. Waits for the device."""
    if isinstance(value, (int, float)):
        return value
    engine = registry.engine_of(value)
    array = np.asarray(value if engine is None else engine.to_numpy(cast(Tensor, value)))
    return float(array.reshape(())) if array.size == 1 and array.dtype.kind in "fiub" else _wide(array)


def _wide(array: np.ndarray) -> float | np.ndarray:
    if array.size == 1:  # bfloat16 and the like
        return float(array.astype("float32").reshape(()))
    return array


class Logs(dict[str, Any]):
    """A step's results by name. Each stays on the device until it is read; then it becomes a float.

    Given to hooks of batches: a callback that never looks costs no wait. It may be kept and read later.
    """

    def __init__(self, values: Mapping[str, object], reader: Callable[[object], object] = read):
        super().__init__(values)
        self._waiting = True
        self._reader = reader

    def load(self) -> Logs:
        """Read all values now."""
        if self._waiting:
            for name in self:
                self._one(name)
            self._waiting = False
        return self

    def _one(self, name: str) -> object:
        """Read a value, if that has not been done."""
        value = super().__getitem__(name)
        if value.__class__ is not float:
            value = self._reader(value)
            super().__setitem__(name, value)
        return value

    def __getitem__(self, name: str) -> Any:
        return self._one(name) if self._waiting else super().__getitem__(name)

    def __setitem__(self, name: str, value: object) -> None:
        dict.__setitem__(self.load(), name, value)

    def __iter__(self) -> Iterator[str]:  # its own, so that dict(logs) asks __getitem__
        return super().__iter__()

    def __eq__(self, other: object) -> bool:
        return dict.__eq__(self.load(), other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return dict.__repr__(self.load())

    def __or__(self, other: Any) -> dict[str, Any]:
        return {**self, **other}

    def __ror__(self, other: Any) -> dict[str, Any]:
        return {**other, **self}

    def get(self, name: str, default: object = None) -> Any:
        """The value of that name, or `default`."""
        if name not in self:
            return default
        return self[name]

    def items(self) -> ItemsView[str, Any]:
        """Names and floats."""
        return dict.items(self.load())

    def values(self) -> ValuesView[Any]:
        """The floats."""
        return dict.values(self.load())

    def pop(self, *args: object) -> Any:
        """Remove and return a value."""
        return dict.pop(self.load(), *args)

    def setdefault(self, name: str, default: object = None) -> Any:
        """The value of that name, set to `default` if there is none."""
        return dict.setdefault(self.load(), name, default)

    def copy(self) -> dict[str, Any]:
        """A plain dict of floats."""
        return dict(self.items())

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (self.copy(),)
