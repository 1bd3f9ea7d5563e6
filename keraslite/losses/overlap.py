"""Losses of the overlap of two regions, for segmentation."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import config, ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.losses.base import FunctionLoss, LossDType, operands
from keraslite.serialization import builtin


def dice(y_true: TensorLike, y_pred: TensorLike, axis: int | Sequence[int] | None = None) -> Tensor:
    """Return one minus the Dice coefficient, `2 * |A and B| / (|A| + |B|)`, of two regions.

    The sizes are sums: of `y_true * y_pred`, of `y_true` and of `y_pred`. The loss of two empty regions is 1.

    Source: Milletari et al., 2016, "V-Net"; Dice, 1945.

    Args:
        y_true: the region `A`, `(batch, ...)`, with values in [0, 1].
        y_pred: the region `B`, of the same shape, with values in [0, 1].
        axis: the axis or axes of a region; None (default) for all.

    Returns:
        A tensor of the shape of `y_true` without `axis`; a scalar by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.dice(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]))
        >>> round(float(loss), 3)
        0.333
    """
    true, pred = operands(y_true, y_pred)
    shared = ops.sum(ops.multiply(true, pred), axis=axis)
    both = ops.sum(true, axis=axis) + ops.sum(pred, axis=axis)
    return 1.0 - ops.divide_no_nan(2.0 * shared, both + config.epsilon())


def tversky(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: float | Tensor = 0.5,
    beta: float | Tensor = 0.5,
    axis: int | Sequence[int] | None = None,
) -> Tensor:
    """Return one minus the Tversky index of two regions.

    The index is `|A and B| / (|A and B| + alpha * |B without A| + beta * |A without B|)`. With `alpha` and `beta` of
    0.5 it is the Dice coefficient.

    Source: Salehi et al., 2017, "Tversky loss function for image segmentation using 3D fully convolutional deep
    networks". As there, `alpha` weighs false positives; Keras 3.15.1 computes with the two the other way round.

    Args:
        y_true: the region `A`, `(batch, ...)`, with values in [0, 1].
        y_pred: the region `B`, of the same shape, with values in [0, 1].
        alpha: the weight of false positives, not negative; 0.5 by default.
        beta: the weight of false negatives, not negative; 0.5 by default.
        axis: the axis or axes of a region; None (default) for all.

    Returns:
        A tensor of the shape of `y_true` without `axis`; a scalar by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.tversky(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), alpha=0.0, beta=1.0)
        >>> round(float(loss), 3)
        0.5
    """
    true, pred = operands(y_true, y_pred)
    shared = ops.sum(ops.multiply(true, pred), axis=axis)
    false_positives = ops.sum((1.0 - true) * pred, axis=axis)
    false_negatives = ops.sum(true * (1.0 - pred), axis=axis)
    union = shared + alpha * false_positives + beta * false_negatives
    return 1.0 - ops.divide_no_nan(shared, union + config.epsilon())


@builtin("keras.losses")
class Dice(FunctionLoss):
    """One minus the Dice coefficient, `2 * |A and B| / (|A| + |B|)`, of regions `(batch, ...)` with values in [0, 1].

    Source: Milletari et al., 2016, "V-Net"; Dice, 1945.

    Args:
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.
        axis: the axis or axes of a region; None (default) for all, so that the batch is one region.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.Dice()
        >>> round(float(loss(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]))), 3)
        0.333
    """

    function = staticmethod(dice)
    arguments = ("axis",)
    argument_checks = ranges.checks(axis=ranges.axes | None)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: int | Sequence[int] | None = None,
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
        self.axis = axis


@builtin("keras.losses")
class Tversky(FunctionLoss):
    """One minus the Tversky index of regions `(batch, ...)` with values in [0, 1].

    The index is `|A and B| / (|A and B| + alpha * |B without A| + beta * |A without B|)`, where `A` is the target.

    Source: Salehi et al., 2017, "Tversky loss function for image segmentation using 3D fully convolutional deep
    networks". As there, `alpha` weighs false positives; Keras 3.15.1 computes with the two the other way round.

    Args:
        alpha: the weight of false positives, not negative; 0.5 by default.
        beta: the weight of false negatives, not negative; 0.5 by default.
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.
        axis: the axis or axes of a region; None (default) for all, so that the batch is one region.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.Tversky(alpha=0.0, beta=1.0)
        >>> round(float(loss(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]))), 3)
        0.5
    """

    function = staticmethod(tversky)
    arguments = ("alpha", "beta", "axis")
    argument_checks = ranges.checks(
        alpha=ranges.number(0, tensors=True), beta=ranges.number(0, tensors=True), axis=ranges.axes | None
    )

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: int | Sequence[int] | None = None,
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
        self.alpha, self.beta, self.axis = alpha, beta, axis
