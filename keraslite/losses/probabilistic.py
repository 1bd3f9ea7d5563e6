"""Losses of probability distributions: the crossentropies and their relatives."""

from __future__ import annotations

from typing import Any

from keraslite import config, ops, ranges
from keraslite.backend import dtypes
from keraslite.losses.base import FunctionLoss, dtype_name, operands, to_dtype
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin


def binary_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0,
                        axis: Any = -1) -> Any:  # fmt: skip
    """Mean over `axis` of the crossentropy of independent yes-or-no answers; both of one shape."""
    y_true, y_pred = operands(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    values = ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits)
    return ops.mean(values, axis=tuple(axis) if isinstance(axis, list) else axis)


def categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0,
                             axis: int = -1) -> Any:  # fmt: skip
    """Crossentropy along `axis` of distributions over classes; both of one shape."""
    y_true, y_pred = operands(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_pred.shape[axis]
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False,
                                    ignore_class: int | None = None, axis: int = -1) -> Any:  # fmt: skip
    """Crossentropy along `axis` where targets are class indices; 0 where the target is `ignore_class`.

    Targets have the shape of the predictions without `axis`, or with size 1 there.
    """
    y_true, y_pred = class_indices(y_true, y_pred, axis)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    valid = ops.not_equal(y_true, ignore_class)
    y_true = ops.where(valid, y_true, ops.zeros_like(y_true))
    values = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    return ops.where(valid, values, ops.zeros_like(values))


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """Sum over the last axis of `y_true * log(y_true / y_pred)`, both clipped to [epsilon, 1]."""
    y_true, y_pred = operands(y_true, y_pred)
    y_true = ops.clip(y_true, config.epsilon(), 1.0)
    y_pred = ops.clip(y_pred, config.epsilon(), 1.0)
    return ops.sum(y_true * ops.log(ops.divide(y_true, y_pred)), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """Mean over the last axis of `y_pred - y_true * log(y_pred)`."""
    y_true, y_pred = operands(y_true, y_pred)
    return ops.mean(ops.subtract(y_pred, ops.multiply(y_true, ops.log(y_pred + config.epsilon()))), axis=-1)


def binary_focal_crossentropy(y_true: Any, y_pred: Any, apply_class_balancing: bool = False, alpha: float = 0.25,
                              gamma: float = 2.0, from_logits: bool = False, label_smoothing: float = 0.0,
                              axis: Any = -1) -> Any:  # fmt: skip
    """Binary crossentropy, scaled down by `(1 - p_right) ** gamma` where the answer is easy (Lin et al., 2018)."""
    y_true, y_pred = operands(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    values = ops.binary_crossentropy(y_true, y_pred, from_logits=False)
    right = y_true * y_pred + (1.0 - y_true) * (1.0 - y_pred)
    values = ops.power(1.0 - right, gamma) * values
    if apply_class_balancing:
        values = values * (y_true * alpha + (1.0 - y_true) * (1.0 - alpha))
    return ops.mean(values, axis=tuple(axis) if isinstance(axis, list) else axis)


def categorical_focal_crossentropy(y_true: Any, y_pred: Any, alpha: Any = 0.25, gamma: float = 2.0,
                                   from_logits: bool = False, label_smoothing: float = 0.0,
                                   axis: int = -1) -> Any:  # fmt: skip
    """Categorical crossentropy with the focal factor and the class weight(s) `alpha` (Lin et al., 2018)."""
    y_true, y_pred = operands(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_pred.shape[axis]
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axis)
    y_pred = ops.divide(y_pred, ops.sum(y_pred, axis=axis, keepdims=True))
    y_pred = ops.clip(y_pred, config.epsilon(), 1.0 - config.epsilon())
    weight = ops.power(1.0 - y_pred, gamma) * to_dtype(alpha, dtype_name(y_pred))
    return ops.sum(ops.multiply(weight, -ops.multiply(y_true, ops.log(y_pred))), axis=axis)


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """`(1 - p_right ** q) / q` for class indices; between absolute error and crossentropy (Zhang & Sabuncu, 2018)."""
    y_true, y_pred = class_indices(y_true, y_pred, -1)
    right = ops.one_hot(y_true, y_pred.shape[-1], dtype=dtype_name(y_pred))
    p = ops.clip(ops.sum(ops.multiply(right, y_pred), axis=-1), config.epsilon(), 1.0 - config.epsilon())
    return (1.0 - ops.power(p, q)) / q


def class_indices(y_true: Any, y_pred: Any, axis: int) -> tuple[Any, Any]:
    """Class indices as int32 without the axis that predictions have over classes."""
    y_true, y_pred = ops.cast(as_tensor(y_true), "int32"), as_tensor(y_pred)
    if not dtypes.is_float(dtype_name(y_pred)):
        y_pred = ops.cast(y_pred, config.floatx())
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis)
    if not len(y_true.shape):  # one for all
        y_true = y_true + ops.zeros_like(ops.argmax(y_pred, axis=axis), dtype="int32")
    return y_true, y_pred


NUMBER = ranges.number(0, tensors=True)
LOGITS = {"from_logits": ranges.flag, "label_smoothing": ranges.fraction}
"""What most crossentropies take."""


@builtin("keras.losses")
class BinaryCrossentropy(FunctionLoss):
    """Crossentropy of yes-or-no answers. Both `(batch, ..., d)`.

    Args:
        from_logits: predictions are logits, not probabilities; more exact.
        label_smoothing: in [0, 1], how far targets are drawn to 0.5.
        axis: over which the mean is taken.
    """

    function = staticmethod(binary_crossentropy)
    arguments = ("from_logits", "label_smoothing", "axis")
    argument_checks = ranges.checks(**LOGITS, axis=ranges.axes | None)

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, axis: Any = -1,
                 reduction: str | None = "sum_over_batch_size", name: str = "binary_crossentropy",
                 dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


@builtin("keras.losses")
class CategoricalCrossentropy(FunctionLoss):
    """Crossentropy of distributions over classes. Both `(batch, ..., classes)`; targets usually one-hot.

    Args:
        from_logits: predictions are logits, not probabilities; more exact.
        label_smoothing: in [0, 1], how far targets are drawn to the uniform distribution.
        axis: of the classes.
    """

    function = staticmethod(categorical_crossentropy)
    arguments = ("from_logits", "label_smoothing", "axis")
    argument_checks = ranges.checks(**LOGITS, axis=ranges.axis)

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
                 reduction: str | None = "sum_over_batch_size", name: str = "categorical_crossentropy",
                 dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


@builtin("keras.losses")
class SparseCategoricalCrossentropy(FunctionLoss):
    """Crossentropy where targets are class indices, `(batch, ...)` or `(batch, ..., 1)`.

    Args:
        from_logits: predictions are logits, not probabilities; more exact.
        ignore_class: targets of this value do not count, as if masked.
        axis: of the classes in the predictions.
    """

    function = staticmethod(sparse_categorical_crossentropy)
    arguments = ("from_logits", "ignore_class", "axis")
    argument_checks = ranges.checks(from_logits=ranges.flag, ignore_class=ranges.axis | None, axis=ranges.axis)
    takes_indices = True

    def __init__(self, from_logits: bool = False, ignore_class: int | None = None,
                 reduction: str | None = "sum_over_batch_size", axis: int = -1,
                 name: str = "sparse_categorical_crossentropy", dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis

    def value_mask(self, y_true: Any, y_pred: Any, values: Any) -> Any:
        """Let targets count that are not `ignore_class`.

        Args:
            y_true: class indices.
            y_pred: probabilities or logits.
            values: the losses.

        Returns:
            Booleans of the shape of `values`, or None: all count.
        """
        if self.ignore_class is None:
            return None
        return ops.not_equal(class_indices(y_true, y_pred, self.axis)[0], self.ignore_class)


@builtin("keras.losses")
class KLDivergence(FunctionLoss):
    """Kullback-Leibler divergence from predictions to targets. Both `(batch, ..., classes)`, probabilities."""

    function = staticmethod(kl_divergence)

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "kl_divergence", dtype: Any = None):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class Poisson(FunctionLoss):
    """Negative log-likelihood of counts, up to a constant. Both `(batch, ..., d)`; predictions are rates > 0."""

    function = staticmethod(poisson)

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "poisson", dtype: Any = None):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class BinaryFocalCrossentropy(FunctionLoss):
    """Binary crossentropy that easy examples hardly enter (Lin et al., 2018). Both `(batch, ..., d)`.

    Args:
        apply_class_balancing: weigh positives by `alpha`, negatives by `1 - alpha`.
        gamma: the focusing power, 0 for none.
    """

    function = staticmethod(binary_focal_crossentropy)
    arguments = ("apply_class_balancing", "alpha", "gamma", "from_logits", "label_smoothing", "axis")
    argument_checks = ranges.checks(
        **LOGITS,
        apply_class_balancing=ranges.flag,
        alpha=ranges.number(0, 1, tensors=True),
        gamma=NUMBER,
        axis=ranges.axes | None,
    )

    def __init__(self, apply_class_balancing: bool = False, alpha: float = 0.25, gamma: float = 2.0,
                 from_logits: bool = False, label_smoothing: float = 0.0, axis: Any = -1,
                 reduction: str | None = "sum_over_batch_size", name: str = "binary_focal_crossentropy",
                 dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)
        self.apply_class_balancing, self.alpha, self.gamma = apply_class_balancing, alpha, gamma
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


