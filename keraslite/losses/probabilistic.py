"""Losses of probability distributions that are no plain crossentropies."""

from __future__ import annotations

from keraslite import config, ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.losses.base import FunctionLoss, LossDType, dtype_name, operands
from keraslite.losses.crossentropy import class_indices
from keraslite.serialization import builtin


def kl_divergence(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return the Kullback-Leibler divergence, the sum of `y_true * log(y_true / y_pred)` over the last axis.

    Both are clipped to `[epsilon, 1]`, where `epsilon` is `config.epsilon()`.

    Source: Kullback & Leibler, 1951, "On information and sufficiency".

    Args:
        y_true: probabilities of the classes, `(batch, ..., classes)`.
        y_pred: predicted probabilities, of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.kl_divergence(np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]]))
        >>> round(float(loss[0]), 3)
        0.144
    """
    true, pred = operands(y_true, y_pred)
    true = ops.clip(true, config.epsilon(), 1.0)
    pred = ops.clip(pred, config.epsilon(), 1.0)
    return ops.sum(true * ops.log(ops.divide(true, pred)), axis=-1)


def poisson(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Return the mean of `y_pred - y_true * log(y_pred + epsilon)` over the last axis.

    It is the negative log-likelihood of Poisson distributed counts, up to a constant. `epsilon` is
    `config.epsilon()`.

    Args:
        y_true: counts, `(batch, ..., d)`.
        y_pred: predicted rates, greater than 0, of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.poisson(np.array([[1.0, 2.0]]), np.array([[1.0, 1.0]]))
        >>> round(float(loss[0]), 3)
        1.0
    """
    true, pred = operands(y_true, y_pred)
    return ops.mean(ops.subtract(pred, ops.multiply(true, ops.log(pred + config.epsilon()))), axis=-1)


def categorical_generalized_cross_entropy(y_true: TensorLike, y_pred: TensorLike, q: float) -> Tensor:
    """Return `(1 - p[y_true] ** q) / q`, which lies between crossentropy (`q` near 0) and absolute error (`q = 1`).

    Probabilities are clipped to `[epsilon, 1 - epsilon]`, where `epsilon` is `config.epsilon()`.

    Source: Zhang & Sabuncu, 2018, "Generalized cross entropy loss for training deep neural networks with noisy
    labels".

    Args:
        y_true: class indices, `(batch, ...)` or `(batch, ..., 1)`.
        y_pred: probabilities, `(batch, ..., classes)`.
        q: how robust the loss is to wrong labels, in (0, 1).

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.categorical_generalized_cross_entropy(np.array([1]), np.array([[0.75, 0.25]]), 0.5)
        >>> round(float(loss[0]), 3)
        1.0
    """
    labels, pred = class_indices(y_true, y_pred, -1)
    right = ops.one_hot(labels, pred.shape[-1], dtype=dtype_name(pred))
    p = ops.clip(ops.sum(ops.multiply(right, pred), axis=-1), config.epsilon(), 1.0 - config.epsilon())
    return (1.0 - ops.power(p, q)) / q


@builtin("keras.losses")
class KLDivergence(FunctionLoss):
    """Kullback-Leibler divergence from predictions to targets, both probabilities `(batch, ..., classes)`.

    It is the sum of `y_true * log(y_true / y_pred)` over the classes.

    Source: Kullback & Leibler, 1951, "On information and sufficiency".

    Args:
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.KLDivergence()
        >>> round(float(loss(np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]]))), 3)
        0.144
    """

    function = staticmethod(kl_divergence)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class Poisson(FunctionLoss):
    """Negative log-likelihood of Poisson distributed counts, up to a constant.

    It is the mean of `y_pred - y_true * log(y_pred + config.epsilon())`. Targets are counts and predictions are rates
    greater than 0, both `(batch, ..., d)`.

    Args:
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.Poisson()
        >>> round(float(loss(np.array([[1.0, 2.0]]), np.array([[1.0, 1.0]]))), 3)
        1.0
    """

    function = staticmethod(poisson)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)


@builtin("keras.losses")
class CategoricalGeneralizedCrossEntropy(FunctionLoss):
    """Crossentropy that is robust to wrong labels: `(1 - p[y_true] ** q) / q`.

    Targets are class indices `(batch, ...)` or `(batch, ..., 1)`, and predictions are probabilities
    `(batch, ..., classes)`.

    Source: Zhang & Sabuncu, 2018, "Generalized cross entropy loss for training deep neural networks with noisy
    labels".

    Args:
        q: how robust the loss is, in (0, 1); 0.5 by default. Near 0 it is crossentropy, near 1 absolute error.
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Raises:
        DataError: when called with targets that are no whole numbers.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.CategoricalGeneralizedCrossEntropy(q=0.5)
        >>> round(float(loss(np.array([1]), np.array([[0.75, 0.25]]))), 3)
        1.0
    """

    function = staticmethod(categorical_generalized_cross_entropy)
    arguments = ("q",)
    argument_checks = ranges.checks(q=ranges.number(above=0, below=1))
    takes_indices = True

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
        self.q = q
