"""Where Variables keep their values: an array that is never written in place, so that what was read stays."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraslite.backend import dtypes


def new_storage(array: Any, dtype: str, trainable: bool = True, device: Any = None) -> np.ndarray:
    return dtypes.host_array(array, dtype)


def read_storage(storage: np.ndarray) -> np.ndarray:
    return storage


def write_storage(storage: np.ndarray, tensor: Any) -> np.ndarray:
    return np.array(tensor, storage.dtype)


def set_trainable(storage: np.ndarray, flag: bool) -> None:
    """Nothing to do: there are no gradients."""
