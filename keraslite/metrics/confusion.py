"""True and false positives and negatives, precision and recall."""

from __future__ import annotations

from typing import Any, ClassVar

from keraslite import ops, ranges
from keraslite.metrics.base import Metric
from keraslite.metrics.counts import THRESHOLDS, counts, prepare, threshold_list
from keraslite.serialization import builtin
from keraslite.variable import Variable


class ConditionCount(Metric):
    """Weight of the predictions of one kind at each threshold: `positive` ones that are right, or wrong, or ..."""

    positive: ClassVar[bool]
    right: ClassVar[bool]

    argument_checks = ranges.checks(thresholds=THRESHOLDS | None)

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None):
        super().__init__(dtype, name)
        self.init_thresholds = thresholds
        self.thresholds = threshold_list(thresholds, 0.5)
        self.accumulator = self.add_variable((len(self.thresholds),), "zeros", name="accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch: targets 0 or 1, predictions in [0, 1], of one shape."""
        y_true, y_pred, weights = prepare(self, y_true, y_pred, sample_weight)
        target = y_true if self.positive == self.right else ops.logical_not(y_true)
        of_target, _ = counts(target, y_pred, weights, self.thresholds)
        if not self.positive:
            of_target = ops.sum(ops.where(target, weights, ops.zeros_like(weights))) - of_target
        self.accumulator.assign_add(of_target)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}

    def result(self) -> Any:
        return ops.copy(self.accumulator.value[0] if len(self.thresholds) == 1 else self.accumulator.value)


@builtin("keras.metrics")
class TruePositives(ConditionCount):
    """How many predictions are positive, rightly."""

    positive, right = True, True


@builtin("keras.metrics")
class FalsePositives(ConditionCount):
    """How many predictions are positive, wrongly."""

    positive, right = True, False


@builtin("keras.metrics")
class TrueNegatives(ConditionCount):
    """How many predictions are negative, rightly."""

    positive, right = False, True


@builtin("keras.metrics")
class FalseNegatives(ConditionCount):
    """How many predictions are negative, wrongly."""

    positive, right = False, False


class _Ratio(Metric):
    """What Precision and Recall share: true positives over them and one kind of error, `error`."""

    _direction = "up"
    error: ClassVar[str]

    argument_checks = ranges.checks(
        thresholds=THRESHOLDS | None, top_k=ranges.positive_int | None, class_id=ranges.unsigned_int | None
    )

    def __init__(self, thresholds: Any = None, top_k: int | None = None, class_id: int | None = None,
                 name: str | None = None, dtype: Any = None):  # fmt: skip
        super().__init__(dtype, name)
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        # With `top_k` alone, every prediction that is kept is positive.
        self.thresholds = threshold_list(thresholds, 0.5 if top_k is None else -float("inf"))
        shape = (len(self.thresholds),)
        self.true_positives = self.add_variable(shape, "zeros", name="true_positives")
        self.errors = self.add_variable(shape, "zeros", name=self.error)
        setattr(self, self.error, self.errors)

    def _counted(self, y_true: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        y_true, y_pred, weights = prepare(self, y_true, y_pred, sample_weight, self.top_k, self.class_id)
        true, false = counts(y_true, y_pred, weights, self.thresholds)
        return true, false, ops.sum(ops.where(y_true, weights, ops.zeros_like(weights)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}

    def result(self) -> Any:
        right = self.true_positives.value
        ratio = ops.divide_no_nan(right, right + self.errors.value)
        return ratio[0] if len(self.thresholds) == 1 else ratio


@builtin("keras.metrics")
class Precision(_Ratio):
    """Of the positive predictions, how many are right.

    Args:
        thresholds: above which a prediction is positive, one or several in [0, 1]; None is 0.5.
        top_k: only the `k` largest predictions of each row can be positive.
        class_id: only this column counts.
    """

    error = "false_positives"
    false_positives: Variable

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch: targets 0 or 1, predictions in [0, 1], of one shape."""
        true, false, _ = self._counted(y_true, y_pred, sample_weight)
        self.true_positives.assign_add(true)
        self.errors.assign_add(false)


@builtin("keras.metrics")
class Recall(_Ratio):
    """Of the positive targets, how many are predicted.

    Args:
        thresholds: above which a prediction is positive, one or several in [0, 1]; None is 0.5.
        top_k: only the `k` largest predictions of each row can be positive.
        class_id: only this column counts.
    """

    error = "false_negatives"
    false_negatives: Variable

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch: targets 0 or 1, predictions in [0, 1], of one shape."""
        true, _, positives = self._counted(y_true, y_pred, sample_weight)
        self.true_positives.assign_add(true)
        self.errors.assign_add(positives - true)
