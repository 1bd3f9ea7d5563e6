"""What lets PyTorch's own code take Variables, beside `__torch_function__`, which every Variable has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def _zero_grad(variable: Any) -> Callable[[], None]:
    def zero_grad() -> None:
        variable.storage.grad = None

    return zero_grad


variable_attributes: dict[str, Callable[[Any], Any]] = {
    "grad": lambda variable: variable.storage.grad,
    "requires_grad": lambda variable: variable.storage.requires_grad,
    "data": lambda variable: variable.storage.data,
    "zero_grad": _zero_grad,
    "is_leaf": lambda variable: variable.storage.is_leaf,
    "layout": lambda variable: torch.strided,
}
