"""What the area under a curve and single points of it share: counts at many thresholds."""

from __future__ import annotations

from keraslite import ops
from keraslite.backend.contract import Tensor
from keraslite.metrics.base import Metric
from keraslite.metrics.counts import by_parts, counts
from keraslite.variable import Variable

STATE = ("true_positives", "false_positives", "true_negatives", "false_negatives")


def _total(weights: Tensor) -> Tensor:
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
        """The thresholds, ascending. A prediction above a threshold is positive."""
        return self._thresholds

    def _add_counts(self, shape: tuple[int, ...]) -> None:
        for name in STATE:
            setattr(self, name, self.add_variable(shape, "zeros", name=name))

    def _assign(self, true: Tensor, false: Tensor, positives: Tensor, negatives: Tensor) -> None:
        self.true_positives.assign_add(true)
        self.false_positives.assign_add(false)
        self.true_negatives.assign_add(negatives - false)
        self.false_negatives.assign_add(positives - true)

    def _count(self, y_true: Tensor, y_pred: Tensor, weights: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        true, false = counts(y_true, y_pred, weights, self.thresholds)
        positives = by_parts(_total, ops.where(y_true, weights, ops.zeros_like(weights)))
        return true, false, positives, by_parts(_total, weights) - positives

    def _rates(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return precision, recall and the rate of false positives at each threshold."""
        true, false = self.true_positives.value, self.false_positives.value
        precision = ops.divide_no_nan(true, true + false)
        recall = ops.divide_no_nan(true, true + self.false_negatives.value)
        return precision, recall, ops.divide_no_nan(false, false + self.true_negatives.value)
