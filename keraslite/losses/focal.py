"""Crossentropies in which easy examples weigh little."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import config, ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.losses.base import FunctionLoss, LossDType, dtype_name, operands, to_dtype
from keraslite.losses.crossentropy import LOGITS, OfIndices, class_indices
from keraslite.serialization import builtin

GAMMA = ranges.number(0, tensors=True)


def binary_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    apply_class_balancing: bool = False,
    alpha: float | Tensor = 0.25,
    gamma: float | Tensor = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int | Sequence[int] | None = -1,
) -> Tensor:
    """Return the mean binary crossentropy, scaled down by `(1 - p) ** gamma` for the probability `p` of the target.

    Source: Lin et al., 2018, "Focal loss for dense object detection".

    Args:
        y_true: targets in [0, 1], usually 0 or 1, `(batch, ..., d)`.
        y_pred: probabilities in [0, 1], or logits, of the same shape.
        apply_class_balancing: whether to weigh positives by `alpha` and negatives by `1 - alpha`; False by default.
        alpha: the weight of positives, in [0, 1]; 0.25 by default.
        gamma: the focusing power, not negative; 2 by default, 0 for none.
        from_logits: whether predictions are logits instead of probabilities; False by default. Logits are more exact.
        label_smoothing: how far targets move to 0.5, in [0, 1]: `y_true * (1 - s) + s / 2`; 0 by default.
        axis: the axis or axes over which the mean is taken; -1 by default, None for all.

    Returns:
        A tensor of the shape of `y_pred` without `axis`, `(batch, ...)` by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.binary_focal_crossentropy(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))
        >>> round(float(loss[0]), 3)
        0.173
    """
    true, pred = operands(y_true, y_pred)
    if label_smoothing:
        true = true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        pred = ops.sigmoid(pred)
    values = ops.binary_crossentropy(true, pred, from_logits=False)
    right = true * pred + (1.0 - true) * (1.0 - pred)
    values = ops.power(1.0 - right, gamma) * values
    if apply_class_balancing:
        values = values * (true * alpha + (1.0 - true) * (1.0 - alpha))
    return ops.mean(values, axis=tuple(axis) if isinstance(axis, list) else axis)


def categorical_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: TensorLike = 0.25,
    gamma: float | Tensor = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Return the categorical crossentropy in which each class weighs `alpha * (1 - p) ** gamma`.

    For a target `t` and probabilities `p` it is `-sum(alpha * (1 - p) ** gamma * t * log(p))`.

    Source: Lin et al., 2018, "Focal loss for dense object detection".

    Args:
        y_true: distributions over classes, usually one-hot, `(batch, ..., classes)`.
        y_pred: probabilities (scaled to sum to 1) or logits, of the same shape.
        alpha: the weight of all classes, or one for each, `(classes,)`; not negative, 0.25 by default.
        gamma: the focusing power, not negative; 2 by default, 0 for none.
        from_logits: whether predictions are logits instead of probabilities; False by default. Logits are more exact.
        label_smoothing: how far targets move to the uniform distribution, in [0, 1]:
            `y_true * (1 - s) + s / classes`; 0 by default.
        axis: the axis of the classes; -1 by default.

    Returns:
        A tensor of the shape of `y_pred` without `axis`, `(batch, ...)` by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.categorical_focal_crossentropy(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]), alpha=1.0)
        >>> round(float(loss[0]), 3)
        0.173
    """
    true, pred = operands(y_true, y_pred)
    if label_smoothing:
        true = true * (1.0 - label_smoothing) + label_smoothing / pred.shape[axis]
    if from_logits:
        pred = ops.softmax(pred, axis=axis)
    pred = ops.divide(pred, ops.sum(pred, axis=axis, keepdims=True))
    pred = ops.clip(pred, config.epsilon(), 1.0 - config.epsilon())
    weight = ops.power(1.0 - pred, gamma) * to_dtype(alpha, dtype_name(pred))
    return ops.sum(ops.multiply(weight, -ops.multiply(true, ops.log(pred))), axis=axis)


def sparse_categorical_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: TensorLike = 0.25,
    gamma: float | Tensor = 2.0,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Tensor:
    """Return the focal crossentropy of classes given by their index, `-alpha * (1 - p) ** gamma * log(p)`.

    `p` is the probability of the target. The value is that of `categorical_focal_crossentropy` for one-hot targets.

    Source: Lin et al., 2018, "Focal loss for dense object detection".

    Args:
        y_true: class indices, of the shape of `y_pred` without `axis`, or with size 1 there.
        y_pred: probabilities (scaled to sum to 1) or logits, `(batch, ..., classes)`.
        alpha: the weight of all classes, or one for each, `(classes,)`; not negative, 0.25 by default.
        gamma: the focusing power, not negative; 2 by default, 0 for none.
        from_logits: whether predictions are logits instead of probabilities; False by default. Logits are more exact.
        ignore_class: the loss of targets with this index is 0; None (default) for no such index.
        axis: the axis of the classes; -1 by default.

    Returns:
        A tensor of the shape of `y_pred` without `axis`, `(batch, ...)` by default. It is NaN for indices that are no
        class.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.sparse_categorical_focal_crossentropy(np.array([1]), np.array([[0.5, 0.5]]), alpha=1.0)
        >>> round(float(loss[0]), 3)
        0.173
    """
    true, pred = class_indices(y_true, y_pred, axis)
    weights = to_dtype(alpha, dtype_name(pred))
    classes = pred.shape[axis]
    if tuple(weights.shape) not in ((), (classes,)):
        raise ArgumentError(
            f"`sparse_categorical_focal_crossentropy` needs one number or {classes} numbers as `alpha`, one for each "
            f"class. Received shape {tuple(weights.shape)}."
        )
    place = ops.clip(true, 0, classes - 1)
    known = ops.equal(place, true)
    if from_logits:
        pred = ops.softmax(pred, axis=axis)
    pred = ops.divide(pred, ops.sum(pred, axis=axis, keepdims=True))
    right = ops.squeeze(ops.take_along_axis(pred, ops.expand_dims(place, axis), axis=axis), axis)
    right = ops.clip(right, config.epsilon(), 1.0 - config.epsilon())
    weights = ops.take(weights, place, axis=0) if len(weights.shape) else weights
    values = ops.multiply(ops.power(1.0 - right, gamma) * weights, -ops.log(right))
    values = ops.where(known, values, float("nan"))
    return values if ignore_class is None else ops.where(ops.equal(true, ignore_class), 0.0, values)


