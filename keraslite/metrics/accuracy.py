"""How often predictions are right."""

from __future__ import annotations

from typing import Any

from keraslite import config, ops, ranges
from keraslite.losses.base import operands, same_rank
from keraslite.metrics.reduction import FunctionMetric, LabelMetric
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where both are equal, else 0."""
    y_true, y_pred = same_rank(*operands(y_true, y_pred))
    return ops.cast(ops.equal(y_true, y_pred), config.floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """1 where `y_pred > threshold` agrees with the target 0 or 1, else 0; the shape of both."""
    y_true, y_pred = same_rank(*operands(y_true, y_pred))
    decided = ops.cast(ops.greater(y_pred, 0.5 if threshold is None else threshold), y_true.dtype)
    return ops.cast(ops.equal(y_true, decided), config.floatx())


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where both are largest at the same class of the last axis, else 0."""
    y_true, y_pred = operands(y_true, y_pred)
    return ops.cast(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)), config.floatx())


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the prediction is largest at the target's class, else 0; targets `(...)` or `(..., 1)`."""
    y_true, y_pred = _labels(y_true, y_pred)
    return ops.cast(ops.equal(y_true, ops.cast(ops.argmax(y_pred, axis=-1), "int32")), config.floatx())


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the target's class is among the `k` likeliest, else 0; targets one-hot."""
    y_true, y_pred = operands(y_true, y_pred)
    return sparse_top_k_categorical_accuracy(ops.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Any:
    """1 where the target's class is among the `k` likeliest, else 0; ties count as among them.

    With `from_sorted_ids` the predictions are class indices, likeliest first.
    """
    y_true, y_pred = _labels(y_true, y_pred)
    if from_sorted_ids:
        ids = ops.cast(y_pred[..., :k], "int32")
        return ops.cast(ops.any(ops.equal(ids, ops.expand_dims(y_true, -1)), axis=-1), config.floatx())
    right = ops.take_along_axis(y_pred, ops.expand_dims(y_true, -1), axis=-1)
    better = ops.sum(ops.cast(ops.greater(y_pred, right), "int32"), axis=-1)
    known = ops.isfinite(ops.squeeze(right, -1))
    return ops.cast(ops.logical_and(ops.less(better, k), known), config.floatx())


def _labels(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Class indices as int32 without an axis of size 1 that predictions have over classes."""
    y_true, y_pred = ops.cast(as_tensor(y_true), "int32"), as_tensor(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    if not len(y_true.shape):  # one for all
        y_true = y_true + ops.zeros_like(ops.argmax(y_pred, axis=-1), dtype="int32")
    return y_true, y_pred


@builtin("keras.metrics")
class Accuracy(FunctionMetric):
    """How often predictions equal targets."""

    _direction = "up"
    function = staticmethod(accuracy)

    def __init__(self, name: str | None = "accuracy", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class BinaryAccuracy(FunctionMetric):
    """How often `y_pred > threshold` agrees with targets of 0 and 1. Both `(batch, ..., d)`."""

    _direction = "up"
    function = staticmethod(binary_accuracy)
    arguments = ("threshold",)
    argument_checks = ranges.checks(threshold=ranges.number() | None)

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5):
        super().__init__(name, dtype)
        self.threshold = threshold


@builtin("keras.metrics")
class CategoricalAccuracy(FunctionMetric):
    """How often the likeliest class is the target's. Both `(batch, ..., classes)`."""

    _direction = "up"
    function = staticmethod(categorical_accuracy)

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class SparseCategoricalAccuracy(LabelMetric):
    """How often the likeliest class is the target. Targets `(batch, ...)` or `(batch, ..., 1)`, class indices."""

    _direction = "up"
    function = staticmethod(sparse_categorical_accuracy)

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class TopKCategoricalAccuracy(FunctionMetric):
    """How often the target's class is among the `k` likeliest. Both `(batch, ..., classes)`."""

    _direction = "up"
    function = staticmethod(top_k_categorical_accuracy)
    arguments = ("k",)
    argument_checks = ranges.checks(k=ranges.positive_int)

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None):
        super().__init__(name, dtype)
        self.k = k


@builtin("keras.metrics")
class SparseTopKCategoricalAccuracy(LabelMetric):
    """How often the target is among the `k` likeliest classes. Targets `(batch, ...)`, class indices."""

    _direction = "up"
    function = staticmethod(sparse_top_k_categorical_accuracy)
    arguments = ("k", "from_sorted_ids")
    argument_checks = ranges.checks(k=ranges.positive_int, from_sorted_ids=ranges.flag)

    def __init__(self, k: int = 5, name: str | None = "sparse_top_k_categorical_accuracy", dtype: Any = None,
                 from_sorted_ids: bool = False):  # fmt: skip
        super().__init__(name, dtype)
        self.k, self.from_sorted_ids = k, from_sorted_ids
