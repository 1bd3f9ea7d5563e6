"""Losses of the largest margin."""

from __future__ import annotations

from typing import Any

from keraslite import ops
from keraslite.losses.base import FunctionLoss, operands
from keraslite.serialization import builtin


def _signs(y_true: Any) -> Any:
    """Labels of -1 and 1; where all are 0 or 1, those are taken for -1 and 1."""
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0.0), ops.equal(y_true, 1.0)))
    return ops.where(binary, 2.0 * y_true - 1.0, y_true)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """Mean of `max(1 - y_true * y_pred, 0)` over the last axis; labels are -1 and 1, or 0 and 1."""
    y_true, y_pred = operands(y_true, y_pred)
    return ops.mean(ops.maximum(1.0 - ops.multiply(_signs(y_true), y_pred), 0.0), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """Mean of `max(1 - y_true * y_pred, 0) ** 2` over the last axis; labels are -1 and 1, or 0 and 1."""
    y_true, y_pred = operands(y_true, y_pred)
    return ops.mean(ops.square(ops.maximum(1.0 - ops.multiply(_signs(y_true), y_pred), 0.0)), axis=-1)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """`max(1 + largest wrong score - right score, 0)`; labels one-hot over the last axis."""
    y_true, y_pred = operands(y_true, y_pred)
    right = ops.sum(ops.multiply(y_true, y_pred), axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


@builtin("keras.losses")
class Hinge(FunctionLoss):
    """Mean of `max(1 - y_true * y_pred, 0)`. Both `(batch, ..., d)`; labels -1 and 1, or 0 and 1."""

    function = staticmethod(hinge)

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "hinge", dtype: Any = None):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class SquaredHinge(FunctionLoss):
    """Mean of `max(1 - y_true * y_pred, 0) ** 2`. Both `(batch, ..., d)`; labels -1 and 1, or 0 and 1."""

    function = staticmethod(squared_hinge)

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "squared_hinge", dtype: Any = None):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class CategoricalHinge(FunctionLoss):
    """`max(1 + largest wrong score - right score, 0)`. Both `(batch, ..., classes)`; labels one-hot."""

    function = staticmethod(categorical_hinge)

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "categorical_hinge",
                 dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)
