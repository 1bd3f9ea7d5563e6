"""Crossentropies of yes-or-no answers, of distributions over classes, and of class indices."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import config, ops, ranges
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.losses.base import FunctionLoss, LossDType, dtype_name, operands
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin


def binary_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int | Sequence[int] | None = -1,
) -> Tensor:
    """Return the mean crossentropy of independent yes-or-no answers, `-(t * log(p) + (1 - t) * log(1 - p))`.

    Probabilities are clipped to `[epsilon, 1 - epsilon]`, where `epsilon` is `config.epsilon()`.

    Args:
        y_true: targets in [0, 1], usually 0 or 1, `(batch, ..., d)`.
        y_pred: probabilities in [0, 1], or logits, of the same shape.
        from_logits: whether predictions are logits instead of probabilities; False by default. Logits are more exact.
        label_smoothing: how far targets move to 0.5, in [0, 1]: `y_true * (1 - s) + s / 2`; 0 by default.
        axis: the axis or axes over which the mean is taken; -1 by default, None for all.

    Returns:
        A tensor of the shape of `y_pred` without `axis`, `(batch, ...)` by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.binary_crossentropy(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))
        >>> round(float(loss[0]), 3)
        0.693
    """
    true, pred = operands(y_true, y_pred)
    if label_smoothing:
        true = true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    values = ops.binary_crossentropy(true, pred, from_logits=from_logits)
    return ops.mean(values, axis=tuple(axis) if isinstance(axis, list) else axis)


def categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Return the crossentropy of distributions over classes, `-sum(t * log(p))`.

    Probabilities are clipped to `[epsilon, 1 - epsilon]`, where `epsilon` is `config.epsilon()`.

    Args:
        y_true: distributions over classes, usually one-hot, `(batch, ..., classes)`.
        y_pred: probabilities (scaled to sum to 1) or logits, of the same shape.
        from_logits: whether predictions are logits instead of probabilities; False by default. Logits are more exact.
        label_smoothing: how far targets move to the uniform distribution, in [0, 1]:
            `y_true * (1 - s) + s / classes`; 0 by default.
        axis: the axis of the classes; -1 by default.

    Returns:
        A tensor of the shape of `y_pred` without `axis`, `(batch, ...)` by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.categorical_crossentropy(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]))
        >>> round(float(loss[0]), 3)
        0.693
    """
    true, pred = operands(y_true, y_pred)
    if label_smoothing:
        true = true * (1.0 - label_smoothing) + label_smoothing / pred.shape[axis]
    return ops.categorical_crossentropy(true, pred, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Tensor:
    """Return the crossentropy of classes given by their index, `-log(p[y_true])`.

    Probabilities are clipped to `[epsilon, 1 - epsilon]`, where `epsilon` is `config.epsilon()`.

    Args:
        y_true: class indices, of the shape of `y_pred` without `axis`, or with size 1 there.
        y_pred: probabilities (scaled to sum to 1) or logits, `(batch, ..., classes)`.
        from_logits: whether predictions are logits instead of probabilities; False by default. Logits are more exact.
        ignore_class: the loss of targets with this index is 0; None (default) for no such index.
        axis: the axis of the classes; -1 by default.

    Returns:
        A tensor of the shape of `y_pred` without `axis`, `(batch, ...)` by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.sparse_categorical_crossentropy(np.array([1]), np.array([[0.5, 0.5]]))
        >>> round(float(loss[0]), 3)
        0.693
    """
    true, pred = class_indices(y_true, y_pred, axis)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(true, pred, from_logits=from_logits, axis=axis)
    valid = ops.not_equal(true, ignore_class)
    true = ops.where(valid, true, ops.zeros_like(true))
    values = ops.sparse_categorical_crossentropy(true, pred, from_logits=from_logits, axis=axis)
    return ops.where(valid, values, ops.zeros_like(values))


def class_indices(y_true: TensorLike, y_pred: TensorLike, axis: int) -> tuple[Tensor, Tensor]:
    """Return class indices as int32 without the axis that predictions have over classes, and float predictions."""
    labels: Tensor = ops.cast(as_tensor(y_true), "int32")
    pred: Tensor = as_tensor(y_pred)
    if not dtypes.is_float(dtype_name(pred)):
        pred = ops.cast(pred, config.floatx())
    if len(labels.shape) == len(pred.shape) and labels.shape[axis] == 1:
        labels = ops.squeeze(labels, axis)
    if not len(labels.shape):  # one for all
        labels = labels + ops.zeros_like(ops.argmax(pred, axis=axis), dtype="int32")
    return labels, pred


LOGITS = {"from_logits": ranges.flag, "label_smoothing": ranges.fraction}
"""What most crossentropies take."""


@builtin("keras.losses")
class BinaryCrossentropy(FunctionLoss):
    """Crossentropy of independent yes-or-no answers; targets and predictions are `(batch, ..., d)`.

    For a target `t` and a probability `p` it is `-(t * log(p) + (1 - t) * log(1 - p))`.

    Args:
        from_logits: whether predictions are logits instead of probabilities; False by default. Logits are more exact.
        label_smoothing: how far targets move to 0.5, in [0, 1]: `y_true * (1 - s) + s / 2`; 0 by default.
        axis: the axis or axes over which the mean is taken; -1 by default, None for all.
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.BinaryCrossentropy()
        >>> round(float(loss(np.array([[1.0], [0.0]]), np.array([[0.5], [0.5]]))), 3)
        0.693
    """

    function = staticmethod(binary_crossentropy)
    arguments = ("from_logits", "label_smoothing", "axis")
    argument_checks = ranges.checks(**LOGITS, axis=ranges.axes | None)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int | Sequence[int] | None = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


@builtin("keras.losses")
class CategoricalCrossentropy(FunctionLoss):
    """Crossentropy of distributions over classes; targets and predictions are `(batch, ..., classes)`.

    Targets are usually one-hot. For a target `t` and probabilities `p` it is `-sum(t * log(p))`. For class indices see
    `SparseCategoricalCrossentropy`.

    Args:
        from_logits: whether predictions are logits instead of probabilities; False by default. Logits are more exact.
        label_smoothing: how far targets move to the uniform distribution, in [0, 1]:
            `y_true * (1 - s) + s / classes`; 0 by default.
        axis: the axis of the classes; -1 by default.
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.CategoricalCrossentropy()
        >>> round(float(loss(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]))), 3)
        0.693
    """

    function = staticmethod(categorical_crossentropy)
    arguments = ("from_logits", "label_smoothing", "axis")
    argument_checks = ranges.checks(**LOGITS, axis=ranges.axis)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


class OfIndices:
    """Of losses: targets are class indices, one of which may not count (`ignore_class`)."""

    takes_indices = True
    ignore_class: int | None
    axis: int

    def value_mask(self, y_true: TensorLike, y_pred: TensorLike, values: Tensor) -> Tensor | None:
        if self.ignore_class is None:
            return None
        return ops.not_equal(class_indices(y_true, y_pred, self.axis)[0], self.ignore_class)


@builtin("keras.losses")
class SparseCategoricalCrossentropy(OfIndices, FunctionLoss):
    """Crossentropy of classes given by their index: `-log(p[y_true])`.

    Targets are integers `(batch, ...)` or `(batch, ..., 1)`, and predictions are `(batch, ..., classes)`.

    Args:
        from_logits: whether predictions are logits instead of probabilities; False by default. Logits are more exact.
        ignore_class: targets with this index do not count, as if they were masked; None (default) for no such index.
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        axis: the axis of the classes in the predictions; -1 by default.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Raises:
        DataError: when called with targets that are no whole numbers.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> round(float(loss(np.array([1]), np.array([[0.0, 2.0]]))), 3)
        0.127
    """

    function = staticmethod(sparse_categorical_crossentropy)
    arguments = ("from_logits", "ignore_class", "axis")
    argument_checks = ranges.checks(from_logits=ranges.flag, ignore_class=ranges.axis | None, axis=ranges.axis)

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis
