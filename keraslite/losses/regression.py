"""Losses of real numbers against real numbers."""

from __future__ import annotations

from keraslite import config, ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.losses.base import FunctionLoss, LossDType, operands, same_rank
from keraslite.serialization import builtin


def mean_squared_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return the mean of `(y_true - y_pred) ** 2` over the last axis.

    Args:
        y_true: targets, `(batch, ..., d)`.
        y_pred: predictions, of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses, ops
        >>> loss = losses.mean_squared_error(np.array([[0.0, 1.0]]), np.array([[1.0, 3.0]]))
        >>> ops.convert_to_numpy(loss).tolist()
        [2.5]
    """
    true, pred = same_rank(*operands(y_true, y_pred))
    return ops.mean(ops.square(ops.subtract(true, pred)), axis=-1)


def mean_absolute_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return the mean of `|y_true - y_pred|` over the last axis.

    Args:
        y_true: targets, `(batch, ..., d)`.
        y_pred: predictions, of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses, ops
        >>> loss = losses.mean_absolute_error(np.array([[0.0, 1.0]]), np.array([[1.0, 3.0]]))
        >>> ops.convert_to_numpy(loss).tolist()
        [1.5]
    """
    true, pred = same_rank(*operands(y_true, y_pred))
    return ops.mean(ops.abs(ops.subtract(true, pred)), axis=-1)


def mean_absolute_percentage_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return 100 times the mean of `|y_true - y_pred| / max(|y_true|, epsilon)` over the last axis.

    `epsilon` is `config.epsilon()`.

    Args:
        y_true: targets, `(batch, ..., d)`.
        y_pred: predictions, of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses, ops
        >>> loss = losses.mean_absolute_percentage_error(np.array([[2.0, 4.0]]), np.array([[1.0, 5.0]]))
        >>> ops.convert_to_numpy(loss).tolist()
        [37.5]
    """
    true, pred = same_rank(*operands(y_true, y_pred))
    scale = ops.maximum(ops.abs(true), config.epsilon())
    return 100.0 * ops.mean(ops.abs(ops.subtract(true, pred)) / scale, axis=-1)


def mean_squared_logarithmic_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return the mean of `(log(1 + y_true) - log(1 + y_pred)) ** 2` over the last axis.

    Values below `config.epsilon()` count as `config.epsilon()`.

    Args:
        y_true: targets, `(batch, ..., d)`, not negative.
        y_pred: predictions, of the same shape, not negative.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.mean_squared_logarithmic_error(np.array([[np.e - 1]]), np.array([[0.0]]))
        >>> round(float(loss[0]), 3)
        1.0
    """
    true, pred = same_rank(*operands(y_true, y_pred))
    floor = config.epsilon()
    difference = ops.subtract(ops.log1p(ops.maximum(true, floor)), ops.log1p(ops.maximum(pred, floor)))
    return ops.mean(ops.square(difference), axis=-1)


def huber(y_true: TensorLike, y_pred: TensorLike, delta: float | Tensor = 1.0) -> Tensor:
    """Return the Huber loss: half the square of an error up to `delta`, and linear above.

    With `e = |y_pred - y_true|` the loss is the mean over the last axis of `e ** 2 / 2` where `e <= delta`, and of
    `delta * (e - delta / 2)` elsewhere.

    Source: Huber, 1964, "Robust estimation of a location parameter".

    Args:
        y_true: targets, `(batch, ..., d)`.
        y_pred: predictions, of the same shape.
        delta: the error at which the loss becomes linear, greater than 0; 1 by default.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses, ops
        >>> loss = losses.huber(np.array([[0.0], [0.0]]), np.array([[1.0], [3.0]]))
        >>> ops.convert_to_numpy(loss).tolist()
        [0.5, 2.5]
    """
    true, pred = same_rank(*operands(y_true, y_pred))
    error = ops.abs(ops.subtract(pred, true))
    small = ops.minimum(error, delta)
    return ops.mean(small * (error - 0.5 * small), axis=-1)


def log_cosh(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return the mean of `log(cosh(y_pred - y_true))` over the last axis.

    It is near `error ** 2 / 2` for small errors and near `|error| - log(2)` for large ones, and does not overflow.

    Args:
        y_true: targets, `(batch, ..., d)`.
        y_pred: predictions, of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.log_cosh(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]]))
        >>> round(float(loss[0]), 3)
        0.217
    """
    true, pred = same_rank(*operands(y_true, y_pred))
    error = ops.subtract(pred, true)
    return ops.mean(error + ops.softplus(-2.0 * error) - 0.6931471805599453, axis=-1)


@builtin("keras.losses")
class MeanSquaredError(FunctionLoss):
    """Mean of the squared differences between targets and predictions, both `(batch, ..., d)`.

    Args:
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.MeanSquaredError()
        >>> float(loss(np.array([[0.0, 1.0]]), np.array([[1.0, 3.0]])))
        2.5
    """

    function = staticmethod(mean_squared_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class MeanAbsoluteError(FunctionLoss):
    """Mean of the absolute differences between targets and predictions, both `(batch, ..., d)`.

    Args:
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.MeanAbsoluteError()
        >>> float(loss(np.array([[0.0, 1.0]]), np.array([[1.0, 3.0]])))
        1.5
    """

    function = staticmethod(mean_absolute_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class MeanAbsolutePercentageError(FunctionLoss):
    """Mean of the absolute differences in percent of the targets; both `(batch, ..., d)`.

    The loss is the mean of `100 * |y_true - y_pred| / max(|y_true|, config.epsilon())`.

    Args:
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.MeanAbsolutePercentageError()
        >>> float(loss(np.array([[2.0, 4.0]]), np.array([[1.0, 5.0]])))
        37.5
    """

    function = staticmethod(mean_absolute_percentage_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class MeanSquaredLogarithmicError(FunctionLoss):
    """Mean of the squared differences of `log(1 + x)`, for targets and predictions `(batch, ..., d)` of at least 0.

    Args:
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.MeanSquaredLogarithmicError()
        >>> round(float(loss(np.array([[np.e - 1]]), np.array([[0.0]]))), 3)
        1.0
    """

    function = staticmethod(mean_squared_logarithmic_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class Huber(FunctionLoss):
    """Half the square of an error up to `delta`, and linear above; targets and predictions are `(batch, ..., d)`.

    With `e = |y_pred - y_true|` the loss is the mean of `e ** 2 / 2` where `e <= delta`, and of
    `delta * (e - delta / 2)` elsewhere. Outliers weigh less than in `MeanSquaredError`.

    Source: Huber, 1964, "Robust estimation of a location parameter".

    Args:
        delta: the error at which the loss becomes linear, greater than 0; 1 by default.
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.Huber()
        >>> float(loss(np.array([[0.0], [0.0]]), np.array([[1.0], [3.0]])))
        1.5
    """

    function = staticmethod(huber)
    arguments = ("delta",)
    argument_checks = ranges.checks(delta=ranges.number(above=0, tensors=True))

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
        self.delta = delta


@builtin("keras.losses")
class LogCosh(FunctionLoss):
    """Mean of `log(cosh(y_pred - y_true))` for targets and predictions `(batch, ..., d)`.

    It is near `error ** 2 / 2` for small errors and near `|error| - log(2)` for large ones.

    Args:
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.LogCosh()
        >>> round(float(loss(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]]))), 3)
        0.217
    """

    function = staticmethod(log_cosh)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
