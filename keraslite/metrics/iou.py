"""Intersection over union of classes, for segmentation."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.losses.base import LossDType, align
from keraslite.metrics.base import Metric
from keraslite.metrics.counts import by_parts
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin


@builtin("keras.metrics")
class IoU(Metric):
    """Intersection over union, `|A and B| / |A or B|`, averaged over some of the classes.

    `A` are the elements whose target is the class, and `B` are those whose prediction is the class. Classes that
    neither targets nor predictions have do not count.

    Args:
        num_classes: how many classes there are, at least 1.
        target_class_ids: the indices of the classes of which the mean is taken.
        name: of the metric, in logs and in the results of `fit`; None (default) makes one.
        dtype: the dtype of the counts; None (default) is int32, which cuts fractions off weights.
        ignore_class: targets with this index do not count; None (default) for no such index.
        sparse_y_true: whether targets are class indices (True by default); if not, they are one-hot or scores along
            `axis`.
        sparse_y_pred: whether predictions are class indices (True by default); if not, they are scores along `axis`.
        axis: the axis of the classes, where there is one; -1 by default.

    Raises:
        ArgumentError: if a target class is not below `num_classes`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.IoU(num_classes=2, target_class_ids=[0])
        >>> metric.update_state(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
        >>> round(float(metric.result()), 3)
        0.333
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

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: LossDType = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
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

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in one batch.

        Args:
            y_true: class indices of any shape; one-hot or scores along `axis` without `sparse_y_true`.
            y_pred: class indices of the same shape; scores along `axis` without `sparse_y_pred`.
            sample_weight: weights of the elements or of their leading axes; None (default) for 1.
        """
        true = self._classes(y_true, self.sparse_y_true)
        pred = self._classes(y_pred, self.sparse_y_pred)
        weights: Tensor = ops.ones_like(true, dtype=self._dtype)
        if sample_weight is not None:
            weights = weights * align(self._tensor(sample_weight), true, "sample_weight")
        if self.ignore_class is not None:
            weights = ops.where(ops.equal(true, self.ignore_class), ops.zeros_like(weights), weights)
        flat: list[Tensor] = [ops.reshape(x, (-1,)) for x in (true, pred, weights)]
        self.total_confusion_matrix.assign_add(by_parts(self._matrix, *flat))

    def _matrix(self, y_true: Tensor, y_pred: Tensor, weights: Tensor) -> Tensor:
        """Return the weight of each pair of target and prediction, `(classes, classes)`; other ids do not count."""
        classes = self.num_classes
        low, high = ops.minimum(y_true, y_pred), ops.maximum(y_true, y_pred)
        known = ops.logical_and(ops.greater_equal(low, 0), ops.less(high, classes))
        pair = ops.where(known, ops.add(ops.multiply(y_true, classes), y_pred), ops.zeros_like(y_true))
        weights = ops.where(known, weights, ops.zeros_like(weights))
        return ops.reshape(ops.segment_sum(weights, pair, num_segments=classes**2), (classes, classes))

    def _classes(self, x: TensorLike, sparse: bool) -> Tensor:
        given = as_tensor(x)
        return ops.cast(given if sparse else ops.argmax(given, axis=self.axis), "int32")

    def result(self) -> Tensor:
        matrix = ops.cast(self.total_confusion_matrix.value, "float32")
        both = ops.diagonal(matrix)
        either = ops.sum(matrix, axis=0) + ops.sum(matrix, axis=1) - both
        ids = as_tensor(self.target_class_ids, dtype="int32")
        both, either = ops.take(both, ids, axis=0), ops.take(either, ids, axis=0)
        present = ops.sum(ops.cast(ops.greater(either, 0), "float32"))
        return ops.divide_no_nan(ops.sum(ops.divide_no_nan(both, either)), present)


@builtin("keras.metrics")
class BinaryIoU(IoU):
    """Intersection over union of the classes 0 and 1, from predictions and a threshold.

    Args:
        target_class_ids: the indices of the classes of which the mean is taken; both by default.
        threshold: predictions of at least it are class 1; 0.5 by default.
        name: of the metric, in logs and in the results of `fit`; None (default) makes one.
        dtype: the dtype of the counts; None (default) is int32, which cuts fractions off weights.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.BinaryIoU(target_class_ids=[1])
        >>> metric.update_state(np.array([0, 0, 1, 1]), np.array([0.1, 0.8, 0.2, 0.9]))
        >>> round(float(metric.result()), 3)
        0.333
    """

    argument_checks = ranges.checks(threshold=ranges.number())

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: LossDType = None,
    ):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        super().update_state(y_true, ops.greater_equal(as_tensor(y_pred), self.threshold), sample_weight)


@builtin("keras.metrics")
class MeanIoU(IoU):
    """Intersection over union, `|A and B| / |A or B|`, averaged over all classes.

    See `IoU`.

    Args:
        num_classes: how many classes there are, at least 1.
        name: of the metric, in logs and in the results of `fit`; None (default) makes one.
        dtype: the dtype of the counts; None (default) is int32, which cuts fractions off weights.
        ignore_class: targets with this index do not count; None (default) for no such index.
        sparse_y_true: whether targets are class indices (True by default); if not, they are one-hot or scores along
            `axis`.
        sparse_y_pred: whether predictions are class indices (True by default); if not, they are scores along `axis`.
        axis: the axis of the classes, where there is one; -1 by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.MeanIoU(num_classes=2)
        >>> metric.update_state(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
        >>> round(float(metric.result()), 3)
        0.583
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: LossDType = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


@builtin("keras.metrics")
class OneHotIoU(IoU):
    """Intersection over union, averaged over some of the classes, for one-hot targets.

    See `IoU`.

    Args:
        num_classes: how many classes there are, at least 1.
        target_class_ids: the indices of the classes of which the mean is taken.
        name: of the metric, in logs and in the results of `fit`; None (default) makes one.
        dtype: the dtype of the counts; None (default) is int32, which cuts fractions off weights.
        ignore_class: targets with this index do not count; None (default) for no such index.
        sparse_y_pred: whether predictions are class indices (False by default); if not, they are scores along `axis`.
        axis: the axis of the classes, where there is one; -1 by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.OneHotIoU(num_classes=2, target_class_ids=[0])
        >>> metric.update_state(np.array([[1, 0], [1, 0], [0, 1]]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]))
        >>> float(metric.result())
        0.5
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: LossDType = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


@builtin("keras.metrics")
class OneHotMeanIoU(MeanIoU):
    """Intersection over union, averaged over all classes, for one-hot targets.

    See `IoU`.

    Args:
        num_classes: how many classes there are, at least 1.
        name: of the metric, in logs and in the results of `fit`; None (default) makes one.
        dtype: the dtype of the counts; None (default) is int32, which cuts fractions off weights.
        ignore_class: targets with this index do not count; None (default) for no such index.
        sparse_y_pred: whether predictions are class indices (False by default); if not, they are scores along `axis`.
        axis: the axis of the classes, where there is one; -1 by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.OneHotMeanIoU(num_classes=2)
        >>> metric.update_state(np.array([[1, 0], [1, 0], [0, 1]]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]))
        >>> float(metric.result())
        0.5
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: LossDType = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
