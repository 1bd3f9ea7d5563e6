"""Limiting gradients."""

from __future__ import annotations

from typing import Any

from keraslite import ops


def clip(grads: list, clipnorm: float | None, clipvalue: float | None, global_clipnorm: float | None) -> list:
    """Gradients limited by whichever is given (and not 0)."""
    if clipnorm:
        return [g * _factor(_squares(g), clipnorm) for g in grads]
    if global_clipnorm:
        squares = [ops.cast(_squares(g), "float32") for g in grads]
        factor = _factor(sum(squares[1:], squares[0]), global_clipnorm)
        return [g * ops.cast(factor, g.dtype) for g in grads]
    if clipvalue:
        return [ops.clip(g, -clipvalue, clipvalue) for g in grads]
    return grads


def _squares(gradient: Any) -> Any:
    return ops.sum(ops.square(gradient))


def _factor(squares: Any, limit: float) -> Any:
    """What brings a norm down to `limit`; NaN where the norm is not finite, so that this shows."""
    norm = ops.sqrt(squares)
    return limit / ops.maximum(norm, limit) + (norm - norm)
