"""Checks of targets and predictions, and counting decisions at thresholds: Precision, Recall, AUC and the like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from keraslite import allowance, config, ops, ranges, tree
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.losses.base import align, same_rank
from keraslite.metrics.base import Metric
from keraslite.ops.core import as_tensor

#: A few thresholds are compared with every prediction; more go through a histogram.
_FEW = 8
#: How many samples are counted at once. A float32 that grows by one stops at 2**24.
_PART = 1 << 20


_Counted = TypeVar("_Counted")


def by_parts(count: Callable[..., _Counted], *tensors: Tensor) -> _Counted:
    """Return `count(*tensors)`, sums over the samples (the first axis), added up from parts of the samples."""
    samples = tensors[0].shape[0]
    if not isinstance(samples, int) or samples <= _PART:
        return count(*tensors)
    starts = range(0, samples, _PART)
    parts = [count(*(x[start : start + _PART, ...] for x in tensors)) for start in starts]
    return tree.map(lambda *each: ops.sum(ops.stack(each), axis=0), *parts)


#: One threshold or several.
THRESHOLDS = ranges.fraction | ranges.items(ranges.fraction, low=1)


def threshold_list(thresholds: float | Sequence[float] | None, default: float) -> list[float]:
    """Return one threshold or several, or the default, as a list."""
    given = default if thresholds is None else thresholds
    return [float(threshold) for threshold in (given if isinstance(given, Sequence) else [given])]


def even_thresholds(number: int) -> list[float]:
    """Return `number` thresholds from just below 0 to just above 1."""
    allowance.charge_array((number,), 64, "a list of thresholds")
    between = [(i + 1) / (number - 1) for i in range(number - 2)]
    return [-config.epsilon(), *between, 1.0 + config.epsilon()]


def matrices(
    metric: Metric, y_true: TensorLike, y_pred: TensorLike, columns: str, advice: str = ""
) -> tuple[Tensor, Tensor]:
    """Return both as tensors of the metric's dtype, checked to be of one shape `(batch, columns)`."""
    true, pred = metric._tensor(y_true), metric._tensor(y_pred)
    if len(true.shape) != 2 or len(pred.shape) != 2 or true.shape[-1] != pred.shape[-1]:
        raise ArgumentError(
            f"`{type(metric).__name__}` needs targets and predictions of shape (batch, {columns}). Received "
            f"{tuple(true.shape)} and {tuple(pred.shape)}.{advice}"
        )
    return true, pred


def prepare(
    metric: Metric,
    y_true: TensorLike,
    y_pred: TensorLike,
    sample_weight: TensorLike | None,
    top_k: int | None = None,
    class_id: int | None = None,
    flat: bool = True,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return targets (bool), predictions and weights; flat, or as they are.

    With `top_k` all but the largest predictions of each row become minus infinity; with `class_id` only that
    column of the last axis counts.
    """
    true, pred = same_rank(metric._tensor(y_true), metric._tensor(y_pred))
    if tuple(true.shape) != tuple(pred.shape) and None not in (*true.shape, *pred.shape):
        raise ArgumentError(
            f"`{type(metric).__name__}` needs targets and predictions of one shape. "
            f"Received {tuple(true.shape)} and {tuple(pred.shape)}."
        )
    weights: Tensor = ops.ones_like(pred)
    if sample_weight is not None:
        weights = weights * align(metric._tensor(sample_weight), pred, "sample_weight")
    if top_k is not None:
        pred = _keep_top(pred, top_k)
    if class_id is not None:
        true, pred, weights = (_column(metric, x, class_id) for x in (true, pred, weights))
    if flat:
        true, pred, weights = (ops.reshape(x, (-1,)) for x in (true, pred, weights))
    return ops.cast(true, "bool"), pred, weights


def _column(metric: Metric, x: Tensor, class_id: int) -> Tensor:
    """Return what belongs to one class, along the last axis."""
    if len(x.shape) < 2 or (isinstance(x.shape[-1], int) and class_id >= x.shape[-1]):
        raise ArgumentError(
            f"`{type(metric).__name__}` needs predictions of shape (batch, classes), with more than {class_id} classes "
            f"for class_id={class_id}. Received {tuple(x.shape)}."
        )
    return x[..., class_id]


def counts(y_true: Tensor, y_pred: Tensor, weights: Tensor, thresholds: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Return the weight of true and of false positives at each threshold, `(thresholds,)` or `(thresholds, labels)`.

    A prediction is positive above a threshold. All tensors `(n,)` or `(n, labels)`, `y_true` bool.
    """
    return by_parts(lambda true, pred, weight: _counted(true, pred, weight, thresholds), y_true, y_pred, weights)


def _counted(y_true: Tensor, y_pred: Tensor, weights: Tensor, thresholds: Sequence[float]) -> tuple[Tensor, Tensor]:
    positive = ops.where(y_true, weights, ops.zeros_like(weights))
    limits = as_tensor(np.asarray(thresholds, np.float32), dtype=y_pred.dtype)
    if len(thresholds) > _FEW or len(y_pred.shape) > 1:
        above = _above(y_pred, limits)
        return _histogram(above, positive, len(thresholds)), _histogram(above, weights - positive, len(thresholds))
    above = ops.cast(ops.greater(ops.expand_dims(y_pred, 1), ops.expand_dims(limits, 0)), weights.dtype)
    at_each = ops.matmul(ops.stack([positive, weights - positive]), above)  # (2, thresholds)
    return at_each[0, ...], at_each[1, ...]


def _above(y_pred: Tensor, limits: Tensor) -> Tensor:
    """How many of the ascending `limits` each prediction is above; NaN is above none (engines sort it last)."""
    number = ops.searchsorted(limits, ops.reshape(y_pred, (-1,)), side="left")
    return ops.where(ops.isnan(ops.reshape(y_pred, (-1,))), ops.zeros_like(number), number)


def _histogram(above: Tensor, weights: Tensor, thresholds: int) -> Tensor:
    """The weight at or above each threshold, from how many thresholds each prediction is above."""
    labels = weights.shape[1] if len(weights.shape) > 1 else 1
    bins = thresholds + 1
    if labels > 1:  # each label has bins of its own
        offsets = ops.arange(labels, dtype=above.dtype) * bins
        above = ops.reshape(ops.reshape(above, (-1, labels)) + offsets, (-1,))
    summed = ops.segment_sum(ops.reshape(weights, (-1,)), above, num_segments=labels * bins)
    summed = ops.reshape(summed, (labels, bins))[:, 1:]
    summed = ops.flip(ops.cumsum(ops.flip(summed, 1), axis=1), 1)  # (labels, thresholds)
    return ops.transpose(summed) if len(weights.shape) > 1 else summed[0, ...]


def _keep_top(y_pred: Tensor, k: int) -> Tensor:
    """Replace all but the `k` largest of the last axis by minus infinity; the first of equals is kept."""
    size = y_pred.shape[-1]
    kept = ops.sum(ops.one_hot(ops.top_k(y_pred, k)[1], size, dtype=y_pred.dtype), axis=-2)
    return ops.where(ops.greater(kept, 0), y_pred, ops.full_like(y_pred, -float("inf")))
