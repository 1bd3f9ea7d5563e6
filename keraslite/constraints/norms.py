"""Constraints on signs and norms."""

from __future__ import annotations

from typing import Any

from keraslite import config, ops, ranges
from keraslite.constraints.base import Constraint
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin


def _norm(w, axis):
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


@builtin("keras.constraints")
class NonNeg(Constraint):
    """Negative values become zero."""

    def __call__(self, w):
        w = as_tensor(w)
        return ops.maximum(w, ops.zeros_like(w))


@builtin("keras.constraints")
class MaxNorm(Constraint):
    """Vectors along `axis` longer than `max_value` are shortened to it. A Dense kernel's units have `axis=0`."""

    argument_checks = ranges.checks(max_value=ranges.number(0, infinite=True), axis=ranges.axes | None)

    def __init__(self, max_value: Any = 2, axis: Any = 0):
        self.max_value, self.axis = max_value, axis

    def __call__(self, w):
        w = as_tensor(w)
        norm = _norm(w, self.axis)
        return w * (ops.clip(norm, 0.0, self.max_value) / (config.epsilon() + norm))


@builtin("keras.constraints")
class UnitNorm(Constraint):
    """Vectors along `axis` get length 1."""

    argument_checks = ranges.checks(axis=ranges.axes | None)

    def __init__(self, axis: Any = 0):
        self.axis = axis

    def __call__(self, w):
        w = as_tensor(w)
        return w / (config.epsilon() + _norm(w, self.axis))


@builtin("keras.constraints")
class MinMaxNorm(Constraint):
    """Lengths of vectors along `axis` move towards `[min_value, max_value]`, by the share `rate` of the way."""

    argument_checks = ranges.checks(
        min_value=ranges.unsigned,
        max_value=ranges.number(0, infinite=True),
        rate=ranges.fraction,
        axis=ranges.axes | None,
    )

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0):
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w):
        w = as_tensor(w)
        norm = _norm(w, self.axis)
        desired = self.rate * ops.clip(norm, self.min_value, self.max_value) + (1 - self.rate) * norm
        return w * (desired / (config.epsilon() + norm))
