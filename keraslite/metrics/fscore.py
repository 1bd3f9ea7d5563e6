"""F scores."""

from __future__ import annotations

from typing import Any

from keraslite import ops, ranges
from keraslite.errors import ArgumentError
from keraslite.losses.base import align
from keraslite.metrics.base import Metric
from keraslite.metrics.counts import by_parts, matrices
from keraslite.serialization import builtin
from keraslite.variable import Variable

AVERAGES = (None, "micro", "macro", "weighted")
STATE = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


@builtin("keras.metrics")
class FBetaScore(Metric):
    """`(1 + beta^2) precision recall / (beta^2 precision + recall)`, per class or averaged.

    Targets 0 or 1 and predictions, both `(batch, classes)`. The result is `(classes,)`, with `average` a scalar.

    Args:
        average: None, "micro" (over all decisions), "macro" (mean of classes), "weighted" (by class frequency).
        beta: > 0; how much recall weighs against precision.
        threshold: above which a prediction is positive; None takes each row's largest.
    """

    _direction = "up"
    true_positives: Variable
    false_positives: Variable
    false_negatives: Variable
    intermediate_weights: Variable

    argument_checks = ranges.checks(
        average=ranges.one_of(*AVERAGES), beta=ranges.positive, threshold=ranges.fraction | None
    )

    def __init__(self, average: str | None = None, beta: float = 1.0, threshold: float | None = None,
                 name: str | None = "fbeta_score", dtype: Any = None):  # fmt: skip
        super().__init__(dtype, name)
        self.average, self.beta, self.threshold = average, beta, threshold
        self._built = False

    def _build(self, classes: int) -> None:
        shape = () if self.average == "micro" else (classes,)
        for name in STATE:
            setattr(self, name, self.add_variable(shape, "zeros", name=name))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch."""
        y_true, y_pred = matrices(self, y_true, y_pred, "classes", " Make class indices one-hot.")
        if not self._built:
            self._build(y_pred.shape[-1])
        decided = self._decided(y_pred)
        weights = None if sample_weight is None else align(self._tensor(sample_weight), y_true, "sample_weight")
        axis = None if self.average == "micro" else 0

        def total(values: Any) -> Any:
            values = values if weights is None else values * weights
            return by_parts(lambda part: ops.sum(part, axis=axis), values)

        self.true_positives.assign_add(total(decided * y_true))
        self.false_positives.assign_add(total(decided * (1.0 - y_true)))
        self.false_negatives.assign_add(total((1.0 - decided) * y_true))
        self.intermediate_weights.assign_add(total(y_true))

    def _decided(self, y_pred: Any) -> Any:
        if self.threshold is not None:
            return self._tensor(ops.greater(y_pred, self.threshold))
        largest = ops.equal(y_pred, ops.max(y_pred, axis=-1, keepdims=True))
        return self._tensor(ops.logical_and(largest, ops.greater(ops.abs(y_pred), 1e-9)))

    def result(self) -> Any:
        if not self._built:
            raise ArgumentError(f"`{type(self).__name__}.result` needs an update first: classes are not known yet.")
        true = self.true_positives.value
        precision = ops.divide_no_nan(true, true + self.false_positives.value)
        recall = ops.divide_no_nan(true, true + self.false_negatives.value)
        square = self.beta**2
        score = ops.divide_no_nan((1.0 + square) * precision * recall, square * precision + recall)
        if self.average == "weighted":
            weights = self.intermediate_weights.value
            return ops.sum(score * ops.divide_no_nan(weights, ops.sum(weights)))
        return ops.mean(score) if self.average == "macro" else score


@builtin("keras.metrics")
class F1Score(FBetaScore):
    """`2 precision recall / (precision + recall)`, per class or averaged; see `FBetaScore`."""

    def __init__(self, average: str | None = None, threshold: float | None = None, name: str | None = "f1_score",
                 dtype: Any = None):  # fmt: skip
        super().__init__(average, 1.0, threshold, name, dtype)
