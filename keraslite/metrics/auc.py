"""Area under a curve, and single points of such curves."""

from __future__ import annotations

from typing import Any

from keraslite import ops, ranges
from keraslite.errors import ArgumentError
from keraslite.losses.base import align
from keraslite.metrics.base import Metric
from keraslite.metrics.counts import by_parts, counts, even_thresholds, prepare, threshold_list
from keraslite.serialization import builtin
from keraslite.variable import Variable

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "minoring", "majoring")
STATE = ("true_positives", "false_positives", "true_negatives", "false_negatives")


def _total(weights: Any) -> Any:
    return ops.sum(weights, axis=0)


class CurveMetric(Metric):
    """Counts of right and wrong decisions at many thresholds."""

    _direction = "up"
    _thresholds: list[float]
    true_positives: Variable
    false_positives: Variable
    true_negatives: Variable
    false_negatives: Variable

    @property
    def thresholds(self) -> list[float]:
        """Above which predictions are positive, ascending."""
        return self._thresholds

    def _add_counts(self, shape: tuple[int, ...]) -> None:
        for name in STATE:
            setattr(self, name, self.add_variable(shape, "zeros", name=name))

    def _assign(self, true: Any, false: Any, positives: Any, negatives: Any) -> None:
        self.true_positives.assign_add(true)
        self.false_positives.assign_add(false)
        self.true_negatives.assign_add(negatives - false)
        self.false_negatives.assign_add(positives - true)

    def _count(self, y_true: Any, y_pred: Any, weights: Any) -> tuple[Any, Any, Any, Any]:
        true, false = counts(y_true, y_pred, weights, self.thresholds)
        positives = by_parts(_total, ops.where(y_true, weights, ops.zeros_like(weights)))
        return true, false, positives, by_parts(_total, weights) - positives

    def _rates(self) -> tuple[Any, Any, Any]:
        """Precision, recall and the rate of false positives at each threshold."""
        true, false = self.true_positives.value, self.false_positives.value
        precision = ops.divide_no_nan(true, true + false)
        recall = ops.divide_no_nan(true, true + self.false_negatives.value)
        return precision, recall, ops.divide_no_nan(false, false + self.true_negatives.value)


