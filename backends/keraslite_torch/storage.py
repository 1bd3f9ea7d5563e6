"""Where Variables keep their values: a leaf `torch.nn.Parameter`, written in place.

So `v.value` is the tensor that `loss.backward()` gives a `.grad`, and a module of torch can share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from keraslite.backend import dtypes

from .forks import compute_in_forked_processes
from .private import without_modes, without_transforms
from .tensors import native, over, to_tensor
from .tracing import outside

storage_types = (torch.Tensor,)


@contextmanager
def untraced() -> Iterator[None]:
    with torch.inference_mode(False), without_modes(), without_transforms():
        yield


def new_storage(array: Any, dtype: str, trainable: bool = True, device: Any = None) -> Any:
    return outside(_made, array, dtype, trainable, device)  # real, even while something is traced or transformed


def _made(array: Any, dtype: str, trainable: bool, device: Any) -> torch.nn.Parameter:
    compute_in_forked_processes()
    with torch.inference_mode(False):
        if isinstance(array, torch.Tensor):
            tensor = to_tensor(array.detach(), dtype, device)
            tensor = tensor.clone() if tensor.data_ptr() == array.data_ptr() else tensor
        else:
            tensor = over(dtypes.writable_array(array, dtype), dtype, device)
        return torch.nn.Parameter(tensor, requires_grad=trainable and dtype in _DIFFERENTIABLE)


def read_storage(storage: torch.nn.Parameter) -> torch.Tensor:
    return storage


def write_storage(storage: torch.nn.Parameter, tensor: torch.Tensor) -> torch.nn.Parameter:
    if tensor is not storage:
        with torch.no_grad():
            storage.copy_(tensor)
    return storage


def set_trainable(storage: torch.nn.Parameter, flag: bool) -> None:
    storage.requires_grad_(flag and storage.dtype in _NATIVE_DIFFERENTIABLE)


def forget_gradient(storage: torch.nn.Parameter) -> None:
    storage.grad = None


_DIFFERENTIABLE = (dtypes.FLOATS | dtypes.COMPLEX) - {"float8_e4m3fn", "float8_e5m2"}
_NATIVE_DIFFERENTIABLE = frozenset(native[name] for name in _DIFFERENTIABLE)
