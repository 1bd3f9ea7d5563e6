"""Kernels of this family on torch."""

from __future__ import annotations

import math
from typing import Any

import torch

from .indexing import _wrapped

_REDUCE = {"max": "amax", "min": "amin", "mul": "prod"}


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any) -> Any:
    at = indices.long().unbind(-1)
    if reduction == "add" and len(at) == 1:
        index = _wrapped(at[0], inputs.shape[0]).reshape(-1)
        return torch.index_add(inputs, 0, index, updates.reshape(-1, *inputs.shape[1:]))
    if reduction in (None, "add"):
        return torch.index_put(inputs, at, updates, accumulate=reduction == "add")
    depth, line = len(at), math.prod(inputs.shape[len(at) :])
    joined = torch.zeros_like(at[0])
    for size, index in zip(inputs.shape[:depth], at, strict=True):
        joined = joined * size + _wrapped(index, size)
    places = joined.reshape(-1, 1) * line + torch.arange(line, device=inputs.device)
    flat = inputs.reshape(-1).scatter_reduce(0, places.reshape(-1), updates.reshape(-1), _REDUCE[reduction])
    return flat.reshape(inputs.shape)