@builtin("keras.metrics")
class AUC(CurveMetric):
    """Area under the ROC or precision-recall curve, from counts at thresholds (so approximate).

    Targets 0 or 1 and predictions in [0, 1], of one shape.

    Args:
        num_thresholds: how many, spread evenly; more are more exact.
        curve: "ROC", "PR" or "PRGAIN" (Flach & Kull, 2015).
        summation_method: "interpolation" (ROC: trapezoids; PR: after Davis & Goadrich, 2006), "minoring" or
            "majoring", a lower or upper sum.
        thresholds: these instead of `num_thresholds`; 0 and 1 are added at the ends.
        multi_label: predictions are `(batch, labels)`; the mean of the labels' areas.
        num_labels: with `multi_label`, so that state exists before the first batch.
        label_weights: with `multi_label`, weights of that mean; otherwise of each label's decisions.
        from_logits: predictions are logits.
    """

    argument_checks = ranges.checks(
        num_thresholds=ranges.integer(2),
        curve=ranges.one_of(*CURVES, fold=True),
        summation_method=ranges.one_of(*SUMMATIONS, fold=True),
        thresholds=ranges.items(ranges.fraction) | None,
        multi_label=ranges.flag,
        num_labels=ranges.unsigned_int | None,
        label_weights=ranges.items(ranges.unsigned) | None,
        from_logits=ranges.flag,
    )

    def __init__(self, num_thresholds: int = 200, curve: str = "ROC", summation_method: str = "interpolation",
                 name: str | None = None, dtype: Any = None, thresholds: Any = None, multi_label: bool = False,
                 num_labels: int | None = None, label_weights: Any = None, from_logits: bool = False):  # fmt: skip
        super().__init__(dtype, name)
        self.curve, self.summation_method = curve, summation_method
        self._set_thresholds(num_thresholds, thresholds)
        self.multi_label, self.num_labels, self.from_logits = multi_label, num_labels, from_logits
        if num_labels and not multi_label:
            raise ArgumentError(f"`AUC` needs `num_labels` only with `multi_label=True`. Received {num_labels!r}.")
        self.label_weights = None if label_weights is None else [float(weight) for weight in label_weights]
        self._built = False
        if not multi_label or num_labels:
            self._build(num_labels)

    def _set_thresholds(self, number: int, thresholds: Any) -> None:
        if thresholds is None:
            self.num_thresholds = number
            self._thresholds = even_thresholds(number)
            return
        inner = sorted(threshold_list(thresholds, 0.5))
        ends = even_thresholds(2)
        self.num_thresholds = len(inner) + 2
        self._thresholds = [ends[0], *inner, ends[1]]
        self._inner_thresholds = inner

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        inner = getattr(self, "_inner_thresholds", None)
        if inner is None:
            config.pop("thresholds", None)
            return config
        return {**config, "thresholds": list(inner)}

    def _build(self, labels: int | None) -> None:
        self._add_counts((self.num_thresholds,) if labels is None else (self.num_thresholds, labels))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch."""
        y_true, y_pred = self._tensor(y_true), self._tensor(y_pred)
        if self.from_logits:
            y_pred = ops.sigmoid(y_pred)
        if self.multi_label:
            self._update_labels(y_true, y_pred, sample_weight)
            return
        if self.label_weights is not None:
            each = ops.ones_like(y_pred) * self._tensor(self.label_weights)
            weights = None if sample_weight is None else align(self._tensor(sample_weight), y_pred, "sample_weight")
            sample_weight = each if weights is None else each * weights
        self._assign(*self._count(*prepare(self, y_true, y_pred, sample_weight)))

    def _update_labels(self, y_true: Any, y_pred: Any, sample_weight: Any) -> None:
        if len(y_pred.shape) != 2:
            raise ArgumentError(
                f"`AUC(multi_label=True)` needs predictions of shape (batch, labels). Received {tuple(y_pred.shape)}."
            )
        if not self._built:
            self._build(y_pred.shape[1])
        self._assign(*self._count(*prepare(self, y_true, y_pred, sample_weight, flat=False)))

    def result(self) -> Any:
        if not self._built:
            raise ArgumentError("`AUC.result` needs an update first: the number of labels is not known yet.")
        if self.curve == "PR" and self.summation_method == "interpolation":
            area = self.interpolate_pr_auc()
        else:
            x, y = self._curve()
            area = ops.sum((x[:-1, ...] - x[1:, ...]) * self._heights(y), axis=0)
        if not self.multi_label:
            return area
        if self.label_weights is None:
            return ops.mean(area)
        weights = self._tensor(self.label_weights)
        return ops.divide_no_nan(ops.sum(area * weights), ops.sum(weights))

    def _curve(self) -> tuple[Any, Any]:
        """x and y at each threshold, from the lowest on."""
        precision, recall, false_rate = self._rates()
        if self.curve == "ROC":
            return false_rate, recall
        if self.curve == "PR":
            return recall, precision
        true, false, missed = self.true_positives.value, self.false_positives.value, self.false_negatives.value
        odds = ops.divide_no_nan(true + missed, false + self.true_negatives.value)
        recall_gain, precision_gain = (1.0 - odds * ops.divide_no_nan(wrong, true) for wrong in (missed, false))
        # Minus infinity where nothing is found; the curve starts at 0.
        recall_gain = ops.where(ops.greater(true, 0), recall_gain, ops.zeros_like(recall_gain))
        return ops.clip(recall_gain, 0.0, 1.0), precision_gain

    def _heights(self, y: Any) -> Any:
        if self.summation_method == "interpolation":
            return (y[:-1, ...] + y[1:, ...]) / 2.0
        return (ops.minimum if self.summation_method == "minoring" else ops.maximum)(y[:-1, ...], y[1:, ...])

    def interpolate_pr_auc(self) -> Any:
        """Area under precision over recall where, between thresholds, true and false positives grow in proportion.

        Precision is then `(a + slope * t) / t` for `t` positives, which integrates to a logarithm.
        """
        true, missed = self.true_positives.value, self.false_negatives.value
        positive = true + self.false_positives.value
        gained = true[:-1, ...] - true[1:, ...]
        slope = ops.divide_no_nan(gained, ops.maximum(positive[:-1, ...] - positive[1:, ...], 0.0))
        intercept = true[1:, ...] - slope * positive[1:, ...]
        both = ops.logical_and(ops.greater(positive[:-1, ...], 0.0), ops.greater(positive[1:, ...], 0.0))
        ratio = ops.where(both, ops.divide_no_nan(positive[:-1, ...], positive[1:, ...]), ops.ones_like(slope))
        area = slope * (gained + intercept * ops.log(ratio))
        return ops.sum(ops.divide_no_nan(area, ops.maximum(true[1:, ...] + missed[1:, ...], 0.0)), axis=0)


class PointMetric(CurveMetric):
    """One rate, the best that is reached where another is at least `value`."""

    argument_checks = ranges.checks(num_thresholds=ranges.positive_int, class_id=ranges.unsigned_int | None)

    def __init__(self, value: float, what: str, num_thresholds: int, class_id: int | None, name: str | None,
                 dtype: Any):  # fmt: skip
        super().__init__(dtype, name)
        setattr(self, what, value)
        self._value, self.class_id, self.num_thresholds = value, class_id, num_thresholds
        self._thresholds = [0.5] if num_thresholds == 1 else even_thresholds(num_thresholds)
        self._add_counts((num_thresholds,))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch: targets 0 or 1, predictions in [0, 1], of one shape."""
        parts = prepare(self, y_true, y_pred, sample_weight, class_id=self.class_id)
        self._assign(*self._count(*parts))

    def _best(self, wanted: Any, given: Any) -> Any:
        reached = ops.greater_equal(given, self._value)
        return ops.max(ops.where(reached, wanted, ops.zeros_like(wanted)))


