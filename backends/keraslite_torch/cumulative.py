"""Kernels of this family on torch."""

from __future__ import annotations

from typing import Any

import torch


def cumsum(x: Any, axis: Any, dtype: Any) -> Any:
    return torch.cumsum(x.ravel() if axis is None else x, axis or 0, dtype=x.dtype)


def cumprod(x: Any, axis: Any, dtype: Any) -> Any:
    return torch.cumprod(x.ravel() if axis is None else x, axis or 0, dtype=x.dtype)
