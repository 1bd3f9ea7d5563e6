"""`Loss`, what its subclasses share, and the reduction of values per sample to one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import numpy as np

from keraslite import config, masking, ops, ranges, tree
from keraslite.backend import dtypes
from keraslite.backend.changes import use
from keraslite.backend.contract import DTypeLike, Tensor, TensorLike
from keraslite.backend.tracebacks import shortened
from keraslite.dtype_policies import DTypePolicy
from keraslite.errors import ArgumentError, DataError
from keraslite.losses.misfit import telling
from keraslite.naming import to_snake_case
from keraslite.ops.core import as_tensor
from keraslite.serialization import Configurable, builtin

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


#: The dtype of a loss or metric: a dtype, a policy (whose compute dtype counts) or None for `config.floatx()`.
LossDType: TypeAlias = "DTypePolicy | DTypeLike | None"


@builtin("keras.losses")
class Loss(Configurable):
    """Base class of losses, which measure how far predictions are from targets.

    A subclass defines `call(y_true, y_pred)`, which returns values per sample. A call of the loss weighs and reduces
    them. A NaN among the predictions makes the loss NaN, unless it is masked.

    Args:
        name: of the loss, for logs and error messages; None (default) for the name of the class in snake case.
        reduction: how the values per sample become one number. "sum_over_batch_size" (default) and "mean" divide their
            weighted sum by their number, without masked ones; "sum" adds them up; "mean_with_sample_weight" divides
            their weighted sum by the sum of the weights; "none" or None returns them as they are.
        dtype: the dtype in which the loss is computed, or a policy; None (default) is `config.floatx()`, also under
            mixed precision.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses, ops
        >>> class Quartic(losses.Loss):
        ...     def call(self, y_true, y_pred):
        ...         return ops.mean((y_true - y_pred) ** 4, axis=-1)
        >>> float(Quartic()(np.array([[0.0], [0.0]]), np.array([[1.0], [2.0]])))
        8.5
    """

    #: Whether targets are class indices; None: only the subclass knows.
    takes_indices: bool | None = None
    #: What shapes it needs, in words, where they are no usual ones.
    shapes_wanted: ClassVar[str | None] = None
    argument_checks = ranges.checks(name=ranges.text | None, reduction=ranges.one_of(*REDUCTIONS))
    config_unsaid = frozenset(("dtype",))

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: LossDType = None):
        self.name = name or to_snake_case(type(self).__name__)
        self.reduction = reduction
        self._dtype = loss_dtype(dtype)

    @property
    def dtype(self) -> str:
        """The name of the dtype in which the loss is computed."""
        return self._dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: TensorLike | None = None) -> Tensor:
        """Return the loss, reduced as `reduction` says.

        Args:
            y_true: targets, `(batch, ...)`, or a nest of them.
            y_pred: predictions, `(batch, ...)`, or a nest of them. Values at masked steps do not count.
            sample_weight: one weight per sample, `(batch,)` or `(batch, 1)`, or one per value of `call`,
                `(batch, ...)`; None (default) for 1. Axes that it lacks are added at its end, so that one weight per
                sample also fits a loss per time step.

        Returns:
            A scalar, or with the reduction "none" a tensor of the shape that `call` returned.
        """
        use(self)
        mask = _mask_of(y_pred)
        y_true = _each(self._convert_target, y_true)
        y_pred = _each(lambda x: to_dtype(x, self._dtype), y_pred)
        with shortened(), telling(self, y_true, y_pred):
            values = to_dtype(self.call(y_true, y_pred), self._dtype)
        mask = both_masks(mask, self.value_mask(y_true, y_pred, values))
        return reduce_values(values, sample_weight, mask, self.reduction)

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        """Return values per sample, before weights and reduction.

        Args:
            y_true: targets, `(batch, ...)`, as tensors of the loss's dtype.
            y_pred: predictions, `(batch, ...)`, as tensors of the loss's dtype.
        """
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `call(y_true, y_pred)`.")

    def value_mask(self, y_true: Any, y_pred: Any, values: Tensor) -> Tensor | None:
        """Return which values count, if not all do (as with `ignore_class`).

        Args:
            y_true: targets as tensors.
            y_pred: predictions as tensors.
            values: what `call` returned for them.

        Returns:
            Booleans of the shape of `values`, or None if all count.
        """
        return None

    def _convert_target(self, y_true: TensorLike) -> Tensor:
        if self.takes_indices:  # never through the loss's dtype: float16 has no 2049, float32 no 16,777,217
            check_whole(y_true, type(self).__name__)
            return ops.cast(as_tensor(y_true), "int32")
        return to_dtype(y_true, self._dtype)


class FunctionLoss(Loss):
    """A loss that is one function of `(y_true, y_pred, **arguments)`.

    Subclasses name it in `function`; constructor arguments that the function takes are kept as attributes
    and passed on.
    """

    function: ClassVar[Callable[..., Tensor]]
    arguments: ClassVar[tuple[str, ...]] = ()
    takes_indices = False

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: LossDType = None):
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        if not self.takes_indices:
            y_true, y_pred = of_one_shape(*same_rank(y_true, y_pred), type(self).__name__)
        return type(self).function(y_true, y_pred, **{name: getattr(self, name) for name in self.arguments})


def loss_dtype(dtype: LossDType) -> str:
    """Return the name of the dtype that a loss or metric is computed in, from a dtype, a policy or None."""
    return dtypes.canonical(getattr(dtype, "compute_dtype", dtype)) if dtype is not None else config.floatx()


def to_dtype(x: TensorLike, dtype: str) -> Tensor:
    """Return `x` as a tensor of `dtype`."""
    return ops.cast(as_tensor(x), dtype)


def dtype_name(x: Tensor) -> str:
    """Return the name of the dtype of a tensor."""
    return dtypes.canonical(x.dtype)


def operands(y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    """Return both as tensors of the predictions' dtype (floatx where that is no float)."""
    pred: Tensor = as_tensor(y_pred)
    if not dtypes.is_float(dtype_name(pred)):
        pred = ops.cast(pred, config.floatx())
    return to_dtype(y_true, dtype_name(pred)), pred