@builtin("keras.losses")
class BinaryFocalCrossentropy(FunctionLoss):
    """Binary crossentropy in which easy examples weigh little; targets and predictions are `(batch, ..., d)`.

    The crossentropy is scaled down by `(1 - p) ** gamma`, where `p` is the probability of the target.

    Source: Lin et al., 2018, "Focal loss for dense object detection".

    Args:
        apply_class_balancing: whether to weigh positives by `alpha` and negatives by `1 - alpha`; False by default.
        alpha: the weight of positives, in [0, 1]; 0.25 by default.
        gamma: the focusing power, not negative; 2 by default, 0 for none.
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
        >>> loss = losses.BinaryFocalCrossentropy()
        >>> round(float(loss(np.array([[1.0], [0.0]]), np.array([[0.5], [0.5]]))), 3)
        0.173
    """

    function = staticmethod(binary_focal_crossentropy)
    arguments = ("apply_class_balancing", "alpha", "gamma", "from_logits", "label_smoothing", "axis")
    argument_checks = ranges.checks(
        **LOGITS,
        apply_class_balancing=ranges.flag,
        alpha=ranges.number(0, 1, tensors=True),
        gamma=GAMMA,
        axis=ranges.axes | None,
    )

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int | Sequence[int] | None = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
        self.apply_class_balancing, self.alpha, self.gamma = apply_class_balancing, alpha, gamma
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


@builtin("keras.losses")
class CategoricalFocalCrossentropy(FunctionLoss):
    """Categorical crossentropy in which easy examples weigh little.

    Targets and predictions are `(batch, ..., classes)`. For a target `t` and probabilities `p` the loss is
    `-sum(alpha * (1 - p) ** gamma * t * log(p))`.

    Source: Lin et al., 2018, "Focal loss for dense object detection".

    Args:
        alpha: the weight of all classes, or one for each, `(classes,)`; not negative, 0.25 by default.
        gamma: the focusing power, not negative; 2 by default, 0 for none.
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
        >>> loss = losses.CategoricalFocalCrossentropy(alpha=1.0)
        >>> round(float(loss(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]))), 3)
        0.173
    """

    function = staticmethod(categorical_focal_crossentropy)
    arguments = ("alpha", "gamma", "from_logits", "label_smoothing", "axis")
    argument_checks = ranges.checks(**LOGITS, alpha=ranges.array(0), gamma=GAMMA, axis=ranges.axis)

    def __init__(
        self,
        alpha: TensorLike = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
        self.alpha, self.gamma = alpha, gamma
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


@builtin("keras.losses")
class SparseCategoricalFocalCrossentropy(OfIndices, FunctionLoss):
    """Focal crossentropy of classes given by their index, in which easy examples weigh little.

    Targets are integers `(batch, ...)` or `(batch, ..., 1)`, and predictions are `(batch, ..., classes)`. For the
    probability `p` of the target the loss is `-alpha * (1 - p) ** gamma * log(p)`.

    Source: Lin et al., 2018, "Focal loss for dense object detection".

    Args:
        alpha: the weight of all classes, or one for each, `(classes,)`; not negative, 0.25 by default.
        gamma: the focusing power, not negative; 2 by default, 0 for none.
        from_logits: whether predictions are logits instead of probabilities; False by default. Logits are more exact.
        ignore_class: targets with this index do not count, as if they were masked; None (default) for no such index.
        axis: the axis of the classes in the predictions; -1 by default.
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Raises:
        DataError: when called with targets that are no whole numbers.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.SparseCategoricalFocalCrossentropy(alpha=1.0)
        >>> round(float(loss(np.array([1]), np.array([[0.5, 0.5]]))), 3)
        0.173
    """

    function = staticmethod(sparse_categorical_focal_crossentropy)
    arguments = ("alpha", "gamma", "from_logits", "ignore_class", "axis")
    argument_checks = ranges.checks(
        alpha=ranges.array(0), gamma=GAMMA, from_logits=ranges.flag, ignore_class=ranges.axis | None, axis=ranges.axis
    )

    def __init__(
        self,
        alpha: TensorLike = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "sparse_categorical_focal_crossentropy",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
        self.alpha, self.gamma = alpha, gamma
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis
