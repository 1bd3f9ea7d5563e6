"""Masks of attention: which position of a query may attend to which of a value.

A mask has the axes of the scores: those of the batch that are not attended over, then the attended axes of the query,
then those of the value. Between the first two there may be the axis of the heads. Axes at the front may be missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import ops
from keraslite.backend.contract import Tensor


def both(first: Tensor | None, second: Tensor | None, count: int = 1) -> Tensor | None:
    """Return where both masks are true. None stands for a mask that is true everywhere.

    Args:
        first: a mask, bool.
        second: a mask, bool.
        count: the number of axes that are attended over. The mask of fewer axes has no axis for the heads.
    """
    if first is None or second is None:
        return second if first is None else first
    rank = max(len(first.shape), len(second.shape))
    return ops.logical_and(of_rank(first, rank, count), of_rank(second, rank, count))


def of_rank(mask: Tensor, rank: int, count: int = 1) -> Tensor:
    """Return the mask with axes of size 1 before those of the positions, so that it has `rank` axes."""
    while len(mask.shape) < rank:
        mask = ops.expand_dims(mask, max(-2 * count - 1, -len(mask.shape) - 1))
    return mask


def of_queries(mask: Tensor, attended: Sequence[int], rank: int) -> Tensor:
    """Return a query's mask, `(batch, *T)`, as one of scores, `(batch, *T, 1)`, with a 1 per attended axis."""
    return ops.expand_dims(_attended_last(mask, attended, rank), tuple(range(-len(attended), 0)))


def of_values(mask: Tensor, attended: Sequence[int], rank: int) -> Tensor:
    """Return a value's mask, `(batch, *S)`, as one of scores, `(batch, 1, *S)`, with a 1 per attended axis."""
    count = len(attended)
    return ops.expand_dims(_attended_last(mask, attended, rank), tuple(range(-2 * count, -count)))


def _attended_last(mask: Tensor, attended: Sequence[int], rank: int) -> Tensor:
    """Return the mask of an input of `rank` axes with all of its axes but the features, the attended ones last."""
    mask = ops.cast(mask, "bool")
    while len(mask.shape) < rank - 1:
        mask = ops.expand_dims(mask, -1)
    order = [axis for axis in range(rank - 1) if axis not in attended] + list(attended)
    return mask if order == list(range(rank - 1)) else ops.transpose(mask, order)


def distances(query: Tensor, value: Tensor, axis: int = 1) -> Tensor:
    """Return how far each position of the query is behind each of the value, `(1, T, S)`, int32."""
    lengths = (ops.shape(x)[axis] for x in (query, value))
    t, s = (ops.expand_dims(ops.arange(n, dtype="int32"), at) for n, at in zip(lengths, (1, 0), strict=True))
    return ops.expand_dims(ops.subtract(t, s), 0)
