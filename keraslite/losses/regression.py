"""Losses of real numbers against real numbers."""

from __future__ import annotations

from typing import Any

from keraslite import config, ops, ranges
from keraslite.losses.base import FunctionLoss, operands, same_rank
from keraslite.serialization import builtin


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of `(y_true - y_pred) ** 2` over the last axis."""
    y_true, y_pred = same_rank(*operands(y_true, y_pred))
    return ops.mean(ops.square(ops.subtract(y_true, y_pred)), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of `|y_true - y_pred|` over the last axis."""
    y_true, y_pred = same_rank(*operands(y_true, y_pred))
    return ops.mean(ops.abs(ops.subtract(y_true, y_pred)), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """100 times the mean of `|y_true - y_pred| / max(|y_true|, epsilon)` over the last axis."""
    y_true, y_pred = same_rank(*operands(y_true, y_pred))
    scale = ops.maximum(ops.abs(y_true), config.epsilon())
    return 100.0 * ops.mean(ops.abs(ops.subtract(y_true, y_pred)) / scale, axis=-1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of `(log(1 + y_true) - log(1 + y_pred)) ** 2` over the last axis; values below epsilon count as it."""
    y_true, y_pred = same_rank(*operands(y_true, y_pred))
    floor = config.epsilon()
    difference = ops.subtract(ops.log1p(ops.maximum(y_true, floor)), ops.log1p(ops.maximum(y_pred, floor)))
    return ops.mean(ops.square(difference), axis=-1)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Half the squared error up to `delta`, linear above it; mean over the last axis (Huber, 1964)."""
    y_true, y_pred = same_rank(*operands(y_true, y_pred))
    error = ops.abs(ops.subtract(y_pred, y_true))
    small = ops.minimum(error, delta)
    return ops.mean(small * (error - 0.5 * small), axis=-1)


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """Mean of `log(cosh(y_pred - y_true))` over the last axis; finite for large errors."""
    y_true, y_pred = same_rank(*operands(y_true, y_pred))
    error = ops.subtract(y_pred, y_true)
    return ops.mean(error + ops.softplus(-2.0 * error) - 0.6931471805599453, axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Minus the cosine of the angle between both along `axis`: -1 is alike, 0 orthogonal (or a zero vector)."""
    y_true, y_pred = same_rank(*operands(y_true, y_pred))
    return -ops.sum(ops.multiply(unit(y_true, axis), unit(y_pred, axis)), axis=axis)


def unit(x: Any, axis: int) -> Any:
    """`x` with length 1 along `axis`; zeros stay zeros."""
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, 1e-12))


@builtin("keras.losses")
class MeanSquaredError(FunctionLoss):
    """Mean of squared differences. Both `(batch, ..., d)`."""

    function = staticmethod(mean_squared_error)

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "mean_squared_error",
                 dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class MeanAbsoluteError(FunctionLoss):
    """Mean of absolute differences. Both `(batch, ..., d)`."""

    function = staticmethod(mean_absolute_error)

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "mean_absolute_error",
                 dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class MeanAbsolutePercentageError(FunctionLoss):
    """Mean of absolute differences in percent of the targets. Both `(batch, ..., d)`."""

    function = staticmethod(mean_absolute_percentage_error)

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "mean_absolute_percentage_error",
                 dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class MeanSquaredLogarithmicError(FunctionLoss):
    """Mean of squared differences of `log(1 + x)`. Both `(batch, ..., d)`, not negative."""

    function = staticmethod(mean_squared_logarithmic_error)

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "mean_squared_logarithmic_error",
                 dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class Huber(FunctionLoss):
    """Half the squared error up to `delta`, linear above it (Huber, 1964). Both `(batch, ..., d)`."""

    function = staticmethod(huber)
    arguments = ("delta",)
    argument_checks = ranges.checks(delta=ranges.number(above=0, tensors=True))

    def __init__(self, delta: float = 1.0, reduction: str | None = "sum_over_batch_size", name: str = "huber_loss",
                 dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)
        self.delta = delta


@builtin("keras.losses")
class LogCosh(FunctionLoss):
    """Mean of `log(cosh(error))`: squared for small errors, absolute for large ones. Both `(batch, ..., d)`."""

    function = staticmethod(log_cosh)

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "log_cosh", dtype: Any = None):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class CosineSimilarity(FunctionLoss):
    """Minus the cosine of the angle along `axis`, in [-1, 1]. Both `(batch, ..., d)`."""

    function = staticmethod(cosine_similarity)
    arguments = ("axis",)
    argument_checks = ranges.checks(axis=ranges.axes | None)

    def __init__(self, axis: int = -1, reduction: str | None = "sum_over_batch_size", name: str = "cosine_similarity",
                 dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)
        self.axis = axis
