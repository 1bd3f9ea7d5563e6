"""Kernels of this family on torch."""

from __future__ import annotations

from typing import Any

import torch

from .transforms import is_tracing

_MANY = 256  # of shorter lines a sort is as quick
_library = torch.library.Library("keraslite", "FRAGMENT")
_library.define("top_k_indices(Tensor x, int k) -> Tensor")


def sort(x: Any, axis: Any) -> Any:
    return torch.sort(x.ravel() if axis is None else x, axis or 0).values


def argsort(x: Any, axis: Any) -> Any:
    return torch.argsort(x.ravel() if axis is None else x, stable=True, dim=axis or 0)


def top_k(x: Any, k: int, sorted: bool) -> Any:
    # torch.topk leaves open which of equal elements comes first; a stable sort takes the first, as other engines do
    if x.shape[-1] < _MANY or not 0 < k <= x.shape[-1] // 4 or x.device.type != "cpu" or is_tracing():
        values, indices = torch.sort(x, stable=True, dim=-1, descending=True)
        return values[..., :k], indices[..., :k]
    indices = torch.ops.keraslite.top_k_indices(x, k)
    return torch.gather(x, -1, indices), indices


def _top_k_indices(x: Any, k: int) -> Any:
    """Looks at the values, which a recording can't: hence an operator."""
    values, indices = torch.topk(x, k + 1)  # one more, for whether it equals the last
    if torch.isnan(values).any():
        return torch.sort(x, stable=True, dim=-1, descending=True).indices[..., :k].contiguous()
    if (values[..., 1:] != values[..., :-1]).all():
        return indices[..., :k].contiguous()
    # of those equal to the last the ones that stand first, then all in the order of a stable sort
    size, last = x.shape[-1], values[..., k - 1 : k]
    rank = torch.where(x == last, torch.arange(size, 0, -1), torch.where(x > last, size + 1, 0))
    chosen = torch.topk(rank, k).indices.sort().values
    order = torch.sort(torch.gather(x, -1, chosen), stable=True, dim=-1, descending=True).indices
    return torch.gather(chosen, -1, order)


_library.impl("top_k_indices", _top_k_indices, "CPU")


def searchsorted(sorted_sequence: Any, values: Any, side: str) -> Any:
    return torch.searchsorted(sorted_sequence.contiguous(), values.contiguous(), side=side)


def nonzero(x: Any) -> Any:
    return torch.nonzero(x, as_tuple=True) if x.ndim else ()
