"""Normalization on torch."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

__all__ = ["group_normalization", "layer_normalization", "normalize_batch"]


def normalize_batch(x: Any, scale: Any, offset: Any, axis: Any, epsilon: Any) -> Any:
    result, mean, inverse = torch.native_batch_norm(x.movedim(axis, 1), scale, offset, None, None, True, 0.0, epsilon)
    variance = (inverse.detach() ** -2 - epsilon).clamp(min=0)
    return result.movedim(1, axis), mean.detach(), variance


def layer_normalization(x: Any, gamma: Any, beta: Any, axis: Any, epsilon: Any) -> Any:
    sizes = [x.shape[a] for a in axis]
    order = [a for a in range(x.ndim) if a not in axis] + list(axis)
    turned = order != list(range(x.ndim))
    result = x.permute(order) if turned else x
    inside = all(p is None or list(p.shape) == sizes for p in (gamma, beta))
    result = F.layer_norm(result, sizes, gamma if inside else None, beta if inside else None, epsilon)
    if turned:
        result = result.permute(sorted(range(x.ndim), key=order.__getitem__))
    if inside:
        return result
    if any(p is not None and p.ndim not in (0, x.ndim) for p in (gamma, beta)):
        raise ValueError("gamma and beta do not fit the axes")
    result = result if gamma is None else result * gamma
    return result if beta is None else result + beta


def group_normalization(x: Any, scale: Any, offset: Any, groups: Any, axis: Any, epsilon: Any) -> Any:
    if scale is None and offset is not None:  # the kernel's gradient fails without a scale
        scale = x.new_ones(x.shape[axis])
    return torch.group_norm(x.movedim(axis, 1), groups, scale, offset, epsilon).movedim(1, axis)
