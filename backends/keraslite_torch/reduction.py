"""Kernels of this family on torch. No axes mean all of them there, so a reduction of none is `x` itself."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import argmax, argmin


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


def _extreme(over: Any, of_two: Any) -> Any:
    def kernel(x: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
        if initial is None:
            return over(x, axis, keepdims) if axis else x
        if not x.numel():
            return x.new_full(
                [1 if i in axis else n for i, n in enumerate(x.shape) if keepdims or i not in axis], initial
            )
        return of_two(over(x, axis, keepdims) if axis else x, x.new_tensor(initial))

    return kernel


max, min = _extreme(torch.amax, torch.maximum), _extreme(torch.amin, torch.minimum)


def any(x: Any, axis: Any, keepdims: bool) -> Any:
    return torch.any(x, axis, keepdims) if axis else x


def all(x: Any, axis: Any, keepdims: bool) -> Any:
    return torch.all(x, axis, keepdims) if axis else x
