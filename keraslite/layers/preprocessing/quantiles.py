"""`Quantiles`: quantiles of data that comes in parts, in little memory."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["Quantiles"]

_EXACT = 1 << 20  # values that are kept as they are


class Quantiles:
    """Quantiles of numbers that come in arrays: exact for a million of them, else with a small error of rank.

    Beyond that, each full buffer is reduced to values of equal weight, and two summaries of one level are merged into
    one of the next level. So error and memory grow with the logarithm of the amount of data.

    Source: Agarwal et al., "Mergeable summaries", 2012.

    Args:
        error: the largest error of rank that is wanted, as a part of the number of values.
    """

    def __init__(self, error: float):
        self._size = min(max(math.ceil(32 / error), 1024), _EXACT)
        self._buffer: list[np.ndarray] = []
        self._waiting = 0
        self._levels: list[np.ndarray | None] = []
        self.count = 0

    def add(self, values: np.ndarray) -> None:
        """Take values into account; those that are not a number are left out."""
        values = values.reshape(-1).astype(np.float64)
        values = values[~np.isnan(values)]
        self.count += len(values)
        for start in range(0, len(values), _EXACT):
            self._take(values[start : start + _EXACT])

    def _take(self, values: np.ndarray) -> None:
        room = _EXACT - self._waiting
        self._buffer.append(values[:room])
        self._waiting += len(values[:room])
        if self._waiting == _EXACT:
            summary = _reduced(np.concatenate(self._buffer), np.full(_EXACT, 1.0), self._size)
            self._raise(summary)
            self._buffer, self._waiting = [], 0
            if len(values) > room:
                self._take(values[room:])

    def _raise(self, summary: np.ndarray) -> None:
        """Put a summary on the first level, and what it is merged with on the next ones."""
        for level, other in enumerate(self._levels):
            if other is None:
                self._levels[level] = summary
                return
            self._levels[level] = None
            both = np.concatenate([summary, other])
            summary = _reduced(both, np.ones(len(both)), self._size)
        self._levels.append(summary)

    def at(self, fractions: np.ndarray) -> np.ndarray:
        """The smallest values that at least these parts of all values do not exceed."""
        values, weights = [*self._buffer], [np.ones(len(each)) for each in self._buffer]
        for level, summary in enumerate(self._levels):
            if summary is not None:
                values.append(summary)
                weights.append(np.full(len(summary), _EXACT * 2.0**level / self._size))
        return _weighted(np.concatenate(values), np.concatenate(weights), fractions)


def _reduced(values: np.ndarray, weights: np.ndarray, size: int) -> np.ndarray:
    """`size` values that stand for equal parts of these."""
    return _weighted(values, weights, (np.arange(size) + 0.5) / size)


def _weighted(values: np.ndarray, weights: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(weights[order])
    wanted = fractions * passed[-1] * (1 - 1e-12)  # whole numbers stay on their side
    return values[order[np.minimum(np.searchsorted(passed, wanted), len(values) - 1)]]
