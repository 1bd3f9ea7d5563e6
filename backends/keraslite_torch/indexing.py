"""Kernels of this family on torch."""

from __future__ import annotations

import builtins
from typing import Any

import torch


def _wrapped(indices: Any, size: int) -> Any:
    indices = indices if indices.dtype in (torch.int32, torch.int64) else indices.long()
    return torch.add(indices, indices < 0, alpha=size)


def take(x: Any, indices: Any, axis: Any) -> Any:
    if axis is None:
        x, axis = x.ravel(), 0
    indices = _wrapped(indices, x.shape[axis])
    if indices.ndim == 1:
        return torch.index_select(x, axis, indices)
    taken = torch.index_select(x, axis, indices.ravel())
    return taken.reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


def take_along_axis(x: Any, indices: Any, axis: Any) -> Any:
    if axis is None:
        x, indices, axis = x.ravel(), indices.ravel(), 0
    indices = torch.remainder(indices.long(), x.shape[axis])
    others = [(a, b) for i, (a, b) in enumerate(zip(x.shape, indices.shape, strict=True)) if i != axis % x.ndim]
    if all(a == b for a, b in others):
        return torch.gather(x, axis, indices)
    return torch.take_along_dim(x, indices, axis)


def basic_index(x: Any, key: Any) -> Any:
    if not any(isinstance(item, builtins.slice) and item.step is not None and item.step < 0 for item in key):
        return x[key]
    # torch has no negative steps: turn those axes, and slice what comes of it
    turned, items, axis = [], [], 0
    for item in key:
        if isinstance(item, builtins.slice) and item.step is not None and item.step < 0:
            picked = range(*item.indices(x.shape[axis]))
            turned.append(axis)
            last = x.shape[axis] - 1
            item = builtins.slice(last - picked[0], last - picked[-1] + 1, -picked.step) if picked else _NOTHING
        items.append(item)
        axis += item is not None
    return torch.flip(x, turned)[tuple(items)]


_NOTHING = builtins.slice(0, 0)


def slice(inputs: Any, start_indices: Any, shape: Any) -> Any:
    for axis, (start, size) in enumerate(zip(start_indices, shape, strict=True)):
        if size != inputs.shape[axis]:
            inputs = torch.narrow(inputs, axis, start, size)
    return inputs


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    if all(isinstance(start, int) for start in start_indices):
        part = tuple(builtins.slice(s, s + n) for s, n in zip(start_indices, updates.shape, strict=True))
        result = inputs.clone()
        result[part] = updates
        return result
    grids = [torch.arange(n, device=inputs.device) + s for s, n in zip(start_indices, updates.shape, strict=True)]
    return torch.index_put(inputs, torch.meshgrid(*grids, indexing="ij"), updates)
