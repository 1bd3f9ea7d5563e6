"""Losses of the largest margin."""

from __future__ import annotations

from keraslite import ops
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.losses.base import FunctionLoss, LossDType, operands
from keraslite.serialization import builtin


def _signs(y_true: Tensor) -> Tensor:
    """Labels of -1 and 1; where all are 0 or 1, those are taken for -1 and 1."""
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0.0), ops.equal(y_true, 1.0)))
    return ops.where(binary, 2.0 * y_true - 1.0, y_true)


def hinge(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return the mean of `max(1 - y_true * y_pred, 0)` over the last axis.

    Args:
        y_true: labels -1 and 1, `(batch, ..., d)`. If all labels are 0 or 1, 0 stands for -1.
        y_pred: scores of any size, of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses, ops
        >>> loss = losses.hinge(np.array([[1.0, -1.0]]), np.array([[0.5, 0.5]]))
        >>> ops.convert_to_numpy(loss).tolist()
        [1.0]
    """
    true, pred = operands(y_true, y_pred)
    return ops.mean(ops.maximum(1.0 - ops.multiply(_signs(true), pred), 0.0), axis=-1)


def squared_hinge(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return the mean of `max(1 - y_true * y_pred, 0) ** 2` over the last axis.

    Args:
        y_true: labels -1 and 1, `(batch, ..., d)`. If all labels are 0 or 1, 0 stands for -1.
        y_pred: scores of any size, of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses, ops
        >>> loss = losses.squared_hinge(np.array([[1.0, -1.0]]), np.array([[0.5, 0.5]]))
        >>> ops.convert_to_numpy(loss).tolist()
        [1.25]
    """
    true, pred = operands(y_true, y_pred)
    return ops.mean(ops.square(ops.maximum(1.0 - ops.multiply(_signs(true), pred), 0.0)), axis=-1)


def categorical_hinge(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return `max(1 + wrong - right, 0)` for the score of the right class and the largest score of a wrong one.

    `right` is `sum(y_true * y_pred)` and `wrong` is `max((1 - y_true) * y_pred)` over the last axis.

    Args:
        y_true: one-hot labels, `(batch, ..., classes)`.
        y_pred: scores of the classes, of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses, ops
        >>> loss = losses.categorical_hinge(np.array([[0.0, 1.0, 0.0]]), np.array([[0.5, 1.0, 0.25]]))
        >>> ops.convert_to_numpy(loss).tolist()
        [0.5]
    """
    true, pred = operands(y_true, y_pred)
    right = ops.sum(ops.multiply(true, pred), axis=-1)
    wrong = ops.max((1.0 - true) * pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


@builtin("keras.losses")
class Hinge(FunctionLoss):
    """Mean of `max(1 - y_true * y_pred, 0)`, for labels -1 and 1 and scores, both `(batch, ..., d)`.

    If all labels are 0 or 1, 0 stands for -1.

    Args:
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.Hinge()
        >>> float(loss(np.array([[1.0, -1.0]]), np.array([[0.5, 0.5]])))
        1.0
    """

    function = staticmethod(hinge)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class SquaredHinge(FunctionLoss):
    """Mean of `max(1 - y_true * y_pred, 0) ** 2`, for labels -1 and 1 and scores, both `(batch, ..., d)`.

    If all labels are 0 or 1, 0 stands for -1.

    Args:
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.SquaredHinge()
        >>> float(loss(np.array([[1.0, -1.0]]), np.array([[0.5, 0.5]])))
        1.25
    """

    function = staticmethod(squared_hinge)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class CategoricalHinge(FunctionLoss):
    """Mean of `max(1 + wrong - right, 0)`, for one-hot labels and scores, both `(batch, ..., classes)`.

    `right` is the score of the right class and `wrong` is the largest score of a wrong one.

    Args:
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.CategoricalHinge()
        >>> float(loss(np.array([[0.0, 1.0, 0.0]]), np.array([[0.5, 1.0, 0.25]])))
        0.5
    """

    function = staticmethod(categorical_hinge)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
