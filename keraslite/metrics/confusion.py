"""True and false positives and negatives, precision and recall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.losses.base import LossDType
from keraslite.metrics.base import Metric
from keraslite.metrics.counts import THRESHOLDS, counts, prepare, threshold_list
from keraslite.serialization import builtin
from keraslite.variable import Variable


class ConditionCount(Metric):
    """Weight of the predictions of one kind at each threshold: positive or not, right or not."""

    positive: ClassVar[bool]
    right: ClassVar[bool]

    argument_checks = ranges.checks(thresholds=THRESHOLDS | None)

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        name: str | None = None,
        dtype: LossDType = None,
    ):
        super().__init__(dtype, name)
        self.init_thresholds = thresholds
        self.thresholds = threshold_list(thresholds, 0.5)
        self.accumulator = self.add_variable((len(self.thresholds),), "zeros", name="accumulator")

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in one batch.

        Args:
            y_true: targets 0 or 1, of any shape.
            y_pred: predictions in [0, 1], of the same shape.
            sample_weight: weights of the samples or of the predictions; None (default) for 1.
        """
        true, pred, weights = prepare(self, y_true, y_pred, sample_weight)
        target = true if self.positive == self.right else ops.logical_not(true)
        of_target, _ = counts(target, pred, weights, self.thresholds)
        if not self.positive:
            of_target = ops.sum(ops.where(target, weights, ops.zeros_like(weights))) - of_target
        self.accumulator.assign_add(of_target)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}

    def result(self) -> Tensor:
        return ops.copy(self.accumulator.value[0] if len(self.thresholds) == 1 else self.accumulator.value)


@builtin("keras.metrics")
class TruePositives(ConditionCount):
    """Weight of the predictions that are positive and right.

    Targets are 0 or 1 and predictions are in [0, 1], of one shape. With several thresholds, the result has one number
    for each.

    Args:
        thresholds: a prediction above it is positive; a number in [0, 1] or a list of them. None (default) for 0.5.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.TruePositives()
        >>> metric.update_state(np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.2, 0.8, 0.7, 0.1]))
        >>> float(metric.result())
        1.0
    """

    positive, right = True, True


@builtin("keras.metrics")
class FalsePositives(ConditionCount):
    """Weight of the predictions that are positive and wrong.

    Targets are 0 or 1 and predictions are in [0, 1], of one shape. With several thresholds, the result has one number
    for each.

    Args:
        thresholds: a prediction above it is positive; a number in [0, 1] or a list of them. None (default) for 0.5.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.FalsePositives()
        >>> metric.update_state(np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.2, 0.8, 0.7, 0.1]))
        >>> float(metric.result())
        2.0
    """

    positive, right = True, False


@builtin("keras.metrics")
class TrueNegatives(ConditionCount):
    """Weight of the predictions that are negative and right.

    Targets are 0 or 1 and predictions are in [0, 1], of one shape. With several thresholds, the result has one number
    for each.

    Args:
        thresholds: a prediction above it is positive; a number in [0, 1] or a list of them. None (default) for 0.5.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.TrueNegatives()
        >>> metric.update_state(np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.2, 0.8, 0.7, 0.1]))
        >>> float(metric.result())
        1.0
    """

    positive, right = False, True


@builtin("keras.metrics")
class FalseNegatives(ConditionCount):
    """Weight of the predictions that are negative and wrong.

    Targets are 0 or 1 and predictions are in [0, 1], of one shape. With several thresholds, the result has one number
    for each.

    Args:
        thresholds: a prediction above it is positive; a number in [0, 1] or a list of them. None (default) for 0.5.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.FalseNegatives()
        >>> metric.update_state(np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.2, 0.8, 0.7, 0.1]))
        >>> float(metric.result())
        1.0
    """

    positive, right = False, False


class _Ratio(Metric):
    """What Precision and Recall share: true positives over them and one kind of error, `error`."""

    _direction = "up"
    error: ClassVar[str]

    argument_checks = ranges.checks(
        thresholds=THRESHOLDS | None, top_k=ranges.positive_int | None, class_id=ranges.unsigned_int | None
    )

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: LossDType = None,
    ):
        super().__init__(dtype, name)
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        # With `top_k` alone, every prediction that is kept is positive.
        self.thresholds = threshold_list(thresholds, 0.5 if top_k is None else -float("inf"))
        shape = (len(self.thresholds),)
        self.true_positives = self.add_variable(shape, "zeros", name="true_positives")
        self.errors = self.add_variable(shape, "zeros", name=self.error)
        setattr(self, self.error, self.errors)

    def _counted(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        target, pred, weights = prepare(self, y_true, y_pred, sample_weight, self.top_k, self.class_id)
        true, false = counts(target, pred, weights, self.thresholds)
        return true, false, ops.sum(ops.where(target, weights, ops.zeros_like(weights)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}

    def result(self) -> Tensor:
        right = self.true_positives.value
        ratio = ops.divide_no_nan(right, right + self.errors.value)
        return ratio[0] if len(self.thresholds) == 1 else ratio


@builtin("keras.metrics")
class Precision(_Ratio):
    """The part of the positive predictions that are right: `true positives / positive predictions`.

    Targets are 0 or 1 and predictions are in [0, 1], of one shape. The result is 0 if no prediction is positive. With
    several thresholds it has one number for each.

    Args:
        thresholds: a prediction above it is positive; a number in [0, 1] or a list of them. None (default) for 0.5.
        top_k: only the `top_k` largest predictions of each row can be positive, at least 1; None (default) for all.
        class_id: only this column of the last axis counts, an int from 0; None (default) for all.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.Precision()
        >>> metric.update_state(np.array([0, 1, 1, 1]), np.array([0.8, 0.1, 0.9, 0.4]))
        >>> float(metric.result())
        0.5
    """

    error = "false_positives"
    false_positives: Variable

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in one batch.

        Args:
            y_true: targets 0 or 1, of any shape.
            y_pred: predictions in [0, 1], of the same shape.
            sample_weight: weights of the samples or of the predictions; None (default) for 1.
        """
        true, false, _ = self._counted(y_true, y_pred, sample_weight)
        self.true_positives.assign_add(true)
        self.errors.assign_add(false)


@builtin("keras.metrics")
class Recall(_Ratio):
    """The part of the positive targets that are found: `true positives / positive targets`.

    Targets are 0 or 1 and predictions are in [0, 1], of one shape. The result is 0 if no target is positive. With
    several thresholds it has one number for each.

    Args:
        thresholds: a prediction above it is positive; a number in [0, 1] or a list of them. None (default) for 0.5.
        top_k: only the `top_k` largest predictions of each row can be positive, at least 1; None (default) for all.
        class_id: only this column of the last axis counts, an int from 0; None (default) for all.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.Recall()
        >>> metric.update_state(np.array([0, 1, 1, 1, 1]), np.array([0.8, 0.1, 0.9, 0.4, 0.2]))
        >>> float(metric.result())
        0.25
    """

    error = "false_negatives"
    false_negatives: Variable

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in one batch.

        Args:
            y_true: targets 0 or 1, of any shape.
            y_pred: predictions in [0, 1], of the same shape.
            sample_weight: weights of the samples or of the predictions; None (default) for 1.
        """
        true, _, positives = self._counted(y_true, y_pred, sample_weight)
        self.true_positives.assign_add(true)
        self.errors.assign_add(positives - true)