@builtin("keras.losses")
class CategoricalFocalCrossentropy(FunctionLoss):
    """Categorical crossentropy that easy examples hardly enter (Lin et al., 2018). Both `(batch, ..., classes)`.

    Args:
        alpha: weight, one for all classes or one each.
        gamma: the focusing power, 0 for none.
    """

    function = staticmethod(categorical_focal_crossentropy)
    arguments = ("alpha", "gamma", "from_logits", "label_smoothing", "axis")
    argument_checks = ranges.checks(**LOGITS, alpha=ranges.array(0), gamma=NUMBER, axis=ranges.axis)

    def __init__(self, alpha: Any = 0.25, gamma: float = 2.0, from_logits: bool = False, label_smoothing: float = 0.0,
                 axis: int = -1, reduction: str | None = "sum_over_batch_size",
                 name: str = "categorical_focal_crossentropy", dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)
        self.alpha, self.gamma = alpha, gamma
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


@builtin("keras.losses")
class CategoricalGeneralizedCrossEntropy(FunctionLoss):
    """Crossentropy that stands noisy labels (Zhang & Sabuncu, 2018). Targets are class indices.

    Args:
        q: in (0, 1); near 0 it is crossentropy, at 1 absolute error.
    """

    function = staticmethod(categorical_generalized_cross_entropy)
    arguments = ("q",)
    argument_checks = ranges.checks(q=ranges.number(above=0, below=1))
    takes_indices = True

    def __init__(self, q: float = 0.5, reduction: str | None = "sum_over_batch_size",
                 name: str = "categorical_generalized_cross_entropy", dtype: Any = None):  # fmt: skip
        super().__init__(reduction, name, dtype)
        self.q = q