@builtin("keras.metrics")
class SensitivityAtSpecificity(PointMetric):
    """The best recall among thresholds where specificity is at least `specificity`."""

    argument_checks = ranges.checks(specificity=ranges.fraction)

    def __init__(self, specificity: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None, dtype: Any = None):  # fmt: skip
        super().__init__(specificity, "specificity", num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        _, recall, _ = self._rates()
        true = self.true_negatives.value
        return self._best(recall, ops.divide_no_nan(true, true + self.false_positives.value))


@builtin("keras.metrics")
class SpecificityAtSensitivity(PointMetric):
    """The best specificity among thresholds where recall is at least `sensitivity`."""

    argument_checks = ranges.checks(sensitivity=ranges.fraction)

    def __init__(self, sensitivity: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None, dtype: Any = None):  # fmt: skip
        super().__init__(sensitivity, "sensitivity", num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        _, recall, _ = self._rates()
        true = self.true_negatives.value
        return self._best(ops.divide_no_nan(true, true + self.false_positives.value), recall)


@builtin("keras.metrics")
class PrecisionAtRecall(PointMetric):
    """The best precision among thresholds where recall is at least `recall`."""

    argument_checks = ranges.checks(recall=ranges.fraction)

    def __init__(self, recall: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None, dtype: Any = None):  # fmt: skip
        super().__init__(recall, "recall", num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        precision, recall, _ = self._rates()
        return self._best(precision, recall)


@builtin("keras.metrics")
class RecallAtPrecision(PointMetric):
    """The best recall among thresholds where precision is at least `precision`."""

    argument_checks = ranges.checks(precision=ranges.fraction)

    def __init__(self, precision: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None, dtype: Any = None):  # fmt: skip
        super().__init__(precision, "precision", num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        precision, recall, _ = self._rates()
        return self._best(recall, precision)
