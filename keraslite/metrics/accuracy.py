"""How often predictions are right."""

from __future__ import annotations

from keraslite import config, ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.losses.base import LossDType, operands, same_rank
from keraslite.metrics.reduction import FunctionMetric, LabelMetric
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin


def accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return 1 where both are equal, else 0."""
    true, pred = same_rank(*operands(y_true, y_pred))
    return ops.cast(ops.equal(true, pred), config.floatx())


def binary_accuracy(y_true: TensorLike, y_pred: TensorLike, threshold: float | None = 0.5) -> Tensor:
    """Return 1 where a prediction and a target 0 or 1 agree, else 0.

    Args:
        y_true: targets 0 or 1, of any shape.
        y_pred: predictions, of the same shape.
        threshold: predictions above it count as 1; 0.5 by default, and if None.

    Returns:
        A float tensor of the shape of `y_pred`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics, ops
        >>> right = metrics.binary_accuracy(np.array([1, 0, 1]), np.array([0.9, 0.2, 0.4]))
        >>> ops.convert_to_numpy(right).tolist()
        [1.0, 1.0, 0.0]
    """
    true, pred = same_rank(*operands(y_true, y_pred))
    decided = ops.cast(ops.greater(pred, 0.5 if threshold is None else threshold), true.dtype)
    return ops.cast(ops.equal(true, decided), config.floatx())


def categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return 1 where targets and predictions are largest at the same class, else 0.

    Args:
        y_true: targets, usually one-hot, `(..., classes)`.
        y_pred: scores of the classes, of the same shape.

    Returns:
        A float tensor of shape `(...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics, ops
        >>> y_true = np.array([[0, 1, 0], [0, 0, 1]])
        >>> y_pred = np.array([[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]])
        >>> ops.convert_to_numpy(metrics.categorical_accuracy(y_true, y_pred)).tolist()
        [1.0, 0.0]
    """
    true, pred = operands(y_true, y_pred)
    return ops.cast(ops.equal(ops.argmax(true, axis=-1), ops.argmax(pred, axis=-1)), config.floatx())


