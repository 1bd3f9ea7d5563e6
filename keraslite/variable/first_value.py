"""The part of `Variable` that is about its first value, which gets its memory when it is first read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from keraslite import allowance
from keraslite.backend import dtypes, registry, scopes
from keraslite.backend.contract import DTypeLike, Engine
from keraslite.errors import ArgumentError
from keraslite.ops.dimension import Dimension
from keraslite.ops.host_values import HostValues
from keraslite.ops.planning import whole_numbers
from keraslite.ops.shape import shown

beginning = threading.RLock()  # an initializer may read other Variables


class FirstValue(HostValues, scopes.VariableBase):
    """A value from an initializer, an array or a tensor, until there is a storage."""

    __slots__ = ()
    engine: Engine
    _first: Any
    _is_float: bool
    _trainable: bool

    def _first_value(
        self, initializer: object, shape: int | Sequence[int | None] | None, dtype: DTypeLike | None
    ) -> Any:
        """What the Variable begins with: a tensor of the engine, an array, or a function. Sets shape and dtype."""
        if callable(initializer) and not hasattr(initializer, "__array__"):
            self.dtype = dtypes.canonical(dtype)
            self.shape = self._sizes(shape)
            return self._called(initializer)
        first = self._array(initializer)
        self.dtype = dtypes.canonical(dtype) if dtype is not None else _dtype_of(first)
        self._must_hold(initializer)
        self.shape = self._shape_of(first)
        wanted = None if shape is None else _as_tuple(shape)
        if wanted is not None and wanted != self.shape:
            raise ArgumentError(f"Variable {self.path!r} needs a value of shape {wanted}. Received {self.shape}.")
        return first

    def _sizes(self, shape: int | Sequence[int | None] | None) -> tuple[int, ...]:
        if shape is None:
            raise ArgumentError(f"Variable {self.path!r} needs `shape`, since its initializer is a function.")
        sizes = _as_tuple(shape)
        if any(d is None or isinstance(d, Dimension) or d < 0 for d in sizes):
            raise ArgumentError(
                f"Variable {self.path!r} needs sizes that are known and not negative. Received shape {shown(sizes)}."
            )
        return cast("tuple[int, ...]", sizes)

    def _called(self, initializer: Callable[..., object]) -> Any:
        """What an initializer gives: a tensor of the engine, a new array, or a function that will give one."""
        deferred = getattr(initializer, "deferred", None)
        itemsize = dtypes.to_numpy_dtype(self.dtype).itemsize
        later = getattr(initializer, "takes_memory_later", False)
        allowance.charge_array(self.shape, itemsize, f"Variable {self.path!r}", deferred=later)
        with scopes.outside(), registry.use_backend(self.engine), self.engine.untraced():
            value = (deferred or initializer)(self.shape, dtype=self.dtype)
        if callable(value):
            return value
        self._check(value)
        return value if deferred else self._array(value)

    def _check(self, value: object) -> None:
        if self._shape_of(value) != self.shape:
            raise ArgumentError(
                f"The initializer of {self.path!r} needs to give shape {self.shape}. Received {value!r}."
            )

    def _array(self, value: object) -> Any:
        """A tensor of the engine, or an array that nobody else has."""
        if isinstance(value, HostValues):
            return value.numpy()
        return value if registry.engine_of(value) is self.engine else np.array(value)

    def _begin(self) -> Any:
        """The storage, made now if it is not there."""
        with beginning:
            first = self._first
            if callable(first):
                first = first()
                self._check(first)
            if first is not None:
                self._store(first)
        return self.storage

    def _store(self, value: object) -> None:
        trainable = self._trainable and self._is_float
        self.storage = self.engine.new_storage(value, self.dtype, trainable, self.placement)
        self._first = None

    def _shape_of(self, value: Any) -> tuple[int, ...]:
        return tuple(np.shape(value) if registry.engine_of(value) is None else self.engine.shape(value))

    def _must_hold(self, value: object) -> None:
        """Raise where Python numbers are none that an integer dtype can hold. Arrays are cast, as arrays are."""
        if dtypes.is_int(self.dtype) and not hasattr(value, "dtype"):
            whole_numbers(value, self.dtype, f"Variable {self.path!r}")


def _as_tuple(shape: int | Sequence[int | None]) -> tuple[int | None, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _dtype_of(array: Any) -> str:
    engine = registry.engine_of(array)
    if engine is not None:
        return engine.dtype_name(array)
    if isinstance(array, np.ndarray) and array.dtype == np.float64:
        return dtypes.default_float()
    if isinstance(array, np.ndarray) and array.dtype == np.int64:
        return "int32"
    return dtypes.canonical(np.asarray(array).dtype)
