"""Area under a curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.losses.base import LossDType, align
from keraslite.metrics.counts import even_thresholds, prepare, threshold_list
from keraslite.metrics.curve import CurveMetric
from keraslite.serialization import builtin

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "minoring", "majoring")


@builtin("keras.metrics")
class AUC(CurveMetric):
    """Area under the ROC curve or the precision-recall curve.

    Targets are 0 or 1 and predictions are in [0, 1], of one shape. The curve is computed from counts at a number of
    thresholds, so the area is approximate.

    Sources: Fawcett, 2006, "An introduction to ROC analysis"; Davis & Goadrich, 2006, "The relationship between
    precision-recall and ROC curves"; Flach & Kull, 2015, "Precision-recall-gain curves".

    Args:
        num_thresholds: how many thresholds, spread evenly over [0, 1], at least 2; 200 by default. More are more exact.
        curve: "ROC" (default), "PR" for precision over recall, or "PRGAIN" for the gain of precision over the gain of
            recall.
        summation_method: "interpolation" (default) for trapezoids (and the interpolation of Davis & Goadrich for
            "PR"), "minoring" for a lower sum, "majoring" for an upper sum.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.
        thresholds: a list of thresholds in [0, 1] instead of `num_thresholds`; 0 and 1 are added at the ends. None by
            default.
        multi_label: whether predictions are `(batch, labels)` and the result is the mean of the labels' areas; False
            by default.
        num_labels: with `multi_label`, the number of labels, so that state exists before the first batch; None by
            default.
        label_weights: with `multi_label`, the weights of the labels in the mean; otherwise the weights of the columns
            of the predictions. A list of numbers of at least 0; None (default) for 1.
        from_logits: whether predictions are logits instead of probabilities; False by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.AUC()
        >>> metric.update_state(np.array([0, 0, 1, 1]), np.array([0.0, 0.5, 0.3, 0.9]))
        >>> float(metric.result())
        0.75
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

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: LossDType = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ):
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

    def _set_thresholds(self, number: int, thresholds: Sequence[float] | None) -> None:
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

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in one batch.

        Args:
            y_true: targets 0 or 1, of any shape; `(batch, labels)` with `multi_label`.
            y_pred: predictions in [0, 1], of the same shape.
            sample_weight: weights of the samples or of the predictions; None (default) for 1.
        """
        true, pred = self._tensor(y_true), self._tensor(y_pred)
        if self.from_logits:
            pred = ops.sigmoid(pred)
        if self.multi_label:
            self._update_labels(true, pred, sample_weight)
            return
        if self.label_weights is not None:
            each = ops.ones_like(pred) * self._tensor(self.label_weights)
            weights = None if sample_weight is None else align(self._tensor(sample_weight), pred, "sample_weight")
            sample_weight = each if weights is None else each * weights
        self._assign(*self._count(*prepare(self, true, pred, sample_weight)))

    def _update_labels(self, y_true: Tensor, y_pred: Tensor, sample_weight: TensorLike | None) -> None:
        if len(y_pred.shape) != 2:
            raise ArgumentError(
                f"`AUC(multi_label=True)` needs predictions of shape (batch, labels). Received {tuple(y_pred.shape)}."
            )
        if not self._built:
            self._build(y_pred.shape[1])
        self._assign(*self._count(*prepare(self, y_true, y_pred, sample_weight, flat=False)))

    def result(self) -> Tensor:
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

    def _curve(self) -> tuple[Tensor, Tensor]:
        """Return x and y at each threshold, from the lowest on."""
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

    def _heights(self, y: Tensor) -> Tensor:
        if self.summation_method == "interpolation":
            return (y[:-1, ...] + y[1:, ...]) / 2.0
        return (ops.minimum if self.summation_method == "minoring" else ops.maximum)(y[:-1, ...], y[1:, ...])

    def interpolate_pr_auc(self) -> Tensor:
        """Return the area under the precision-recall curve, interpolated as Davis & Goadrich (2006) do.

        Between two thresholds, true and false positives grow in proportion.

        Precision is then `(a + slope * t) / t` for `t` positive predictions, which integrates to a logarithm.
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
