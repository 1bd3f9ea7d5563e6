"""Single points of curves: the best of one rate where another is high enough."""

from __future__ import annotations

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.losses.base import LossDType
from keraslite.metrics.counts import even_thresholds, prepare
from keraslite.metrics.curve import CurveMetric
from keraslite.serialization import builtin


class PointMetric(CurveMetric):
    """The best value of one rate among the thresholds at which another rate is at least `value`."""

    argument_checks = ranges.checks(num_thresholds=ranges.positive_int, class_id=ranges.unsigned_int | None)

    def __init__(
        self,
        value: float,
        what: str,
        num_thresholds: int,
        class_id: int | None,
        name: str | None,
        dtype: LossDType,
    ):
        super().__init__(dtype, name)
        setattr(self, what, value)
        self._value, self.class_id, self.num_thresholds = value, class_id, num_thresholds
        self._thresholds = [0.5] if num_thresholds == 1 else even_thresholds(num_thresholds)
        self._add_counts((num_thresholds,))

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in one batch.

        Args:
            y_true: targets 0 or 1, of any shape.
            y_pred: predictions in [0, 1], of the same shape.
            sample_weight: weights of the samples or of the predictions; None (default) for 1.
        """
        parts = prepare(self, y_true, y_pred, sample_weight, class_id=self.class_id)
        self._assign(*self._count(*parts))

    def _best(self, wanted: Tensor, given: Tensor) -> Tensor:
        reached = ops.greater_equal(given, self._value)
        return ops.max(ops.where(reached, wanted, ops.zeros_like(wanted)))


@builtin("keras.metrics")
class SensitivityAtSpecificity(PointMetric):
    """The best recall (sensitivity) among the thresholds at which specificity is at least `specificity`.

    Targets are 0 or 1 and predictions are in [0, 1], of one shape. The result is 0 if no threshold qualifies.

    Args:
        specificity: the least specificity, in [0, 1].
        num_thresholds: how many thresholds are tried, spread evenly over [0, 1], at least 1; 200 by default.
        class_id: only this column of the last axis counts, an int from 0; None (default) for all.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.SensitivityAtSpecificity(0.5)
        >>> metric.update_state(np.array([0, 0, 0, 1, 1]), np.array([0.0, 0.3, 0.8, 0.3, 0.8]))
        >>> round(float(metric.result()), 3)
        0.5
    """

    argument_checks = ranges.checks(specificity=ranges.fraction)

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: LossDType = None,
    ):
        super().__init__(specificity, "specificity", num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        _, recall, _ = self._rates()
        true = self.true_negatives.value
        return self._best(recall, ops.divide_no_nan(true, true + self.false_positives.value))


@builtin("keras.metrics")
class SpecificityAtSensitivity(PointMetric):
    """The best specificity among the thresholds at which recall (sensitivity) is at least `sensitivity`.

    Targets are 0 or 1 and predictions are in [0, 1], of one shape. The result is 0 if no threshold qualifies.

    Args:
        sensitivity: the least recall (sensitivity), in [0, 1].
        num_thresholds: how many thresholds are tried, spread evenly over [0, 1], at least 1; 200 by default.
        class_id: only this column of the last axis counts, an int from 0; None (default) for all.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.SpecificityAtSensitivity(0.5)
        >>> metric.update_state(np.array([0, 0, 0, 1, 1]), np.array([0.0, 0.3, 0.8, 0.3, 0.8]))
        >>> round(float(metric.result()), 3)
        0.667
    """

    argument_checks = ranges.checks(sensitivity=ranges.fraction)

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: LossDType = None,
    ):
        super().__init__(sensitivity, "sensitivity", num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        _, recall, _ = self._rates()
        true = self.true_negatives.value
        return self._best(ops.divide_no_nan(true, true + self.false_positives.value), recall)


@builtin("keras.metrics")
class PrecisionAtRecall(PointMetric):
    """The best precision among the thresholds at which recall is at least `recall`.

    Targets are 0 or 1 and predictions are in [0, 1], of one shape. The result is 0 if no threshold qualifies.

    Args:
        recall: the least recall, in [0, 1].
        num_thresholds: how many thresholds are tried, spread evenly over [0, 1], at least 1; 200 by default.
        class_id: only this column of the last axis counts, an int from 0; None (default) for all.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.PrecisionAtRecall(0.5)
        >>> metric.update_state(np.array([0, 0, 0, 1, 1]), np.array([0.0, 0.3, 0.8, 0.3, 0.8]))
        >>> round(float(metric.result()), 3)
        0.5
    """

    argument_checks = ranges.checks(recall=ranges.fraction)

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: LossDType = None,
    ):
        super().__init__(recall, "recall", num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        precision, recall, _ = self._rates()
        return self._best(precision, recall)


@builtin("keras.metrics")
class RecallAtPrecision(PointMetric):
    """The best recall among the thresholds at which precision is at least `precision`.

    Targets are 0 or 1 and predictions are in [0, 1], of one shape. The result is 0 if no threshold qualifies.

    Args:
        precision: the least precision, in [0, 1].
        num_thresholds: how many thresholds are tried, spread evenly over [0, 1], at least 1; 200 by default.
        class_id: only this column of the last axis counts, an int from 0; None (default) for all.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.RecallAtPrecision(0.5)
        >>> metric.update_state(np.array([0, 0, 0, 1, 1]), np.array([0.0, 0.3, 0.8, 0.3, 0.8]))
        >>> round(float(metric.result()), 3)
        1.0
    """

    argument_checks = ranges.checks(precision=ranges.fraction)

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: LossDType = None,
    ):
        super().__init__(precision, "precision", num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        precision, recall, _ = self._rates()
        return self._best(recall, precision)
