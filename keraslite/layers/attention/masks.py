"""Masks of attention: which position of a query may attend to which of a value."""

from __future__ import annotations

from keraslite import ops
from keraslite.backend.contract import Tensor


def both(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    """Where both masks are true; None stands for a mask that is true everywhere."""
    if first is None or second is None:
        return second if first is None else first
    return ops.logical_and(first, second)


def across_values(value_mask: Tensor | None, key_mask: Tensor | None, attention_mask: Tensor | None) -> Tensor | None:
    """The masks of values and keys, `(batch, S)`, and that of both, as one; None where there is none."""
    mask = None if attention_mask is None else ops.cast(attention_mask, "bool")
    across = None
    for each in (value_mask, key_mask):
        if each is not None:
            across = both(across, ops.expand_dims(ops.cast(each, "bool"), -2))  # (batch, 1, S)
    if across is not None and mask is not None and len(mask.shape) == 4 and len(across.shape) == 3:
        across = ops.expand_dims(across, 1)
    return both(mask, across)


def distances(query: Tensor, value: Tensor) -> Tensor:
    """How far each position of the query is behind each of the value, `(1, T, S)`."""
    t, s = (ops.expand_dims(ops.arange(ops.shape(x)[1], dtype="int32"), axis) for x, axis in ((query, 1), (value, 0)))
    return ops.expand_dims(ops.subtract(t, s), 0)
