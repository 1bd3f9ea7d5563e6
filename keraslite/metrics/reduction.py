"""Mean and sum over everything seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from keraslite import masking, ops
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.losses.base import LossDType, align, both_masks, check_whole, of_one_shape, same_rank
from keraslite.losses.misfit import telling
from keraslite.metrics.base import Metric
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin, function_named, serialize


def weighted(
    metric: Metric, values: TensorLike, sample_weight: TensorLike | None, reduce: Callable[..., Tensor]
) -> tuple[Tensor, Tensor | None]:
    """Return one weighted value and one weight per sample. A sample counts once, however many values it has.

    Several values of a sample are reduced over the axes that weights lack, then, weighted, over the others, as their
    weights are.
    """
    each = metric._tensor(values)
    if sample_weight is None:
        return _each_sample(each, reduce, 1), None
    weights = metric._tensor(sample_weight)
    while len(weights.shape) > len(each.shape) and weights.shape[-1] == 1:
        weights = ops.squeeze(weights, -1)
    each = _each_sample(each, reduce, len(weights.shape))
    weights = align(weights, each, "sample_weight") * ops.ones_like(each)
    return _each_sample(each * weights, reduce, 1), _each_sample(weights, reduce, 1)


def _each_sample(values: Tensor, reduce: Callable[..., Tensor], first: int) -> Tensor:
    """Return `values` reduced over the axes from `first` on."""
    rank = len(values.shape)
    return reduce(values, axis=tuple(range(first, rank))) if rank > first else values


@builtin("keras.metrics")
class Sum(Metric):
    """Sum of all values, each times its weight.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.Sum()
        >>> metric.update_state(np.array([1.0, 3.0]))
        >>> metric.update_state(np.array([5.0]), sample_weight=np.array([2.0]))
        >>> float(metric.result())
        14.0
    """

    def __init__(self, name: str | None = "sum", dtype: LossDType = None):
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, values: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Add values.

        Args:
            values: a tensor of any shape.
            sample_weight: weights of some or all of the leading axes of `values`; None (default) for 1.
        """
        self.total.assign_add(ops.sum(weighted(self, values, sample_weight, ops.sum)[0]))

    def result(self) -> Tensor:
        return ops.copy(self.total.value)  # on PyTorch the value itself changes with the next update


@builtin("keras.metrics")
class Mean(Metric):
    """Weighted mean of all values; 0 before the first.

    Args:
        name: of the metric, in logs and in the results of `fit`.
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics
        >>> metric = metrics.Mean()
        >>> metric.update_state(np.array([1.0, 3.0]))
        >>> metric.update_state(np.array([8.0]))
        >>> float(metric.result())
        4.0
    """

    def __init__(self, name: str | None = "mean", dtype: LossDType = None):
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, values: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in values.

        Args:
            values: a tensor of any shape.
            sample_weight: weights of some or all of the leading axes of `values`; None (default) for 1.
        """
        each, weights = weighted(self, values, sample_weight, ops.mean)
        self.total.assign_add(ops.sum(each))
        self.count.assign_add(ops.sum(ops.ones_like(each) if weights is None else weights))

    def result(self) -> Tensor:
        return ops.divide_no_nan(self.total.value, self.count.value)


@builtin("keras.metrics")
class MeanMetricWrapper(Mean):
    """Mean of the values of a function, such as those of `losses`.

    Masked steps of the predictions do not count.

    Args:
        fn: a function `fn(y_true, y_pred, **kwargs)` that returns one or several values per sample, or its name.
        name: of the metric, in logs and in the results of `fit`; None (default) for "mean_metric_wrapper".
        dtype: the dtype of the state and the result; None (default) is `config.floatx()`.
        **kwargs: further arguments of `fn`, which the config keeps.

    Raises:
        ArgumentError: if `fn` cannot be called.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses, metrics
        >>> metric = metrics.MeanMetricWrapper(losses.huber, name="huber", delta=1.0)
        >>> metric.update_state(np.array([[0.0], [0.0]]), np.array([[1.0], [3.0]]))
        >>> float(metric.result())
        1.5
    """

    #: Whether targets are class indices; None: only the function knows.
    takes_indices: bool | None = None

    def __init__(
        self, fn: Callable[..., Tensor] | str, name: str | None = None, dtype: LossDType = None, **kwargs: object
    ):
        super().__init__(name, dtype)
        fn = function_named(fn) if isinstance(fn, str) else fn
        if not callable(fn):
            raise ArgumentError(f"`MeanMetricWrapper` needs a function `fn(y_true, y_pred)`. Received {fn!r}.")
        self._fn, self._fn_kwargs = fn, kwargs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        # In full, not by its bare name, for Keras's sake.
        return {**config, "fn": serialize(self._fn)} if "fn" in config else config

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in one batch.

        Args:
            y_true: targets, `(batch, ...)`.
            y_pred: predictions, `(batch, ...)`. Values at masked steps do not count.
            sample_weight: weights of the samples or of the values; None (default) for 1.
        """
        mask = masking.get_mask(y_pred)
        with telling(self, y_true, y_pred):
            values = self._tensor(self.values(y_true, y_pred))
        mask = both_masks(mask, self.value_mask(y_true, y_pred))
        if mask is not None:
            # Zero where masked, so that what a model gives there (NaN, even) cannot get in.
            mask = align(ops.cast(mask, "bool"), values, "mask")
            values = ops.where(mask, values, ops.zeros_like(values))
            weights = ops.cast(ops.logical_and(mask, ops.ones_like(values, dtype="bool")), self._dtype)
            if sample_weight is not None:
                weights = weights * align(self._tensor(sample_weight), values, "sample_weight")
            sample_weight = weights
        super().update_state(values, sample_weight)

    def values(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """Return the values of the function, which gets tensors of the metric's dtype.

        Args:
            y_true: targets, `(batch, ...)`.
            y_pred: predictions, `(batch, ...)`.
        """
        return self._fn(self._tensor(y_true), self._tensor(y_pred), **self._fn_kwargs)

    def value_mask(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor | None:
        """Return which values count, if the targets decide (as with `ignore_class`); None if all count.

        Args:
            y_true: targets, `(batch, ...)`.
            y_pred: predictions, `(batch, ...)`.
        """
        return None


class FunctionMetric(MeanMetricWrapper):
    """The mean of one known function; subclasses name it in `function`.

    Constructor arguments in `arguments` are kept as attributes and passed on.
    """

    function: ClassVar[Callable[..., Tensor]]
    arguments: ClassVar[tuple[str, ...]] = ()
    takes_indices = False

    def __init__(self, name: str | None = None, dtype: LossDType = None):
        super().__init__(type(self).function, name, dtype)

    def values(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        if self.takes_indices:  # they keep their dtype: float16 has no 2049
            check_whole(y_true, type(self).__name__)
            true, pred = as_tensor(y_true), self._tensor(y_pred)
        else:
            true, pred = same_rank(self._tensor(y_true), self._tensor(y_pred))
            true, pred = of_one_shape(true, pred, type(self).__name__)
        return type(self).function(true, pred, **{name: getattr(self, name) for name in self.arguments})


class LabelMetric(FunctionMetric):
    """The mean of a function whose targets are class indices."""

    takes_indices = True