def sparse_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return 1 where a prediction is largest at the class that its target names, else 0.

    Args:
        y_true: class indices, `(...)` or `(..., 1)`.
        y_pred: scores of the classes, `(..., classes)`.

    Returns:
        A float tensor of shape `(...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics, ops
        >>> y_pred = np.array([[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]])
        >>> ops.convert_to_numpy(metrics.sparse_categorical_accuracy(np.array([1, 2]), y_pred)).tolist()
        [1.0, 0.0]
    """
    labels, pred = _labels(y_true, y_pred)
    return ops.cast(ops.equal(labels, ops.cast(ops.argmax(pred, axis=-1), "int32")), config.floatx())


def top_k_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike, k: int = 5) -> Tensor:
    """Return 1 where the class of the target is among the `k` likeliest, else 0.

    Args:
        y_true: targets, usually one-hot, `(..., classes)`.
        y_pred: scores of the classes, of the same shape.
        k: how many classes count, at least 1; 5 by default.

    Returns:
        A float tensor of shape `(...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics, ops
        >>> y_true = np.array([[0, 1, 0], [0, 0, 1]])
        >>> y_pred = np.array([[0.1, 0.7, 0.2], [0.5, 0.4, 0.1]])
        >>> ops.convert_to_numpy(metrics.top_k_categorical_accuracy(y_true, y_pred, k=2)).tolist()
        [1.0, 0.0]
    """
    true, pred = operands(y_true, y_pred)
    return sparse_top_k_categorical_accuracy(ops.argmax(true, axis=-1), pred, k)


def sparse_top_k_categorical_accuracy(
    y_true: TensorLike, y_pred: TensorLike, k: int = 5, from_sorted_ids: bool = False
) -> Tensor:
    """Return 1 where the class that the target names is among the `k` likeliest, else 0. Ties count as among them.

    Args:
        y_true: class indices, `(...)` or `(..., 1)`.
        y_pred: scores of the classes, `(..., classes)`; with `from_sorted_ids` class indices, likeliest first.
        k: how many classes count, at least 1; 5 by default.
        from_sorted_ids: whether predictions are class indices; False by default.

    Returns:
        A float tensor of shape `(...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics, ops
        >>> y_pred = np.array([[0.1, 0.7, 0.2], [0.5, 0.4, 0.1]])
        >>> right = metrics.sparse_top_k_categorical_accuracy(np.array([1, 2]), y_pred, k=2)
        >>> ops.convert_to_numpy(right).tolist()
        [1.0, 0.0]
    """
    labels, pred = _labels(y_true, y_pred)
    if from_sorted_ids:
        ids = ops.cast(pred[..., :k], "int32")
        return ops.cast(ops.any(ops.equal(ids, ops.expand_dims(labels, -1)), axis=-1), config.floatx())
    right = ops.take_along_axis(pred, ops.expand_dims(labels, -1), axis=-1)
    better = ops.sum(ops.cast(ops.greater(pred, right), "int32"), axis=-1)
    known = ops.isfinite(ops.squeeze(right, -1))
    return ops.cast(ops.logical_and(ops.less(better, k), known), config.floatx())


def _labels(y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    """Class indices as int32 without an axis of size 1 that predictions have over classes."""
    labels: Tensor = ops.cast(as_tensor(y_true), "int32")
    pred: Tensor = as_tensor(y_pred)
    if len(labels.shape) == len(pred.shape) and labels.shape[-1] == 1:
        labels = ops.squeeze(labels, -1)
    if not len(labels.shape):  # one for all
        labels = labels + ops.zeros_like(ops.argmax(pred, axis=-1), dtype="int32")
    return labels, pred


@builtin("keras.metrics")
class Accuracy(FunctionMetric):
    """How often predictions equal targets, both of one shape.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.Accuracy()
        >>> metric.update_state(np.array([1, 2, 3, 4]), np.array([0, 2, 3, 4]))
        >>> float(metric.result())
        0.75
    """

    _direction = "up"
    function = staticmethod(accuracy)

    def __init__(self, name: str | None = "accuracy", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class BinaryAccuracy(FunctionMetric):
    """How often predictions agree with targets 0 and 1, both `(batch, ..., d)`.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.
        threshold: predictions above it count as 1; 0.5 by default, and if None.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.BinaryAccuracy()
        >>> metric.update_state(np.array([[1], [1], [0], [0]]), np.array([[0.9], [0.4], [0.3], [0.2]]))
        >>> float(metric.result())
        0.75
    """

    _direction = "up"
    function = staticmethod(binary_accuracy)
    arguments = ("threshold",)
    argument_checks = ranges.checks(threshold=ranges.number() | None)

    def __init__(self, name: str | None = "binary_accuracy", dtype: LossDType = None, threshold: float | None = 0.5):
        super().__init__(name, dtype)
        self.threshold = threshold


@builtin("keras.metrics")
class CategoricalAccuracy(FunctionMetric):
    """How often the likeliest class is the class of the target; both `(batch, ..., classes)`, targets one-hot.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.CategoricalAccuracy()
        >>> metric.update_state(np.array([[0, 1], [1, 0]]), np.array([[0.2, 0.8], [0.4, 0.6]]))
        >>> float(metric.result())
        0.5
    """

    _direction = "up"
    function = staticmethod(categorical_accuracy)

    def __init__(self, name: str | None = "categorical_accuracy", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class SparseCategoricalAccuracy(LabelMetric):
    """How often the likeliest class is the class that the target names.

    Targets are class indices `(batch, ...)` or `(batch, ..., 1)`, and predictions are `(batch, ..., classes)`.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.SparseCategoricalAccuracy()
        >>> metric.update_state(np.array([1, 0]), np.array([[0.2, 0.8], [0.4, 0.6]]))
        >>> float(metric.result())
        0.5
    """

    _direction = "up"
    function = staticmethod(sparse_categorical_accuracy)

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class TopKCategoricalAccuracy(FunctionMetric):
    """How often the class of the target is among the `k` likeliest; both `(batch, ..., classes)`, targets one-hot.

    Args:
        k: how many classes count, at least 1; 5 by default.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.TopKCategoricalAccuracy(k=2)
        >>> metric.update_state(np.array([[0, 1, 0], [0, 0, 1]]), np.array([[0.4, 0.5, 0.1], [0.5, 0.4, 0.1]]))
        >>> float(metric.result())
        0.5
    """

    _direction = "up"
    function = staticmethod(top_k_categorical_accuracy)
    arguments = ("k",)
    argument_checks = ranges.checks(k=ranges.positive_int)

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: LossDType = None):
        super().__init__(name, dtype)
        self.k = k


@builtin("keras.metrics")
class SparseTopKCategoricalAccuracy(LabelMetric):
    """How often the class that the target names is among the `k` likeliest.

    Targets are class indices `(batch, ...)` or `(batch, ..., 1)`, and predictions are `(batch, ..., classes)`.

    Args:
        k: how many classes count, at least 1; 5 by default.
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.
        from_sorted_ids: whether predictions are class indices, likeliest first, instead of scores; False by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.SparseTopKCategoricalAccuracy(k=2)
        >>> metric.update_state(np.array([1, 2]), np.array([[0.4, 0.5, 0.1], [0.5, 0.4, 0.1]]))
        >>> float(metric.result())
        0.5
    """

    _direction = "up"
    function = staticmethod(sparse_top_k_categorical_accuracy)
    arguments = ("k", "from_sorted_ids")
    argument_checks = ranges.checks(k=ranges.positive_int, from_sorted_ids=ranges.flag)

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: LossDType = None,
        from_sorted_ids: bool = False,
    ):
        super().__init__(name, dtype)
        self.k, self.from_sorted_ids = k, from_sorted_ids
