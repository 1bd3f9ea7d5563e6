"""How well predictions follow real-valued targets."""

from __future__ import annotations

from keraslite import config, ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.losses.base import LossDType, align, operands, same_rank
from keraslite.losses.similarity import unit
from keraslite.metrics.base import Metric
from keraslite.metrics.counts import by_parts, matrices
from keraslite.metrics.reduction import FunctionMetric
from keraslite.serialization import builtin
from keraslite.variable import Variable

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


def pearson_correlation(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Tensor:
    """Return Pearson's correlation of targets and predictions, in [-1, 1].

    Args:
        y_true: targets, `(batch, ..., d)`.
        y_pred: predictions, of the same shape.
        axis: the axis along which they are correlated; -1 by default.

    Returns:
        A float tensor of the shape of `y_true` without `axis`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> result = metrics.pearson_correlation(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 4.0, 6.0]]))
        >>> round(float(result[0]), 3)
        1.0
    """
    true, pred = (_centred(x, axis) for x in same_rank(*operands(y_true, y_pred)))
    return ops.sum(ops.multiply(unit(true, axis), unit(pred, axis)), axis=axis)


def concordance_correlation(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Tensor:
    """Return Lin's concordance correlation of targets and predictions, in [-1, 1].

    It is Pearson's correlation, lowered by differences of mean and scale: 1 only if both are equal.

    Source: Lin, 1989, "A concordance correlation coefficient to evaluate reproducibility".

    Args:
        y_true: targets, `(batch, ..., d)`.
        y_pred: predictions, of the same shape.
        axis: the axis along which they are correlated; -1 by default.

    Returns:
        A float tensor of the shape of `y_true` without `axis`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> result = metrics.concordance_correlation(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 3.0, 4.0]]))
        >>> round(float(result[0]), 3)
        0.571
    """
    targets, predictions = same_rank(*operands(y_true, y_pred))
    true, pred = _centred(targets, axis), _centred(predictions, axis)
    spread = ops.mean(ops.square(true), axis=axis) + ops.mean(ops.square(pred), axis=axis)
    shift = ops.square(ops.mean(targets, axis=axis) - ops.mean(predictions, axis=axis))
    return 2.0 * ops.mean(ops.multiply(true, pred), axis=axis) / (spread + shift + config.epsilon())


def _centred(x: Tensor, axis: int) -> Tensor:
    return x - ops.mean(x, axis=axis, keepdims=True)


@builtin("keras.metrics")
class PearsonCorrelation(FunctionMetric):
    """Mean of Pearson's correlation of targets and predictions, both `(batch, ..., d)`.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.
        axis: the axis along which they are correlated; -1 by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.PearsonCorrelation()
        >>> metric.update_state(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 4.0, 6.0]]))
        >>> round(float(metric.result()), 3)
        1.0
    """

    _direction = "up"
    function = staticmethod(pearson_correlation)
    arguments = ("axis",)
    argument_checks = ranges.checks(axis=ranges.axes)

    def __init__(self, name: str | None = "pearson_correlation", dtype: LossDType = None, axis: int = -1):
        super().__init__(name, dtype)
        self.axis = axis


@builtin("keras.metrics")
class ConcordanceCorrelation(FunctionMetric):
    """Mean of Lin's concordance correlation of targets and predictions, both `(batch, ..., d)`.

    It is Pearson's correlation, lowered by differences of mean and scale: 1 only if both are equal.

    Source: Lin, 1989, "A concordance correlation coefficient to evaluate reproducibility".

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.
        axis: the axis along which they are correlated; -1 by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.ConcordanceCorrelation()
        >>> metric.update_state(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 3.0, 4.0]]))
        >>> round(float(metric.result()), 3)
        0.571
    """

    _direction = "up"
    function = staticmethod(concordance_correlation)
    arguments = ("axis",)
    argument_checks = ranges.checks(axis=ranges.axes)

    def __init__(self, name: str | None = "concordance_correlation", dtype: LossDType = None, axis: int = -1):
        super().__init__(name, dtype)
        self.axis = axis


def _total(columns: Tensor) -> Tensor:
    """Return the sum of each column."""
    return by_parts(lambda part: ops.sum(part, axis=0), columns)


@builtin("keras.metrics")
class R2Score(Metric):
    """Coefficient of determination, R squared: one minus the residual over the total sum of squares.

    It is 1 for perfect predictions, and 0 for predictions that are no better than the mean of the targets. Targets and
    predictions are `(batch, d)`.

    Args:
        class_aggregation: how the scores of the columns are joined: "uniform_average" (default) for their mean,
            "variance_weighted_average" for the mean weighted by the variance of the targets, None for no joining.
        num_regressors: above 0, the score is adjusted for that many predictors; 0 by default.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Returns:
        `result()` is a scalar, or `(d,)` with `class_aggregation=None`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.R2Score()
        >>> metric.update_state(np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [4.0]]))
        >>> round(float(metric.result()), 3)
        0.5
    """

    _direction = "up"
    sum: Variable
    squared_sum: Variable
    total_mse: Variable
    count: Variable

    argument_checks = ranges.checks(class_aggregation=ranges.one_of(*AGGREGATIONS), num_regressors=ranges.unsigned_int)

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: LossDType = None,
    ):
        super().__init__(dtype, name)
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._built = False

    def _build(self, columns: int) -> None:
        names = (("squared_sum", "squared_sum"), ("sum", "sum"), ("total_mse", "residual"), ("count", "count"))
        for attribute, name in names:
            setattr(self, attribute, self.add_variable((columns,), "zeros", name=name))
        self._built = True

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in one batch.

        Args:
            y_true: targets, `(batch, d)`.
            y_pred: predictions, `(batch, d)`.
            sample_weight: weights of the samples, `(batch,)`, or of the elements, `(batch, d)`; None (default) for 1.
        """
        true, pred = matrices(self, y_true, y_pred, "d")
        if not self._built:
            self._build(true.shape[-1])
        weights = ops.ones_like(true)
        if sample_weight is not None:
            weights = weights * align(self._tensor(sample_weight), true, "sample_weight")
        self.sum.assign_add(_total(true * weights))
        self.squared_sum.assign_add(_total(ops.square(true) * weights))
        self.total_mse.assign_add(_total(ops.square(true - pred) * weights))
        self.count.assign_add(_total(weights))
        self.num_samples.assign_add(ops.sum(ops.ones_like(true)))  # elements, as Keras counts

    def result(self) -> Tensor:
        if not self._built:
            raise ArgumentError("`R2Score.result` needs an update first: the number of columns is not known yet.")
        mean = ops.divide_no_nan(self.sum.value, self.count.value)
        total = self.squared_sum.value - self.sum.value * mean
        scores = 1.0 - self.total_mse.value / total
        scores = ops.where(ops.isinf(scores), ops.zeros_like(scores), scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.sum(scores * total) / ops.sum(total)
        if not self.num_regressors:
            return scores
        samples, predictors = self.num_samples.value, float(self.num_regressors)
        return 1.0 - (1.0 - scores) * (samples - 1.0) / (samples - predictors - 1.0)
