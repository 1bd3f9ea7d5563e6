"""Weights of classes as weights of samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from keraslite import ops
from keraslite.errors import ArgumentError, DataError
from keraslite.training.data import conversion
from keraslite.training.data.pack import pack_x_y_sample_weight, unpack_x_y_sample_weight
from keraslite.training.data.source import ChangedSource, Source

__all__ = ["ClassWeighted", "class_weights_of", "weigh"]


class ClassWeighted(ChangedSource):
    """A source whose samples carry the weight of their class, times the weight they had.

    Args:
        are_indices: as in `weigh`, asked with the first batch.
    """

    def __init__(self, source: Source, class_weight: object, are_indices: Callable[[object], bool | None]):
        super().__init__(source)
        self._are_indices, self._table = are_indices, class_weights_of(class_weight)
        self.in_memory, self.reads_ahead = source.in_memory, source.reads_ahead

    def batches(self) -> Iterator[object]:
        """One pass over the data."""
        for i, batch in enumerate(self._source.batches()):
            if i == 0:
                are_indices = self._are_indices(batch)
            yield pack_x_y_sample_weight(*weigh(*unpack_x_y_sample_weight(batch), self._table, are_indices))


def class_weights_of(class_weight: object) -> np.ndarray:
    """The table of weights by class, 1 for classes without one."""
    if not isinstance(class_weight, Mapping) or not class_weight:
        raise ArgumentError(
            "`fit` needs `class_weight` to be a dict from class index to weight. "
            f"Received class_weight={class_weight!r}."
        )
    try:
        table = {int(key): float(value) for key, value in class_weight.items()}
    except (TypeError, ValueError):
        table = {-1: 0.0}
    if min(table) < 0:
        raise ArgumentError(
            f"`fit` needs the keys of `class_weight` to be class indices from 0. Received {list(class_weight)}."
        )
    weights = np.ones(max(table) + 1, "float32")
    for index, weight in table.items():
        weights[index] = weight
    return weights


def weigh(
    x: object, y: object, sample_weight: object, table: np.ndarray, are_indices: bool | None
) -> tuple[object, object, object]:
    """`(x, y, sample_weight)` of a batch with the weights of the classes in `y` multiplied in.

    Args:
        are_indices: whether the values of `y` are class indices, each with a weight of its own; False: its rows are
            one-hot or probabilities. None: nobody knows, so rows that can be probabilities are.
    """
    leaves = conversion.data_leaves(y, "y")
    if len(leaves) != 1:
        raise DataError(
            f"`class_weight` needs a model with one output. Received {len(leaves)} targets. Use `sample_weight`."
        )
    labels: Any = leaves[0][1]
    if not conversion.is_array(labels):
        labels = np.asarray(labels)
    shape = tuple(labels.shape)
    on_host = isinstance(labels, np.ndarray)
    if len(shape) > 1 and shape[-1] > 1 and not are_indices:
        if on_host:
            _check_rows(labels)
        labels = labels.argmax(-1) if on_host else ops.argmax(labels, axis=-1)
    elif len(shape) > 1 and shape[-1] == 1:
        labels = labels[..., 0]
    if on_host:
        index = labels.astype("int64")
        weights = np.where((index >= 0) & (index < len(table)), table[np.clip(index, 0, len(table) - 1)], 1.0)
        weights = weights.astype("float32")
    else:
        index = ops.cast(labels, "int32")
        known = ops.take(table, ops.clip(index, 0, len(table) - 1), axis=0)
        weights = ops.where(ops.logical_and(index >= 0, index < len(table)), known, ops.ones_like(known))
    if sample_weight is None:
        return x, y, weights
    return x, y, conversion.map_data(lambda given: _product(given, weights), sample_weight)


def _check_rows(labels: np.ndarray) -> None:
    sums = labels.sum(-1, dtype="float64")
    if (labels < 0).any() or (np.abs(sums - 1) > 1e-2).any():
        raise DataError(
            "`class_weight` needs targets that are class indices, or rows that are one-hot or probabilities. Received "
            f"`y` of shape {labels.shape} with rows whose sum is not 1, such as {labels[np.abs(sums - 1) > 1e-2][:1]}. "
            "Use `sample_weight`."
        )


def _product(given: Any, weights: Any) -> Any:
    """Both multiplied, aligned at their first axes."""
    while len(given.shape) > len(weights.shape) and given.shape[-1] == 1:
        given = given[..., 0]
    rank = max(len(given.shape), len(weights.shape))
    given, weights = (x[(..., *[None] * (rank - len(x.shape)))] for x in (given, weights))
    if isinstance(given, np.ndarray) and isinstance(weights, np.ndarray):
        return given * weights
    return ops.multiply(given, weights)
