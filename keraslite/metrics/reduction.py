"""Mean and sum over everything seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from keraslite import masking, ops
from keraslite.errors import ArgumentError
from keraslite.losses.base import align, both_masks, check_whole, of_one_shape, same_rank
from keraslite.losses.misfit import telling
from keraslite.metrics.base import Metric
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin, function_named, serialize


def weighted(metric: Metric, values: Any, sample_weight: Any, reduce: Callable[..., Any]) -> tuple[Any, Any]:
    """Weighted values and weights, one a sample: each counts once, however many values it has.

    Several values of a sample are reduced over the axes that weights lack, then, weighted, over the others, as their
    weights are.
    """
    values = metric._tensor(values)
    if sample_weight is None:
        return _each_sample(values, reduce, 1), None
    weights = metric._tensor(sample_weight)
    while len(weights.shape) > len(values.shape) and weights.shape[-1] == 1:
        weights = ops.squeeze(weights, -1)
    values = _each_sample(values, reduce, len(weights.shape))
    weights = align(weights, values, "sample_weight") * ops.ones_like(values)
    return _each_sample(values * weights, reduce, 1), _each_sample(weights, reduce, 1)


def _each_sample(values: Any, reduce: Callable[..., Any], first: int) -> Any:
    """`values` reduced over the axes from `first` on."""
    rank = len(values.shape)
    return reduce(values, axis=tuple(range(first, rank))) if rank > first else values


@builtin("keras.metrics")
class Sum(Metric):
    """Sum of all values, each times its weight."""

    def __init__(self, name: str | None = "sum", dtype: Any = None):
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add `values`, of any shape; weights cover some or all of their leading axes."""
        self.total.assign_add(ops.sum(weighted(self, values, sample_weight, ops.sum)[0]))

    def result(self) -> Any:
        return ops.copy(self.total.value)  # on PyTorch the value itself changes with the next update


@builtin("keras.metrics")
class Mean(Metric):
    """Weighted mean of all values; 0 before the first."""

    def __init__(self, name: str | None = "mean", dtype: Any = None):
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take in `values`, of any shape; weights cover some or all of their leading axes."""
        values, weights = weighted(self, values, sample_weight, ops.mean)
        self.total.assign_add(ops.sum(values))
        self.count.assign_add(ops.sum(ops.ones_like(values) if weights is None else weights))

    def result(self) -> Any:
        return ops.divide_no_nan(self.total.value, self.count.value)


@builtin("keras.metrics")
class MeanMetricWrapper(Mean):
    """Mean of `fn(y_true, y_pred, **kwargs)`, one value or several per sample.

    Masked steps of the predictions do not count. The arguments of `fn` that stand in `kwargs` are kept in the config.
    """

    #: Whether targets are class indices; None: only the function knows.
    takes_indices: ClassVar[bool | None] = None

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(name, dtype)
        fn = function_named(fn) if isinstance(fn, str) else fn
        if not callable(fn):
            raise ArgumentError(f"`MeanMetricWrapper` needs a function `fn(y_true, y_pred)`. Received {fn!r}.")
        self._fn, self._fn_kwargs = fn, kwargs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        # In full, not by its bare name, for Keras's sake.
        return {**config, "fn": serialize(self._fn)} if "fn" in config else config

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch."""
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

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Values per sample; the function gets tensors of the metric's dtype."""
        return self._fn(self._tensor(y_true), self._tensor(y_pred), **self._fn_kwargs)

    def value_mask(self, y_true: Any, y_pred: Any) -> Any:
        """Which values count, where the targets say so themselves (`ignore_class`); None: all."""
        return None


class FunctionMetric(MeanMetricWrapper):
    """The mean of one known function; subclasses name it in `function`.

    Constructor arguments in `arguments` are kept as attributes and passed on.
    """

    function: ClassVar[Callable[..., Any]]
    arguments: ClassVar[tuple[str, ...]] = ()
    takes_indices = False

    def __init__(self, name: str | None = None, dtype: Any = None):
        super().__init__(type(self).function, name, dtype)

    def values(self, y_true: Any, y_pred: Any) -> Any:
        if self.takes_indices:  # they keep their dtype: float16 has no 2049
            check_whole(y_true, type(self).__name__)
            y_true, y_pred = as_tensor(y_true), self._tensor(y_pred)
        else:
            y_true, y_pred = same_rank(self._tensor(y_true), self._tensor(y_pred))
            y_true, y_pred = of_one_shape(y_true, y_pred, type(self).__name__)
        return type(self).function(y_true, y_pred, **{name: getattr(self, name) for name in self.arguments})


class LabelMetric(FunctionMetric):
    """The mean of a function whose targets are class indices."""

    takes_indices = True
