"""Intersection over union of classes, for segmentation."""

from __future__ import annotations

from typing import Any

from keraslite import ops, ranges
from keraslite.errors import ArgumentError
from keraslite.losses.base import align
from keraslite.metrics.base import Metric
from keraslite.metrics.counts import by_parts
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin


@builtin("keras.metrics")
class IoU(Metric):
    """Mean over `target_class_ids` of `|A B| / |A or B|`, `A` and `B` where target and prediction are the class.

    Args:
        num_classes: how many there are.
        target_class_ids: of which the mean is taken.
        ignore_class: targets of this class do not count.
        sparse_y_true: targets are class indices; otherwise one-hot or scores along `axis`.
        sparse_y_pred: the same for predictions.
        axis: of the classes, where not sparse.

    Counts are int32, and so are weights: fractions are cut off unless `dtype` is a float.
    """

    _direction = "up"
    argument_checks = ranges.checks(
        num_classes=ranges.positive_int,
        target_class_ids=ranges.items(ranges.unsigned_int),
        ignore_class=ranges.axis | None,
        sparse_y_true=ranges.flag,
        sparse_y_pred=ranges.flag,
        axis=ranges.axis,
    )

    def __init__(self, num_classes: int, target_class_ids: Any, name: str | None = None, dtype: Any = None,
                 ignore_class: int | None = None, sparse_y_true: bool = True, sparse_y_pred: bool = True,
                 axis: int = -1):  # fmt: skip
        super().__init__(dtype or "int32", name)
        self.num_classes, self.target_class_ids = num_classes, target_class_ids
        if target_class_ids and max(target_class_ids) >= num_classes:
            raise ArgumentError(
                f"`{type(self).__name__}` needs `target_class_ids` to be integers in [0, {num_classes - 1}]. "
                f"Received target_class_ids={target_class_ids!r}."
            )
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        shape = (num_classes, num_classes)
        self.total_confusion_matrix = self.add_variable(shape, "zeros", name="total_confusion_matrix")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch."""
        y_true = self._classes(y_true, self.sparse_y_true)
        y_pred = self._classes(y_pred, self.sparse_y_pred)
        weights = ops.ones_like(y_true, dtype=self._dtype)
        if sample_weight is not None:
            weights = weights * align(self._tensor(sample_weight), y_true, "sample_weight")
        if self.ignore_class is not None:
            weights = ops.where(ops.equal(y_true, self.ignore_class), ops.zeros_like(weights), weights)
        flat = (ops.reshape(x, (-1,)) for x in (y_true, y_pred, weights))
        self.total_confusion_matrix.assign_add(by_parts(self._matrix, *flat))

    def _matrix(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """The weight of each pair of target and prediction, `(classes, classes)`; ids of no class count nowhere."""
        classes = self.num_classes
        low, high = ops.minimum(y_true, y_pred), ops.maximum(y_true, y_pred)
        known = ops.logical_and(ops.greater_equal(low, 0), ops.less(high, classes))
        pair = ops.where(known, ops.add(ops.multiply(y_true, classes), y_pred), ops.zeros_like(y_true))
        weights = ops.where(known, weights, ops.zeros_like(weights))
        return ops.reshape(ops.segment_sum(weights, pair, num_segments=classes**2), (classes, classes))

    def _classes(self, x: Any, sparse: bool) -> Any:
        x = as_tensor(x)
        return ops.cast(x if sparse else ops.argmax(x, axis=self.axis), "int32")

    def result(self) -> Any:
        matrix = ops.cast(self.total_confusion_matrix.value, "float32")
        both = ops.diagonal(matrix)
        either = ops.sum(matrix, axis=0) + ops.sum(matrix, axis=1) - both
        ids = as_tensor(self.target_class_ids, dtype="int32")
        both, either = ops.take(both, ids, axis=0), ops.take(either, ids, axis=0)
        present = ops.sum(ops.cast(ops.greater(either, 0), "float32"))
        return ops.divide_no_nan(ops.sum(ops.divide_no_nan(both, either)), present)


@builtin("keras.metrics")
class BinaryIoU(IoU):
    """`IoU` of two classes; predictions of at least `threshold` are class 1."""

    argument_checks = ranges.checks(threshold=ranges.number())

    def __init__(self, target_class_ids: Any = (0, 1), threshold: float = 0.5, name: str | None = None,
                 dtype: Any = None):  # fmt: skip
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(y_true, ops.greater_equal(as_tensor(y_pred), self.threshold), sample_weight)


@builtin("keras.metrics")
class MeanIoU(IoU):
    """`IoU` of all classes."""

    def __init__(self, num_classes: int, name: str | None = None, dtype: Any = None, ignore_class: int | None = None,
                 sparse_y_true: bool = True, sparse_y_pred: bool = True, axis: int = -1):  # fmt: skip
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


@builtin("keras.metrics")
class OneHotIoU(IoU):
    """`IoU` where targets are one-hot."""

    def __init__(self, num_classes: int, target_class_ids: Any, name: str | None = None, dtype: Any = None,
                 ignore_class: int | None = None, sparse_y_pred: bool = False, axis: int = -1):  # fmt: skip
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


@builtin("keras.metrics")
class OneHotMeanIoU(MeanIoU):
    """`IoU` of all classes where targets are one-hot."""

    def __init__(self, num_classes: int, name: str | None = None, dtype: Any = None, ignore_class: int | None = None,
                 sparse_y_pred: bool = False, axis: int = -1):  # fmt: skip
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
