"""What is optional for an engine, as it is where an engine has nothing of its own.

An engine's module begins with `from keraslite.backend.contract.defaults import *` and then defines or imports what it
does have. So whoever uses an engine never has to ask whether a member is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import NoReturn, TypeVar

import numpy as np

from keraslite.backend.placement import Placement
from keraslite.errors import MissingCapabilityError

__all__ = [
    "ambient",
    "backward",
    "borrow",
    "call_on_host",
    "convertible_types",
    "convolutions_at_once",
    "double_precision",
    "dtype_switch",
    "export",
    "export_format",
    "foreign",
    "forget_gradient",
    "is_batched",
    "is_running",
    "loop_compile",
    "loop_errors",
    "other_devices",
    "other_names",
    "placement_of",
    "profile",
    "record",
    "size_types",
    "steps_at_once",
    "storage_types",
    "stored_dtype",
    "strict",
    "to_dataset",
    "to_layout",
    "unrecorded",
    "untraced",
    "variable_attributes",
]

T = TypeVar("T")

convertible_types: tuple[type, ...] = ()
storage_types: tuple[type, ...] = ()
other_devices: tuple[str, ...] = ()
other_names: Mapping[str, str] = {}
variable_attributes: Mapping[str, Callable[..., object]] = {}
dtype_switch: str | None = None
loop_compile: str | bool | None = None
loop_errors: tuple[type[Exception], ...] = ()
steps_at_once: int = 1
export_format: str = ""
size_types: tuple[type, ...] = ()
unrecorded: frozenset[str] = frozenset()


def stored_dtype(dtype: str) -> str:
    """Every dtype is stored as what it is."""
    return dtype


def borrow(array: np.ndarray) -> None:
    """No tensor can share an array's memory."""


def to_layout(array: object, dtype: object, layout: object) -> NoReturn:
    """Each tensor is on one device."""
    raise MissingCapabilityError(
        f"A layout needs an engine with the capability 'sharding', such as 'jax'. Received {layout!r}."
    )


def placement_of(native: object) -> Placement | None:
    """The library has no shardings."""


def convolutions_at_once() -> int:
    """Convolutions are as quick within a loop as outside of it."""
    return 1


def is_running() -> bool:
    """The library starts no threads that a forked process would lack."""
    return False


def untraced() -> AbstractContextManager[object]:
    """Nothing is traced."""
    return nullcontext()


def is_batched(x: object) -> bool:
    """Python can branch on every value."""
    return False


def call_on_host(fn: object, values: object, specs: object) -> NoReturn:
    """A traced program cannot call Python."""
    raise MissingCapabilityError("`call_on_host` needs an engine with the capability 'host_calls'.")


def record(fn: Callable[[list[T]], list[T]], values: list[T], gradients: bool) -> tuple[list[T], None]:
    """Nothing can be replayed: the call just runs."""
    return fn(values), None


def ambient() -> str:
    """The library has no settings on which its functions depend."""
    return ""


def backward(fn: object, values: object) -> NoReturn:
    """Gradients do not flow through the library's own `.backward()`."""
    raise MissingCapabilityError("`backward` needs an engine with the capability 'backward'. Use `value_and_grad`.")


def export(fn: object, values: object, specs: object) -> NoReturn:
    """The library has no files of programs, or keraslite does not write them yet."""
    raise MissingCapabilityError("`export` needs an engine with the capability 'export', such as 'jax' or 'torch'.")


def profile(folder: str) -> NoReturn:
    """The library has no profiler."""
    raise MissingCapabilityError("A profile needs an engine with the capability 'profiles', such as 'torch'.")


def foreign(kind: object, subject: object, options: object) -> NoReturn:
    """Modules of the library do not become layers, or there are no modules."""
    raise MissingCapabilityError(
        f"A module of the kind {kind!r} needs the engine of its library. Received another engine. Choose that engine "
        "with `keraslite.use_backend`."
    )


def to_dataset(elements: object, specs: object, count: object) -> NoReturn:
    """The library has no data sets."""
    raise MissingCapabilityError("`to_dataset` needs an engine whose library has data sets, such as 'tensorflow'.")


def forget_gradient(storage: object) -> None:
    """A storage keeps no gradient."""


def strict(finite: bool = False) -> AbstractContextManager[object]:
    """The library has no mode in which it raises where it would promote dtypes, or where a NaN appears."""
    return nullcontext()


def double_precision() -> AbstractContextManager[object]:
    """64-bit dtypes are always what they say."""
    return nullcontext()
