"""Indices as vectors, on the engine: which of them are there, and how often."""

from __future__ import annotations

from keraslite import ops
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.encoding import OutputMode

__all__ = ["hot"]


def hot(indices: Tensor, depth: int, mode: OutputMode, dtype: str, weights: Tensor | None = None) -> Tensor:
    """Vectors for indices, as `encoding.encoded` makes them on the host; indices outside count for nothing.

    Args:
        indices: integers of any shape.
        depth: the size of the vectors.
        mode: "int": the indices as they are. "one_hot": one vector per index. Otherwise one per row: of ones
            ("multi_hot"), or of counts ("count").
        dtype: the dtype of vectors.
        weights: how much each index counts, of the shape of `indices`, for "count".
    """
    if mode == "int":
        return indices
    if mode == "one_hot" and len(indices.shape) > 1 and indices.shape[-1] == 1:
        indices = ops.squeeze(indices, -1)
    if not indices.shape:
        indices = ops.expand_dims(indices, 0)
    vectors = ops.one_hot(indices, depth, dtype=dtype)
    if mode == "one_hot":
        return vectors
    if mode == "multi_hot":
        return ops.max(vectors, axis=-2)
    if weights is not None:
        vectors = vectors * ops.expand_dims(ops.cast(ops.reshape(weights, ops.shape(indices)), dtype), -1)
    return ops.sum(vectors, axis=-2)
