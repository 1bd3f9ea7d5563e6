"""Samples by index, which become batches here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Protocol, TypeGuard

import numpy as np

from keraslite.check import positive_int
from keraslite.errors import DataError
from keraslite.random import host as host_random
from keraslite.random import position
from keraslite.training.data import conversion
from keraslite.training.data.source import Place, Source

__all__ = ["SampleSource", "Samples"]


class Samples(Protocol):
    """A data set of PyTorch's kind."""

    def __getitem__(self, index: int) -> object: ...
    def __len__(self) -> int: ...


class SampleSource(Source):
    """Samples `x`, `(x, y)` or `(x, y, sample_weight)` by index, stacked to batches.

    Args:
        shuffle: a new order every epoch; "batch" shuffles whole batches.
    """

    fresh = True

    def __init__(self, samples: Samples, batch_size: int | None, shuffle: object, where: str):
        self._samples, self._where, self._shuffle = samples, where, shuffle
        self.batch_size = positive_int(32 if batch_size is None else batch_size, "batch_size", where)
        self.num_batches = math.ceil(len(samples) / self.batch_size)
        self._generator = host_random.generator() if shuffle else None
        self._passes = 0

    def batches(self) -> Iterator[object]:
        """One pass over the samples."""
        size, step = len(self._samples), self.batch_size or 1
        epoch, self._passes = self._passes, self._passes + 1
        order, starts = np.arange(size), np.arange(0, size, step)
        if self._generator is not None:
            self._generator.shuffle(starts if self._shuffle == "batch" else order)
        for start in starts.tolist():
            yield _batch([self._sample(index, epoch) for index in order[start : start + step].tolist()])

    def _sample(self, index: int, epoch: int) -> object:
        with position(index, epoch):
            return self._samples[index]

    def place(self) -> Place:
        """The state of the generator that shuffles, and how often the samples were read."""
        return {"passes": self._passes, "generator": self._generator.bit_generator.state if self._generator else None}

    def go_to(self, place: Place) -> None:
        """Set both."""
        self._passes = place["passes"]
        if self._generator is not None and place["generator"] is not None:
            self._generator.bit_generator.state = place["generator"]


def _batch(samples: list[object]) -> object:
    first = samples[0]
    if _has_parts(first) and len(first) in (1, 2, 3):
        return tuple(_stacked([_part(sample, i, len(first)) for sample in samples]) for i in range(len(first)))
    return (_stacked(samples),)


def _has_parts(sample: object) -> TypeGuard[tuple[object, ...] | list[object]]:
    """Whether it is a tuple, or a list that is no array of numbers."""
    return isinstance(sample, tuple) or (isinstance(sample, list) and not conversion.is_numbers(sample))


def _part(sample: object, index: int, count: int) -> object:
    if not isinstance(sample, (tuple, list)) or len(sample) != count:
        raise DataError(f"Samples need to have the same parts. Received one of {count} parts, and {sample!r:.80}.")
    return sample[index]


def _stacked(samples: list[object]) -> object:
    """Nests of one structure as one nest, whose arrays have an axis more."""
    first = samples[0]
    if first is None:
        return None
    if isinstance(first, Mapping):
        return {key: _stacked([_entry(sample, key) for sample in samples]) for key in first}
    if _has_parts(first):
        return [_stacked([_part(sample, i, len(first)) for sample in samples]) for i in range(len(first))]
    if isinstance(first, (str, bytes)):
        return np.array(samples, object)
    arrays = [np.asarray(sample) for sample in samples]
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1:
        raise DataError(f"A batch needs samples of one shape. Received {sorted(shapes)}. Resize or pad them first.")
    return np.stack(arrays)


def _entry(sample: object, key: object) -> object:
    if not isinstance(sample, Mapping) or key not in sample:
        raise DataError(f"Samples need to have the same parts. Received one with {key!r}, and {sample!r:.80}.")
    return sample[key]
