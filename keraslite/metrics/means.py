"""The means of losses of real numbers as metrics."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import losses, ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.losses.base import LossDType, of_one_shape, same_rank
from keraslite.metrics.reduction import FunctionMetric, Mean
from keraslite.serialization import builtin


@builtin("keras.metrics")
class MeanSquaredError(FunctionMetric):
    """Mean of `(y_true - y_pred) ** 2` for targets and predictions `(batch, ..., d)`.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.MeanSquaredError()
        >>> metric.update_state(np.array([[0.0, 1.0]]), np.array([[1.0, 3.0]]))
        >>> float(metric.result())
        2.5
    """

    _direction = "down"
    function = staticmethod(losses.mean_squared_error)

    def __init__(self, name: str | None = "mean_squared_error", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class RootMeanSquaredError(Mean):
    """Square root of the mean of `(y_true - y_pred) ** 2` over all elements; both `(batch, ..., d)`.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.RootMeanSquaredError()
        >>> metric.update_state(np.array([[0.0, 0.0]]), np.array([[1.0, 7.0]]))
        >>> float(metric.result())
        5.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: LossDType = None):
        super().__init__(name, dtype)

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in one batch.

        Args:
            y_true: targets, `(batch, ..., d)`.
            y_pred: predictions, of the same shape.
            sample_weight: weights of the samples or of the elements; None (default) for 1.
        """
        true, pred = same_rank(self._tensor(y_true), self._tensor(y_pred))
        of_one_shape(true, pred, type(self).__name__)
        super().update_state(ops.square(ops.subtract(true, pred)), sample_weight)

    def result(self) -> Tensor:
        return ops.sqrt(super().result())


@builtin("keras.metrics")
class MeanAbsoluteError(FunctionMetric):
    """Mean of `|y_true - y_pred|` for targets and predictions `(batch, ..., d)`.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.MeanAbsoluteError()
        >>> metric.update_state(np.array([[0.0, 1.0]]), np.array([[1.0, 3.0]]))
        >>> float(metric.result())
        1.5
    """

    _direction = "down"
    function = staticmethod(losses.mean_absolute_error)

    def __init__(self, name: str | None = "mean_absolute_error", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class MeanAbsolutePercentageError(FunctionMetric):
    """Mean of the absolute differences in percent of the targets; both `(batch, ..., d)`.

    It is the mean of `100 * |y_true - y_pred| / max(|y_true|, config.epsilon())`.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.MeanAbsolutePercentageError()
        >>> metric.update_state(np.array([[2.0, 4.0]]), np.array([[1.0, 5.0]]))
        >>> float(metric.result())
        37.5
    """

    _direction = "down"
    function = staticmethod(losses.mean_absolute_percentage_error)

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class MeanSquaredLogarithmicError(FunctionMetric):
    """Mean of the squared differences of `log(1 + x)`, for targets and predictions `(batch, ..., d)` of at least 0.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.MeanSquaredLogarithmicError()
        >>> metric.update_state(np.array([[np.e - 1]]), np.array([[0.0]]))
        >>> round(float(metric.result()), 3)
        1.0
    """

    _direction = "down"
    function = staticmethod(losses.mean_squared_logarithmic_error)

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class LogCoshError(FunctionMetric):
    """Mean of `log(cosh(y_pred - y_true))` for targets and predictions `(batch, ..., d)`.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.LogCoshError()
        >>> metric.update_state(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]]))
        >>> round(float(metric.result()), 3)
        0.217
    """

    _direction = "down"
    function = staticmethod(losses.log_cosh)

    def __init__(self, name: str | None = "logcosh", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class CosineSimilarity(FunctionMetric):
    """Mean cosine of the angle between targets and predictions, both `(batch, ..., d)`.

    It is in [-1, 1], and 1 if they point the same way. The loss of this name has the other sign.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.
        axis: the axis of the vectors, an int; -1 by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.CosineSimilarity()
        >>> metric.update_state(np.array([[1.0, 0.0]]), np.array([[2.0, 2.0]]))
        >>> round(float(metric.result()), 3)
        0.707
    """

    _direction = "up"
    arguments = ("axis",)
    argument_checks = ranges.checks(axis=ranges.axes | None)

    def __init__(
        self,
        name: str | None = "cosine_similarity",
        dtype: LossDType = None,
        axis: int | Sequence[int] | None = -1,
    ):
        super().__init__(name, dtype)
        self.axis = axis

    @staticmethod
    def function(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Tensor:
        """Return the cosine of the angle between both.

        Args:
            y_true: targets, `(batch, ..., d)`.
            y_pred: predictions, of the same shape.
            axis: the axis of the vectors; -1 by default.
        """
        return -losses.cosine_similarity(y_true, y_pred, axis)
