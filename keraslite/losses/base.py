"""`Loss`, what its subclasses share, and the reduction of values per sample to one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from keraslite import config, masking, ops, ranges, tree
from keraslite.backend import dtypes
from keraslite.backend.changes import use
from keraslite.backend.tracebacks import shortened
from keraslite.errors import ArgumentError, DataError
from keraslite.losses.misfit import telling
from keraslite.naming import to_snake_case
from keraslite.ops.core import as_tensor
from keraslite.serialization import Configurable, builtin

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


@builtin("keras.losses")
class Loss(Configurable):
    """How far predictions are from targets. Subclasses define `call(y_true, y_pred)`.

    Args:
        name: of the loss.
        reduction: what becomes of the values per sample. "sum_over_batch_size" (and "mean"): their sum over their
            number, masked ones not counted; "sum"; "mean_with_sample_weight": their sum over the sum of
            weights; "none": as they are.
        dtype: in which the loss is computed; None is floatx, also under mixed precision.

    A NaN among the predictions gives a NaN loss, unless it is masked.
    """

    #: Whether targets are class indices; None: only the subclass knows.
    takes_indices: ClassVar[bool | None] = None
    #: What shapes it needs, in words, where they are no usual ones.
    shapes_wanted: ClassVar[str | None] = None
    argument_checks = ranges.checks(name=ranges.text | None, reduction=ranges.one_of(*REDUCTIONS))
    config_unsaid = frozenset(("dtype",))

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None):
        self.name = name or to_snake_case(type(self).__name__)
        self.reduction = reduction
        self._dtype = loss_dtype(dtype)

    @property
    def dtype(self) -> str:
        """The dtype in which the loss is computed."""
        return self._dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The reduced loss.

        Args:
            y_true: targets, `(batch, ...)`.
            y_pred: predictions, `(batch, ...)`; values at masked steps do not count.
            sample_weight: `(batch,)`, `(batch, 1)` or as the values per sample, `(batch, ...)`. Axes that it lacks
                are added at its end, so one weight a sample also fits a loss per time step.
        """
        use(self)
        mask = _mask_of(y_pred)
        y_true = _each(self._convert_target, y_true)
        y_pred = _each(lambda x: to_dtype(x, self._dtype), y_pred)
        with shortened(), telling(self, y_true, y_pred):
            values = to_dtype(self.call(y_true, y_pred), self._dtype)
        mask = both_masks(mask, self.value_mask(y_true, y_pred, values))
        return reduce_values(values, sample_weight, mask, self.reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Values per sample, before weights and reduction."""
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `call(y_true, y_pred)`.")

    def value_mask(self, y_true: Any, y_pred: Any, values: Any) -> Any:
        """Return which values count where not all do (`ignore_class`).

        Args:
            y_true: targets as tensors.
            y_pred: predictions as tensors.
            values: what `call` returned for them.

        Returns:
            Booleans of the shape of `values`; None: all count.
        """
        return None

    def _convert_target(self, y_true: Any) -> Any:
        if self.takes_indices:  # never through the loss's dtype: float16 has no 2049, float32 no 16,777,217
            check_whole(y_true, type(self).__name__)
            return ops.cast(as_tensor(y_true), "int32")
        return to_dtype(y_true, self._dtype)


class FunctionLoss(Loss):
    """A loss that is one function of `(y_true, y_pred, **arguments)`.

    Subclasses name it in `function`; constructor arguments that the function takes are kept as attributes
    and passed on.
    """

    function: ClassVar[Callable[..., Any]]
    arguments: ClassVar[tuple[str, ...]] = ()
    takes_indices = False

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: Any = None):
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if not self.takes_indices:
            y_true, y_pred = of_one_shape(*same_rank(y_true, y_pred), type(self).__name__)
        return type(self).function(y_true, y_pred, **{name: getattr(self, name) for name in self.arguments})


def loss_dtype(dtype: Any) -> str:
    """The dtype a loss or metric is computed in, from a dtype, a policy or None."""
    return dtypes.canonical(getattr(dtype, "compute_dtype", dtype)) if dtype is not None else config.floatx()


def to_dtype(x: Any, dtype: str) -> Any:
    """`x` as a tensor of `dtype`."""
    return ops.cast(as_tensor(x), dtype)


def dtype_name(x: Any) -> str:
    """The dtype of a tensor, by name."""
    return dtypes.canonical(x.dtype)


def operands(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Both as tensors of the predictions' dtype (floatx where that is no float)."""
    y_pred = as_tensor(y_pred)
    if not dtypes.is_float(dtype_name(y_pred)):
        y_pred = ops.cast(y_pred, config.floatx())
    return to_dtype(y_true, dtype_name(y_pred)), y_pred


def same_rank(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Both with as many axes, where they differ by a last axis of size 1.

    `(n,)` beside `(n, 1)` gains an axis; `(..., n, 1)` beside `(..., n)` loses one.
    """
    difference = len(y_true.shape) - len(y_pred.shape)
    if difference == 1 and y_true.shape[-1] == 1:
        if len(y_pred.shape) == 1:
            return y_true, ops.expand_dims(y_pred, -1)
        return ops.squeeze(y_true, -1), y_pred
    if difference == -1 and y_pred.shape[-1] == 1:
        if len(y_true.shape) == 1:
            return ops.expand_dims(y_true, -1), y_pred
        return y_true, ops.squeeze(y_pred, -1)
    return y_true, y_pred


def of_one_shape(y_true: Any, y_pred: Any, where: str) -> tuple[Any, Any]:
    """Both, if they have one shape; shapes that engines would broadcast to one are an error. A scalar goes with all."""
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    alike = len(true) == len(pred) and all(a == b or a is None or b is None for a, b in zip(true, pred, strict=True))
    if not true and pred:
        y_true = y_true + ops.zeros_like(y_pred, dtype=y_true.dtype)
    elif pred and not alike:
        raise ArgumentError(
            f"`{where}` needs `y_true` and `y_pred` of one shape. Received `y_true` of shape {true} and `y_pred` of "
            f"shape {pred}."
        )
    return y_true, y_pred


def check_whole(labels: Any, where: str) -> None:
    """Raise a `DataError` for class indices on the host that are no whole numbers."""
    if isinstance(labels, (list, tuple, float)) and not any(hasattr(leaf, "dtype") for leaf in tree.leaves(labels)):
        labels = np.asarray(labels)
    if isinstance(labels, (np.ndarray, np.generic)) and labels.dtype.kind == "f":
        array = np.asarray(labels)
        bad = array[array != np.floor(array)]
        if bad.size:
            raise DataError(
                f"`{where}` needs whole numbers as class indices. Received {bad.reshape(-1)[0]!s} ({bad.size} of "
                f"{array.size} labels are none). Use integers from 0."
            )


def align(weights: Any, values: Any, name: str) -> Any:
    """`weights` with as many axes as `values`: aligned at the first axis, so axes are added or dropped at the end."""
    shape, target = tuple(weights.shape), tuple(values.shape)
    while len(weights.shape) > len(target) and weights.shape[-1] == 1:
        weights = ops.squeeze(weights, -1)
    while 0 < len(weights.shape) < len(target):
        weights = ops.expand_dims(weights, -1)
    fits = len(weights.shape) <= len(target) and all(
        a in (1, b) or a is None or b is None for a, b in zip(weights.shape, target, strict=False)
    )
    if not fits:
        raise ArgumentError(
            f"A loss needs `{name}` with one value a sample, or one for each of its values of shape {target}. "
            f"Received `{name}` of shape {shape}."
        )
    return weights


def both_masks(mask: Any, own_mask: Any) -> Any:
    """The mask of the predictions and that of the values, either of which may be None, as one of the values' shape."""
    if mask is None or own_mask is None:
        return own_mask if mask is None else mask
    return ops.logical_and(align(mask, own_mask, "mask"), own_mask)


def reduce_values(values: Any, sample_weight: Any, mask: Any, reduction: str | None) -> Any:
    """Weights applied, masked values dropped, and the rest reduced (see `Loss`)."""
    weights = None
    if sample_weight is not None:
        weights = align(to_dtype(sample_weight, dtype_name(values)), values, "sample_weight")
    if mask is not None:
        mask = align(ops.cast(mask, "bool"), values, "mask")
        values = ops.where(mask, values, ops.zeros_like(values))
    total = values if weights is None else values * weights
    if reduction in ("none", None):
        return total
    if reduction == "sum":
        return ops.sum(total)
    if reduction == "mean_with_sample_weight" and weights is not None:
        return _ratio(total, weights, mask)
    return ops.mean(total) if mask is None else _ratio(total, ops.ones_like(values), mask)


def _ratio(total: Any, weights: Any, mask: Any) -> Any:
    weights = weights * ops.ones_like(total)
    if mask is not None:
        weights = ops.where(mask, weights, ops.zeros_like(weights))
    return ops.divide_no_nan(ops.sum(total), ops.sum(weights))


def _each(convert: Callable[[Any], Any], nest: Any) -> Any:
    """`nest` with its tensors converted; lists of Python numbers are one array."""
    if isinstance(nest, (list, tuple)) and not any(hasattr(leaf, "dtype") for leaf in tree.leaves(nest)):
        return convert(nest)
    return tree.map(convert, nest)


def _mask_of(y_pred: Any) -> Any:
    """The mask of the predictions; of a nest, the one mask its leaves have in common."""
    masks = [masking.get_mask(x) for x in tree.leaves(y_pred)]
    return masks[0] if len(masks) == 1 else None
