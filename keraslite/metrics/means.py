"""The mean of each loss function as a metric."""

from __future__ import annotations

from typing import Any

from keraslite import losses, ops, ranges
from keraslite.losses.base import of_one_shape, same_rank
from keraslite.losses.probabilistic import class_indices
from keraslite.metrics.reduction import FunctionMetric, LabelMetric, Mean
from keraslite.serialization import builtin


@builtin("keras.metrics")
class MeanSquaredError(FunctionMetric):
    """Mean of squared differences."""

    _direction = "down"
    function = staticmethod(losses.mean_squared_error)

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class RootMeanSquaredError(Mean):
    """Square root of the mean of squared differences, over every element."""

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None):
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = same_rank(self._tensor(y_true), self._tensor(y_pred))
        of_one_shape(y_true, y_pred, type(self).__name__)
        super().update_state(ops.square(ops.subtract(y_true, y_pred)), sample_weight)

    def result(self) -> Any:
        return ops.sqrt(super().result())


@builtin("keras.metrics")
class MeanAbsoluteError(FunctionMetric):
    """Mean of absolute differences."""

    _direction = "down"
    function = staticmethod(losses.mean_absolute_error)

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class MeanAbsolutePercentageError(FunctionMetric):
    """Mean of absolute differences in percent of the targets."""

    _direction = "down"
    function = staticmethod(losses.mean_absolute_percentage_error)

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class MeanSquaredLogarithmicError(FunctionMetric):
    """Mean of squared differences of `log(1 + x)`."""

    _direction = "down"
    function = staticmethod(losses.mean_squared_logarithmic_error)

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class LogCoshError(FunctionMetric):
    """Mean of `log(cosh(error))`."""

    _direction = "down"
    function = staticmethod(losses.log_cosh)

    def __init__(self, name: str | None = "logcosh", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class CosineSimilarity(FunctionMetric):
    """Mean cosine of the angle along `axis`: 1 is alike (the loss of this name has the other sign)."""

    _direction = "up"
    arguments = ("axis",)
    argument_checks = ranges.checks(axis=ranges.axes | None)

    def __init__(self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1):
        super().__init__(name, dtype)
        self.axis = axis

    @staticmethod
    def function(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
        """The cosine of the angle between both along `axis`."""
        return -losses.cosine_similarity(y_true, y_pred, axis)


@builtin("keras.metrics")
class KLDivergence(FunctionMetric):
    """Mean Kullback-Leibler divergence."""

    _direction = "down"
    function = staticmethod(losses.kl_divergence)

    def __init__(self, name: str | None = "kl_divergence", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class Poisson(FunctionMetric):
    """Mean of `y_pred - y_true * log(y_pred)`."""

    _direction = "down"
    function = staticmethod(losses.poisson)

    def __init__(self, name: str | None = "poisson", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class Hinge(FunctionMetric):
    """Mean of `max(1 - y_true * y_pred, 0)`."""

    _direction = "down"
    function = staticmethod(losses.hinge)

    def __init__(self, name: str | None = "hinge", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class SquaredHinge(FunctionMetric):
    """Mean of `max(1 - y_true * y_pred, 0) ** 2`."""

    _direction = "down"
    function = staticmethod(losses.squared_hinge)

    def __init__(self, name: str | None = "squared_hinge", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class CategoricalHinge(FunctionMetric):
    """Mean of `max(1 + largest wrong score - right score, 0)`."""

    _direction = "down"
    function = staticmethod(losses.categorical_hinge)

    def __init__(self, name: str | None = "categorical_hinge", dtype: Any = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class BinaryCrossentropy(FunctionMetric):
    """Mean crossentropy of yes-or-no answers."""

    _direction = "down"
    function = staticmethod(losses.binary_crossentropy)
    arguments = ("from_logits", "label_smoothing")
    argument_checks = ranges.checks(from_logits=ranges.flag, label_smoothing=ranges.fraction)

    def __init__(self, name: str | None = "binary_crossentropy", dtype: Any = None, from_logits: bool = False,
                 label_smoothing: float = 0):  # fmt: skip
        super().__init__(name, dtype)
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


@builtin("keras.metrics")
class CategoricalCrossentropy(FunctionMetric):
    """Mean crossentropy of distributions over classes along `axis`."""

    _direction = "down"
    function = staticmethod(losses.categorical_crossentropy)
    arguments = ("from_logits", "label_smoothing", "axis")
    argument_checks = ranges.checks(from_logits=ranges.flag, label_smoothing=ranges.fraction, axis=ranges.axis)

    def __init__(self, name: str | None = "categorical_crossentropy", dtype: Any = None, from_logits: bool = False,
                 label_smoothing: float = 0, axis: int = -1):  # fmt: skip
        super().__init__(name, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


@builtin("keras.metrics")
class SparseCategoricalCrossentropy(LabelMetric):
    """Mean crossentropy where targets are class indices; those equal to `ignore_class` do not count.

    Keras counts them, as 0, where there are no weights.
    """

    _direction = "down"
    function = staticmethod(losses.sparse_categorical_crossentropy)
    arguments = ("from_logits", "ignore_class", "axis")
    argument_checks = ranges.checks(from_logits=ranges.flag, ignore_class=ranges.axis | None, axis=ranges.axis)

    def __init__(self, name: str | None = "sparse_categorical_crossentropy", dtype: Any = None,
                 from_logits: bool = False, ignore_class: int | None = None, axis: int = -1):  # fmt: skip
        super().__init__(name, dtype)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis

    def value_mask(self, y_true: Any, y_pred: Any) -> Any:
        if self.ignore_class is None:
            return None
        return ops.not_equal(class_indices(y_true, y_pred, self.axis)[0], self.ignore_class)