def same_rank(y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
    """Return both with equally many axes, if they differ by a last axis of size 1.

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


def of_one_shape(y_true: Tensor, y_pred: Tensor, where: str) -> tuple[Tensor, Tensor]:
    """Return both if they have one shape, or targets that are a scalar; shapes that would broadcast are an error."""
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


def check_whole(labels: object, where: str) -> None:
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


def align(weights: Tensor, values: Tensor, name: str) -> Tensor:
    """Return `weights` with as many axes as `values`; axes are added or dropped at the end."""
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


def both_masks(mask: Tensor | None, own_mask: Tensor | None) -> Tensor | None:
    """Return the mask of the predictions and that of the values as one mask; either may be None."""
    if mask is None or own_mask is None:
        return own_mask if mask is None else mask
    return ops.logical_and(align(mask, own_mask, "mask"), own_mask)


def reduce_values(
    values: Tensor, sample_weight: TensorLike | None, mask: Tensor | None, reduction: str | None
) -> Tensor:
    """Apply weights, drop masked values, and reduce the rest (see `Loss`)."""
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


def _ratio(total: Tensor, weights: Tensor, mask: Tensor | None) -> Tensor:
    weights = weights * ops.ones_like(total)
    if mask is not None:
        weights = ops.where(mask, weights, ops.zeros_like(weights))
    return ops.divide_no_nan(ops.sum(total), ops.sum(weights))


def _each(convert: Callable[[TensorLike], Tensor], nest: object) -> object:
    """Return `nest` with its tensors converted; lists of Python numbers are one array."""
    if isinstance(nest, (list, tuple)) and not any(hasattr(leaf, "dtype") for leaf in tree.leaves(nest)):
        return convert(nest)
    return tree.map(convert, nest)


def _mask_of(y_pred: object) -> Tensor | None:
    """The mask of the predictions; of a nest, the one mask its leaves have in common."""
    masks = [masking.get_mask(x) for x in tree.leaves(y_pred)]
    return masks[0] if len(masks) == 1 else None
