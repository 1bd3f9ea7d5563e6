"""Rows of different lengths, one after another in an array."""

from __future__ import annotations

import numpy as np

__all__ = ["padded"]


def padded(indices: np.ndarray, lengths: np.ndarray, length: int | None, padding: int) -> np.ndarray:
    """Rows of indices as one array, `(rows, length)`: padded, and cut if a length is given."""
    width = int(lengths.max(initial=0)) if length is None else length
    result = np.full((len(lengths), width), padding, np.int64)
    result[np.arange(width) < lengths[:, None]] = indices if length is None else indices[_positions(lengths) < length]
    return result


def _positions(lengths: np.ndarray) -> np.ndarray:
    """The position of each element in its row."""
    starts = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) - np.repeat(starts, lengths)
