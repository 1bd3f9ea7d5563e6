"""Batches of arrays that are there as a whole."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from keraslite.check import number, positive_int
from keraslite.errors import ArgumentError, DataError
from keraslite.random import host as host_random
from keraslite.training.data import conversion
from keraslite.training.data.pack import pack_x_y_sample_weight
from keraslite.training.data.source import Place, Source

__all__ = ["ArraySource", "split_arrays"]


class ArraySource(Source):
    """Arrays cut into batches along their first axis, the last of which may be smaller.

    Args:
        text: whether `x` may hold texts.
        shuffle: a new order every epoch from the host's generator (the same on every engine);
            `"batch"` shuffles whole batches, which keeps reading from memory-mapped files sequential.
    """

    restarts = True
    fresh = True
    in_memory = True

    def __init__(
        self,
        x: object,
        y: object,
        sample_weight: object,
        batch_size: int | None,
        shuffle: object,
        where: str,
        *,
        text: bool = False,
    ):
        self.x, self.y = conversion.to_arrays(x, "x", text), conversion.to_arrays(y, "y")
        self.sample_weight = conversion.to_arrays(sample_weight, "sample_weight")
        self.size = conversion.count(self.x, self.y, self.sample_weight, where)
        self.batch_size = positive_int(32 if batch_size is None else batch_size, "batch_size", where)
        self.num_batches = math.ceil(self.size / self.batch_size)
        if shuffle not in (True, False, "batch"):
            raise ArgumentError(f"`{where}` needs `shuffle` to be True, False or 'batch'. Received {shuffle!r}.")
        self.shuffle = shuffle
        self.whole = pack_x_y_sample_weight(self.x, self.y, self.sample_weight)
        self._generator = host_random.generator() if shuffle else None

    def batches(self) -> Iterator[object]:
        """One pass over the data."""
        size, step = self.size, self.batch_size or self.size
        starts = np.arange(0, size, step)
        order = None
        if self._generator is not None and self.shuffle == "batch":
            self._generator.shuffle(starts)
        elif self._generator is not None:
            order = self._generator.permutation(size)
        for start in starts.tolist():
            stop = min(start + step, size)
            index = slice(start, stop) if order is None else order[start:stop]
            yield self._take(self.whole, index)

    def place(self) -> Place:
        """The state of the generator that shuffles."""
        return {} if self._generator is None else {"generator": self._generator.bit_generator.state}

    def go_to(self, place: Place) -> None:
        """Set the state of the generator that shuffles."""
        if self._generator is not None and "generator" in place:
            self._generator.bit_generator.state = place["generator"]

    @staticmethod
    def _take(nest: object, index: slice | np.ndarray) -> object:
        return conversion.map_data(lambda array: conversion.rows(array, index), nest)


def split_arrays(
    x: object, y: object, sample_weight: object, fraction: float, text: bool = False
) -> tuple[tuple[object, ...], tuple[object, ...]]:
    """`(x, y, sample_weight)` for training and for validation: the last `fraction` of the samples, unshuffled.

    With `text`, `x` may hold texts.
    """
    number(fraction, "validation_split", "fit", 0, 1)
    parts = [conversion.to_arrays(part, name) for part, name in ((y, "y"), (sample_weight, "sample_weight"))]
    parts.insert(0, conversion.to_arrays(x, "x", text))
    size = conversion.count(parts[0], parts[1], parts[2], "fit")
    first = math.floor(size * (1.0 - fraction))
    if first == 0 or first == size:
        raise DataError(
            f"`fit` needs `validation_split` to leave samples on both sides. Received {fraction} of {size} samples. "
            "Choose another fraction or pass `validation_data`."
        )
    train = tuple(ArraySource._take(part, slice(0, first)) for part in parts)
    return train, tuple(ArraySource._take(part, slice(first, size)) for part in parts)
