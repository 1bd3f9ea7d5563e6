"""Indices as vectors, on the host: which of them are there, and how often."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, TypeVar

import numpy as np

T = TypeVar("T")

__all__ = ["VECTORS", "OutputMode", "encoded", "encoded_shape"]

OutputMode: TypeAlias = Literal["int", "one_hot", "multi_hot", "count", "tf_idf"]
#: The output modes whose results have an axis of the vocabulary's size.
VECTORS = ("one_hot", "multi_hot", "count", "tf_idf")


def encoded(
    indices: np.ndarray, depth: int, mode: OutputMode, dtype: np.dtype, weights: np.ndarray | None
) -> np.ndarray:
    """Vectors for indices; negative ones are left out.

    Args:
        indices: integers below `depth`, of any shape.
        depth: the size of the vectors.
        mode: "one_hot": one vector per index. Otherwise one per row: of ones ("multi_hot"), of counts ("count"), or of
            counts times weights ("tf_idf").
        dtype: the dtype of the result.
        weights: the weights of "tf_idf", shape `(depth,)`.

    Returns:
        An array of shape `encoded_shape(indices.shape, depth, mode)`.
    """
    shape = encoded_shape(indices.shape, depth, mode)
    width = 1 if mode == "one_hot" or not indices.ndim else indices.shape[-1]
    count = math.prod(shape[:-1])  # known without dividing, since an axis may have size 0
    rows = indices.reshape(count, width)
    row = np.broadcast_to(np.arange(len(rows))[:, None], rows.shape)[rows >= 0]
    flat = row * depth + rows[rows >= 0]
    if mode in ("one_hot", "multi_hot"):
        result = np.zeros(len(rows) * depth, dtype)
        result[flat] = 1
    else:
        result = np.zeros(len(rows) * depth, dtype)
        np.add.at(result, flat, dtype.type(1))
    result = result.reshape(len(rows), depth)
    if mode == "tf_idf" and weights is not None:
        result = result * weights.astype(dtype)
    return result.reshape(shape)


def encoded_shape(shape: tuple[T, ...], depth: int, mode: OutputMode) -> tuple[T | int, ...]:
    """The shape of what `encoded` returns. "one_hot" drops a last axis of size 1."""
    if mode == "one_hot":
        kept = shape[:-1] if len(shape) > 1 and shape[-1] == 1 else (shape or (1,))
        return (*kept, depth)
    return (*shape[:-1], depth)
