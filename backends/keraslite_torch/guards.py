"""Gradients where a function has none."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch


def at_origin(kernel: Callable) -> Callable:
    """The kernel of two operands, with gradient 0 where both are 0."""

    @functools.wraps(kernel)
    def run(x1: Any, x2: Any) -> Any:
        origin = (x1 == 0) & (x2 == 0)
        return kernel(*(torch.where(origin, x.detach(), x) for x in (x1, x2)))

    return run
