"""How well predictions follow real-valued targets."""

from __future__ import annotations

from typing import Any

from keraslite import config, ops, ranges
from keraslite.errors import ArgumentError
from keraslite.losses.base import align, operands, same_rank
from keraslite.losses.regression import unit
from keraslite.metrics.base import Metric
from keraslite.metrics.counts import by_parts, matrices
from keraslite.metrics.reduction import FunctionMetric
from keraslite.serialization import builtin
from keraslite.variable import Variable

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Pearson's correlation along `axis`, in [-1, 1]."""
    true, pred = (_centred(x, axis) for x in same_rank(*operands(y_true, y_pred)))
    return ops.sum(ops.multiply(unit(true, axis), unit(pred, axis)), axis=axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Lin's concordance correlation along `axis`: Pearson's, lowered by differences of mean and scale (Lin, 1989)."""
    y_true, y_pred = same_rank(*operands(y_true, y_pred))
    true, pred = _centred(y_true, axis), _centred(y_pred, axis)
    spread = ops.mean(ops.square(true), axis=axis) + ops.mean(ops.square(pred), axis=axis)
    shift = ops.square(ops.mean(y_true, axis=axis) - ops.mean(y_pred, axis=axis))
    return 2.0 * ops.mean(ops.multiply(true, pred), axis=axis) / (spread + shift + config.epsilon())


def _centred(x: Any, axis: int) -> Any:
    return x - ops.mean(x, axis=axis, keepdims=True)


@builtin("keras.metrics")
class PearsonCorrelation(FunctionMetric):
    """Mean of Pearson's correlation along `axis`."""

    _direction = "up"
    function = staticmethod(pearson_correlation)
    arguments = ("axis",)
    argument_checks = ranges.checks(axis=ranges.axes)

    def __init__(self, name: str | None = "pearson_correlation", dtype: Any = None, axis: int = -1):
        super().__init__(name, dtype)
        self.axis = axis


@builtin("keras.metrics")
class ConcordanceCorrelation(FunctionMetric):
    """Mean of Lin's concordance correlation along `axis` (Lin, 1989)."""

    _direction = "up"
    function = staticmethod(concordance_correlation)
    arguments = ("axis",)
    argument_checks = ranges.checks(axis=ranges.axes)

    def __init__(self, name: str | None = "concordance_correlation", dtype: Any = None, axis: int = -1):
        super().__init__(name, dtype)
        self.axis = axis


def _total(columns: Any) -> Any:
    """The sum of each column."""
    return by_parts(lambda part: ops.sum(part, axis=0), columns)


@builtin("keras.metrics")
class R2Score(Metric):
    """One minus residual over total sum of squares: 1 is perfect, 0 as good as the mean. Both `(batch, d)`.

    Args:
        class_aggregation: None (one score per column), "uniform_average" or "variance_weighted_average".
        num_regressors: above 0, the score is adjusted for that many predictors.
    """

    _direction = "up"
    sum: Variable
    squared_sum: Variable
    total_mse: Variable
    count: Variable

    argument_checks = ranges.checks(class_aggregation=ranges.one_of(*AGGREGATIONS), num_regressors=ranges.unsigned_int)

    def __init__(self, class_aggregation: str | None = "uniform_average", num_regressors: int = 0,
                 name: str | None = "r2_score", dtype: Any = None):  # fmt: skip
        super().__init__(dtype, name)
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._built = False

    def _build(self, columns: int) -> None:
        for attribute, name in (("squared_sum", "squared_sum"), ("sum", "sum"), ("total_mse", "residual"),
                                ("count", "count")):  # fmt: skip
            setattr(self, attribute, self.add_variable((columns,), "zeros", name=name))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch."""
        y_true, y_pred = matrices(self, y_true, y_pred, "d")
        if not self._built:
            self._build(y_true.shape[-1])
        weights = ops.ones_like(y_true)
        if sample_weight is not None:
            weights = weights * align(self._tensor(sample_weight), y_true, "sample_weight")
        self.sum.assign_add(_total(y_true * weights))
        self.squared_sum.assign_add(_total(ops.square(y_true) * weights))
        self.total_mse.assign_add(_total(ops.square(y_true - y_pred) * weights))
        self.count.assign_add(_total(weights))
        self.num_samples.assign_add(ops.sum(ops.ones_like(y_true)))  # elements, as Keras counts

    def result(self) -> Any:
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
