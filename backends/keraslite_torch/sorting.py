"""Kernels of this family on torch."""

from __future__ import annotations

from typing import Any

import torch


def sort(x: Any, axis: Any) -> Any:
    return torch.sort(x.ravel() if axis is None else x, axis or 0).values


def argsort(x: Any, axis: Any) -> Any:
    return torch.argsort(x.ravel() if axis is None else x, stable=True, dim=axis or 0)


def top_k(x: Any, k: int, sorted: bool) -> Any:
    # torch.topk leaves open which of equal elements comes first; a stable sort takes the first, as other engines do
    values, indices = torch.sort(x, stable=True, dim=-1, descending=True)
    return values[..., :k], indices[..., :k]


def searchsorted(sorted_sequence: Any, values: Any, side: str) -> Any:
    return torch.searchsorted(sorted_sequence.contiguous(), values.contiguous(), side=side)


def nonzero(x: Any) -> Any:
    return torch.nonzero(x, as_tuple=True) if x.ndim else ()
