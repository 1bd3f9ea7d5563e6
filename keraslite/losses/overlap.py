"""Losses of the overlap of two regions, for segmentation."""

from __future__ import annotations

from typing import Any

from keraslite import config, ops, ranges
from keraslite.losses.base import FunctionLoss, operands
from keraslite.serialization import builtin


def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """One minus `2 |A B| / (|A| + |B|)`, sums over `axis` (None: all)."""
    y_true, y_pred = operands(y_true, y_pred)
    shared = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    both = ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis)
    return 1.0 - ops.divide_no_nan(2.0 * shared, both + config.epsilon())


def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Any:
    """One minus `|A B| / (|A B| + alpha |B \\ A| + beta |A \\ B|)`, sums over `axis` (Salehi et al., 2017)."""
    y_true, y_pred = operands(y_true, y_pred)
    shared = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    false_positives = ops.sum((1.0 - y_true) * y_pred, axis=axis)
    false_negatives = ops.sum(y_true * (1.0 - y_pred), axis=axis)
    union = shared + alpha * false_positives + beta * false_negatives
    return 1.0 - ops.divide_no_nan(shared, union + config.epsilon())


@builtin("keras.losses")
class Dice(FunctionLoss):
    """One minus the Dice coefficient over `axis`. Both `(batch, ...)`."""

    function = staticmethod(dice)
    arguments = ("axis",)
    argument_checks = ranges.checks(axis=ranges.axes | None)

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "dice", axis: Any = None,
                 dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)
        self.axis = axis


@builtin("keras.losses")
class Tversky(FunctionLoss):
    """One minus the Tversky index over `axis` (Salehi et al., 2017). Both `(batch, ...)`.

    Args:
        alpha: weight of false positives, as in the paper and Keras's documentation; Keras 3.15.1 computes with
            `alpha` and `beta` the other way round.
        beta: weight of false negatives.
    """

    function = staticmethod(tversky)
    arguments = ("alpha", "beta", "axis")
    argument_checks = ranges.checks(
        alpha=ranges.number(0, tensors=True), beta=ranges.number(0, tensors=True), axis=ranges.axes | None
    )

    def __init__(self, alpha: float = 0.5, beta: float = 0.5, reduction: str | None = "sum_over_batch_size",
                 name: str = "tversky", axis: Any = None, dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)
        self.alpha, self.beta, self.axis = alpha, beta, axis
