"""F scores."""

from __future__ import annotations

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.losses.base import LossDType, align
from keraslite.metrics.base import Metric
from keraslite.metrics.counts import by_parts, matrices
from keraslite.serialization import builtin
from keraslite.variable import Variable

AVERAGES = (None, "micro", "macro", "weighted")
STATE = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


@builtin("keras.metrics")
class FBetaScore(Metric):
    """Weighted harmonic mean of precision and recall, per class or averaged.

    The score is `(1 + beta ** 2) * precision * recall / (beta ** 2 * precision + recall)`. Targets are 0 or 1 and
    predictions are scores, both `(batch, classes)`.

    Source: van Rijsbergen, 1979, "Information retrieval".

    Args:
        average: how the scores of the classes are joined: "micro" for the score over all decisions, "macro" for their
            mean, "weighted" for their mean weighted by how often each class is the target; None (default) for no
            joining.
        beta: how many times as much recall weighs as precision, greater than 0; 1 by default.
        threshold: a prediction above it is positive, in [0, 1]; None (default) for the largest of each row.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Returns:
        `result()` is a scalar, or `(classes,)` with `average=None`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.FBetaScore(beta=2.0, threshold=0.5, average="micro")
        >>> metric.update_state(np.array([[1, 1], [1, 0]]), np.array([[0.6, 0.2], [0.6, 0.7]]))
        >>> round(float(metric.result()), 3)
        0.667
    """

    _direction = "up"
    true_positives: Variable
    false_positives: Variable
    false_negatives: Variable
    intermediate_weights: Variable

    argument_checks = ranges.checks(
        average=ranges.one_of(*AVERAGES), beta=ranges.positive, threshold=ranges.fraction | None
    )

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: LossDType = None,
    ):
        super().__init__(dtype, name)
        self.average, self.beta, self.threshold = average, beta, threshold
        self._built = False

    def _build(self, classes: int) -> None:
        shape = () if self.average == "micro" else (classes,)
        for name in STATE:
            setattr(self, name, self.add_variable(shape, "zeros", name=name))
        self._built = True

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in one batch.

        Args:
            y_true: targets 0 or 1, `(batch, classes)`.
            y_pred: predictions, `(batch, classes)`.
            sample_weight: weights of the samples, `(batch,)`, or of the elements, `(batch, classes)`; None (default)
                for 1.
        """
        true, pred = matrices(self, y_true, y_pred, "classes", " Make class indices one-hot.")
        if not self._built:
            self._build(pred.shape[-1])
        decided = self._decided(pred)
        weights = None if sample_weight is None else align(self._tensor(sample_weight), true, "sample_weight")
        axis = None if self.average == "micro" else 0

        def total(values: Tensor) -> Tensor:
            values = values if weights is None else values * weights
            return by_parts(lambda part: ops.sum(part, axis=axis), values)

        self.true_positives.assign_add(total(decided * true))
        self.false_positives.assign_add(total(decided * (1.0 - true)))
        self.false_negatives.assign_add(total((1.0 - decided) * true))
        self.intermediate_weights.assign_add(total(true))

    def _decided(self, y_pred: Tensor) -> Tensor:
        if self.threshold is not None:
            return self._tensor(ops.greater(y_pred, self.threshold))
        largest = ops.equal(y_pred, ops.max(y_pred, axis=-1, keepdims=True))
        return self._tensor(ops.logical_and(largest, ops.greater(ops.abs(y_pred), 1e-9)))

    def result(self) -> Tensor:
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
    """Harmonic mean of precision and recall, per class or averaged.

    The score is `2 * precision * recall / (precision + recall)`. Targets are 0 or 1 and predictions are scores, both
    `(batch, classes)`.

    Args:
        average: how the scores of the classes are joined: "micro" for the score over all decisions, "macro" for their
            mean, "weighted" for their mean weighted by how often each class is the target; None (default) for no
            joining.
        threshold: a prediction above it is positive, in [0, 1]; None (default) for the largest of each row.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Returns:
        `result()` is a scalar, or `(classes,)` with `average=None`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.F1Score(threshold=0.5, average="micro")
        >>> metric.update_state(np.array([[1, 1], [1, 0]]), np.array([[0.6, 0.2], [0.6, 0.7]]))
        >>> round(float(metric.result()), 3)
        0.667
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: LossDType = None,
    ):
        super().__init__(average, 1.0, threshold, name, dtype)
