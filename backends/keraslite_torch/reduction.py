"""Kernels of this family on torch. No axes mean all of them there, so a reduction of none is `x` itself."""

from __future__ import annotations

import math
from typing import Any

import torch


def sum(x: Any, axis: Any, keepdims: bool) -> Any:
    return torch.sum(x, axis, keepdims, dtype=x.dtype) if axis else x


def prod(x: Any, axis: Any, keepdims: bool, dtype: Any) -> Any:
    for i in reversed(axis):
        x = torch.prod(x, i, keepdims, dtype=x.dtype)
    return x


def mean(x: Any, axis: Any, keepdims: bool) -> Any:
    return torch.mean(x, axis, keepdims) if axis else x


def var(x: Any, axis: Any, keepdims: bool) -> Any:
    if math.prod(x.shape[i] for i in axis) == 1:  # torch warns of too few degrees of freedom
        return torch.sum((x - x).abs(), axis, keepdims) if axis else (x - x).abs()
    return torch.var(x, axis, correction=0, keepdim=keepdims)


def logsumexp(x: Any, axis: Any, keepdims: bool) -> Any:
    if not axis or not x.numel():
        return torch.logsumexp(x, axis, keepdims) if axis else x
    high = torch.amax(x, axis, True)
    finite = torch.isfinite(high)
    result = torch.logsumexp(torch.where(finite, x, 0), axis, True)
    result = torch.where(finite, result, high)  # so no gradient is NaN
    return result if keepdims else result.squeeze(axis)


def _at_least(x: Any, initial: Any) -> Any:
    return torch.maximum(x, torch.as_tensor(initial, dtype=x.dtype, device=x.device))


def _at_most(x: Any, initial: Any) -> Any:
    return torch.minimum(x, torch.as_tensor(initial, dtype=x.dtype, device=x.device))


def _nothing(x: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
    sizes = [1 if i in axis else n for i, n in enumerate(x.shape) if keepdims or i not in axis]
    return x.new_full(sizes, initial)


def max(x: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
    if initial is None:
        return torch.amax(x, axis, keepdims) if axis else x
    if not x.numel():
        return _nothing(x, axis, keepdims, initial)
    return _at_least(torch.amax(x, axis, keepdims) if axis else x, initial)


def min(x: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
    if initial is None:
        return torch.amin(x, axis, keepdims) if axis else x
    if not x.numel():
        return _nothing(x, axis, keepdims, initial)
    return _at_most(torch.amin(x, axis, keepdims) if axis else x, initial)


def argmax(x: Any, axis: Any, keepdims: bool) -> Any:
    return torch.argmax(x, axis, keepdims)


def argmin(x: Any, axis: Any, keepdims: bool) -> Any:
    return torch.argmin(x, axis, keepdims)


def any(x: Any, axis: Any, keepdims: bool) -> Any:
    return torch.any(x, axis, keepdims) if axis else x


def all(x: Any, axis: Any, keepdims: bool) -> Any:
    return torch.all(x, axis, keepdims) if axis else x
