"""The means of losses of classes and probabilities as metrics."""

from __future__ import annotations

from keraslite import losses, ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.losses.base import LossDType
from keraslite.losses.crossentropy import class_indices
from keraslite.metrics.reduction import FunctionMetric, LabelMetric
from keraslite.serialization import builtin


@builtin("keras.metrics")
class KLDivergence(FunctionMetric):
    """Mean Kullback-Leibler divergence from predictions to targets, both probabilities `(batch, ..., classes)`.

    It is the sum of `y_true * log(y_true / y_pred)` over the classes.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.KLDivergence()
        >>> metric.update_state(np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]]))
        >>> round(float(metric.result()), 3)
        0.144
    """

    _direction = "down"
    function = staticmethod(losses.kl_divergence)

    def __init__(self, name: str | None = "kl_divergence", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class Poisson(FunctionMetric):
    """Mean of `y_pred - y_true * log(y_pred + config.epsilon())` for counts and predicted rates `(batch, ..., d)`.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.Poisson()
        >>> metric.update_state(np.array([[1.0, 2.0]]), np.array([[1.0, 1.0]]))
        >>> round(float(metric.result()), 3)
        1.0
    """

    _direction = "down"
    function = staticmethod(losses.poisson)

    def __init__(self, name: str | None = "poisson", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class Hinge(FunctionMetric):
    """Mean of `max(1 - y_true * y_pred, 0)` for labels -1 and 1 and scores, both `(batch, ..., d)`.

    If all labels are 0 or 1, 0 stands for -1.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.Hinge()
        >>> metric.update_state(np.array([[1.0, -1.0]]), np.array([[0.5, 0.5]]))
        >>> float(metric.result())
        1.0
    """

    _direction = "down"
    function = staticmethod(losses.hinge)

    def __init__(self, name: str | None = "hinge", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class SquaredHinge(FunctionMetric):
    """Mean of `max(1 - y_true * y_pred, 0) ** 2` for labels -1 and 1 and scores, both `(batch, ..., d)`.

    If all labels are 0 or 1, 0 stands for -1.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.SquaredHinge()
        >>> metric.update_state(np.array([[1.0, -1.0]]), np.array([[0.5, 0.5]]))
        >>> float(metric.result())
        1.25
    """

    _direction = "down"
    function = staticmethod(losses.squared_hinge)

    def __init__(self, name: str | None = "squared_hinge", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class CategoricalHinge(FunctionMetric):
    """Mean of `max(1 + wrong - right, 0)` for one-hot labels and scores, both `(batch, ..., classes)`.

    `right` is the score of the right class and `wrong` is the largest score of a wrong one.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.CategoricalHinge()
        >>> metric.update_state(np.array([[0.0, 1.0, 0.0]]), np.array([[0.5, 1.0, 0.25]]))
        >>> float(metric.result())
        0.5
    """

    _direction = "down"
    function = staticmethod(losses.categorical_hinge)

    def __init__(self, name: str | None = "categorical_hinge", dtype: LossDType = None):
        super().__init__(name, dtype)


@builtin("keras.metrics")
class BinaryCrossentropy(FunctionMetric):
    """Mean crossentropy of yes-or-no answers; targets and predictions are `(batch, ..., d)`.

    For a target `t` and a probability `p` it is `-(t * log(p) + (1 - t) * log(1 - p))`.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.
        from_logits: whether predictions are logits instead of probabilities; False by default.
        label_smoothing: how far targets move to 0.5, in [0, 1]: `y_true * (1 - s) + s / 2`; 0 by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.BinaryCrossentropy()
        >>> metric.update_state(np.array([[1.0], [0.0]]), np.array([[0.5], [0.5]]))
        >>> round(float(metric.result()), 3)
        0.693
    """

    _direction = "down"
    function = staticmethod(losses.binary_crossentropy)
    arguments = ("from_logits", "label_smoothing")
    argument_checks = ranges.checks(from_logits=ranges.flag, label_smoothing=ranges.fraction)

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: LossDType = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ):
        super().__init__(name, dtype)
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


@builtin("keras.metrics")
class CategoricalCrossentropy(FunctionMetric):
    """Mean crossentropy of distributions over classes; targets and predictions are `(batch, ..., classes)`.

    For a target `t` and probabilities `p` it is `-sum(t * log(p))`.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.
        from_logits: whether predictions are logits instead of probabilities; False by default.
        label_smoothing: how far targets move to the uniform distribution, in [0, 1]:
            `y_true * (1 - s) + s / classes`; 0 by default.
        axis: the axis of the classes; -1 by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.CategoricalCrossentropy()
        >>> metric.update_state(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]))
        >>> round(float(metric.result()), 3)
        0.693
    """

    _direction = "down"
    function = staticmethod(losses.categorical_crossentropy)
    arguments = ("from_logits", "label_smoothing", "axis")
    argument_checks = ranges.checks(from_logits=ranges.flag, label_smoothing=ranges.fraction, axis=ranges.axis)

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: LossDType = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ):
        super().__init__(name, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


@builtin("keras.metrics")
class SparseCategoricalCrossentropy(LabelMetric):
    """Mean crossentropy of classes given by their index: `-log(p[y_true])`.

    Targets are class indices `(batch, ...)` or `(batch, ..., 1)`, and predictions are `(batch, ..., classes)`.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.
        from_logits: whether predictions are logits instead of probabilities; False by default.
        ignore_class: targets with this index do not count; None (default) for no such index. Keras counts them, as
            0, unless there are weights.
        axis: the axis of the classes in the predictions; -1 by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.SparseCategoricalCrossentropy()
        >>> metric.update_state(np.array([1]), np.array([[0.5, 0.5]]))
        >>> round(float(metric.result()), 3)
        0.693
    """

    _direction = "down"
    function = staticmethod(losses.sparse_categorical_crossentropy)
    arguments = ("from_logits", "ignore_class", "axis")
    argument_checks = ranges.checks(from_logits=ranges.flag, ignore_class=ranges.axis | None, axis=ranges.axis)

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: LossDType = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ):
        super().__init__(name, dtype)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis

    def value_mask(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor | None:
        if self.ignore_class is None:
            return None
        return ops.not_equal(class_indices(y_true, y_pred, self.axis)[0], self.ignore_class)
