"""Shuffling and splitting rows as Keras does, so that a seed gives the same samples."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from keraslite.errors import ArgumentError

__all__ = ["Split", "shuffled", "split"]

#: `(x_train, y_train), (x_test, y_test)`.
Split: TypeAlias = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def shuffled(x: np.ndarray, y: np.ndarray, generator: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Samples in a new order."""
    order = np.arange(len(x))
    generator.shuffle(order)
    return x[order], y[order]


def split(x: np.ndarray, y: np.ndarray, test_split: float) -> Split:
    """The first samples for training, the last `test_split` of them for tests."""
    if not 0 <= test_split < 1:
        raise ArgumentError(f"`load_data` needs `test_split` in [0, 1). Received {test_split!r}.")
    first = int(len(x) * (1 - test_split))
    return (x[:first], y[:first]), (x[first:], y[first:])
