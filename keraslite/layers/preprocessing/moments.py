"""`Moments`: mean and variance of data that comes in parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["Moments"]

_ROWS = 1 << 16


class Moments:
    """Mean and variance over all axes but some, of arrays that come one after another. Computed in float64.

    Source: Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.

    Args:
        kept: the axes that have a mean and a variance for each of their indices, non-negative.

    Attributes:
        count: the number of elements behind each mean.
        mean: the means so far, of the sizes along `kept`.
        variance: the variances so far.
    """

    def __init__(self, kept: Sequence[int]):
        self._kept = tuple(kept)
        self.count = 0
        self.mean: np.ndarray = np.zeros(())
        self._squares: np.ndarray = np.zeros(())

    @property
    def variance(self) -> np.ndarray:
        """The mean of the squared distances from the mean."""
        return self._squares / max(self.count, 1)

    def add(self, array: np.ndarray) -> None:
        """Take another array into account."""
        rows = len(array) if 0 in self._kept else max(_ROWS * 16 // max(array[:1].size, 1), 1)
        for start in range(0, len(array), rows):
            self._add(array[start : start + rows].astype(np.float64))

    def _add(self, array: np.ndarray) -> None:
        axes = tuple(axis for axis in range(array.ndim) if axis not in self._kept)
        count = int(np.prod([array.shape[axis] for axis in axes], dtype=np.int64))
        if not count:
            return
        mean = array.mean(axis=axes)
        squares = np.square(array - array.mean(axis=axes, keepdims=True)).sum(axis=axes)
        total = self.count + count
        step = mean - self.mean
        self._squares = self._squares + squares + np.square(step) * (self.count * count / total)
        self.mean = self.mean + step * (count / total)
        self.count = total
