"""Limiting gradients."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from keraslite import ops
from keraslite.backend.contract import Tensor


def clip(
    grads: Sequence[Tensor], clipnorm: float | None, clipvalue: float | None, global_clipnorm: float | None
) -> list[Tensor]:
    """Return gradients limited by whichever limit is given (and not 0)."""
    if clipnorm:
        return [g * _factor(_squares(g), clipnorm) for g in grads]
    if global_clipnorm:
        squares = [ops.cast(_squares(g), "float32") for g in grads]
        factor = _factor(functools.reduce(ops.add, squares), global_clipnorm)
        return [g * ops.cast(factor, g.dtype) for g in grads]
    if clipvalue:
        return [ops.clip(g, -clipvalue, clipvalue) for g in grads]
    return list(grads)


def _squares(gradient: Tensor) -> Tensor:
    return ops.sum(ops.square(gradient))


def _factor(squares: Tensor, limit: float) -> Tensor:
    """What brings a norm down to `limit`; NaN where the norm is not finite, so that this shows."""
    norm = ops.sqrt(squares)
    return limit / ops.maximum(norm, limit) + (norm - norm)
