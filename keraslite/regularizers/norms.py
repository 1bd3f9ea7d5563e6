"""Penalties on the size of weights, and on rows or columns that point the same way."""

from __future__ import annotations

from typing import Any

from keraslite import errors, ops, ranges
from keraslite.regularizers.base import Regularizer
from keraslite.serialization import builtin

_FACTOR = ranges.unsigned | None


def _penalty(x: Any, l1: Any, l2: Any) -> Any:
    """`l1 * sum(abs(x)) + l2 * sum(square(x))`, without the terms of factor 0: 0 times an overflown sum is NaN."""
    terms = [factor * ops.sum(size(x)) for factor, size in ((l1, ops.abs), (l2, ops.square)) if _counts(factor)]
    return sum(terms[1:], terms[0]) if terms else ops.sum(ops.zeros_like(x))


def _counts(factor: Any) -> bool:
    return not isinstance(factor, (int, float)) or factor != 0


@builtin("keras.regularizers")
class L1(Regularizer):
    """`l1 * sum(abs(x))`."""

    argument_checks = ranges.checks(l1=_FACTOR)

    def __init__(self, l1: float = 0.01):
        self.l1 = 0.01 if l1 is None else l1

    def __call__(self, x):
        return _penalty(x, self.l1, 0)


@builtin("keras.regularizers")
class L2(Regularizer):
    """`l2 * sum(square(x))`."""

    argument_checks = ranges.checks(l2=_FACTOR)

    def __init__(self, l2: float = 0.01):
        self.l2 = 0.01 if l2 is None else l2

    def __call__(self, x):
        return _penalty(x, 0, self.l2)


@builtin("keras.regularizers")
class L1L2(Regularizer):
    """`l1 * sum(abs(x)) + l2 * sum(square(x))`."""

    argument_checks = ranges.checks(l1=_FACTOR, l2=_FACTOR)

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1 = 0.0 if l1 is None else l1
        self.l2 = 0.0 if l2 is None else l2

    def __call__(self, x):
        return _penalty(x, self.l1, self.l2)


@builtin("keras.regularizers")
class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean absolute cosine between different rows (or columns, `mode="columns"`) of a matrix."""

    argument_checks = ranges.checks(factor=ranges.unsigned, mode=ranges.one_of("rows", "columns"))

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        self.factor, self.mode = factor, mode

    def __call__(self, x):
        shape = tuple(x.shape)
        if len(shape) != 2:
            raise errors.ArgumentError(
                f"`OrthogonalRegularizer` needs a matrix. Received a tensor of shape {shape}. Reshape it first."
            )
        rows = x if self.mode == "rows" else ops.transpose(x)
        size = rows.shape[0]
        norm = ops.sqrt(ops.maximum(ops.sum(ops.square(rows), axis=1, keepdims=True), 1e-12))
        rows = rows / norm
        cosines = ops.matmul(rows, ops.transpose(rows)) * (1 - ops.eye(size, dtype=rows.dtype))
        return self.factor * ops.sum(ops.abs(cosines)) / max(size * (size - 1), 1)
