"""Batches that somebody else makes: generators, datasets and loaders of other libraries, `PyDataset`."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Protocol, SupportsInt, cast

import numpy as np

from keraslite.errors import DataError
from keraslite.training.data.fetcher import own
from keraslite.training.data.py_dataset import PyDataset, processes_for, read_items
from keraslite.training.data.source import ChangedSource, Place, Source

__all__ = ["DatasetSource", "GeneratorSource", "KeptSource", "LoaderSource", "PyDatasetSource"]


class GeneratorSource(Source):
    """A Python generator or iterator: one pass, of unknown length."""

    restarts = False

    def __init__(self, generator: Iterable[object]):
        self._iterator = iter(generator)

    def batches(self) -> Iterator[object]:
        """What is left of the generator."""
        for batch in self._iterator:
            if batch is None:
                raise DataError("A generator needs to yield batches. Received None from it.")
            yield tuple(batch) if isinstance(batch, list) and len(batch) in (2, 3) else batch


class KeptSource(ChangedSource):
    """The batches of a generator, kept in memory from the first pass on, so that there can be others."""

    def __init__(self, source: GeneratorSource):
        super().__init__(source)
        self.restarts = True
        self._kept: list[object] = []

    def batches(self) -> Iterator[object]:
        """One pass over the data."""
        yield from self._kept
        for batch in self._source.batches():
            self._kept.append(own(batch))
            yield batch


class Dataset(Protocol):
    """A `tf.data.Dataset`, as far as it is used here."""

    def __iter__(self) -> Iterator[object]: ...
    def cardinality(self) -> SupportsInt: ...


class DatasetSource(Source):
    """A `tf.data.Dataset`, batched by the user."""

    def __init__(self, dataset: Dataset):
        self._dataset = dataset
        known = int(dataset.cardinality())
        self.num_batches = known if known >= 0 else None

    def batches(self) -> Iterator[object]:
        """One pass over the dataset."""
        return iter(self._dataset)


class LoaderSource(Source):
    """A `torch.utils.data.DataLoader`, or any other object that can be iterated again and again."""

    def __init__(self, loader: Iterable[object]):
        self._loader = loader
        try:
            self.num_batches = len(cast(Sized, loader))
        except TypeError:
            self.num_batches = None

    def batches(self) -> Iterator[object]:
        """One pass over the loader. Its lists of tensors are `(x, y)`, as a DataLoader makes them."""
        for batch in self._loader:
            yield tuple(batch) if isinstance(batch, list) else batch


class PyDatasetSource(Source):
    """A `PyDataset`, read by its own number of workers."""

    def __init__(self, dataset: PyDataset, shuffle: object, generator: np.random.Generator | None):
        self._dataset = dataset
        self._shuffle = bool(shuffle)
        self._generator = generator
        self.num_batches = dataset.num_batches
        self._processes = processes_for(dataset)
        if self._processes is not None:
            weakref.finalize(self, self._processes.close)

    def batches(self) -> Iterator[object]:
        """One pass over the dataset, in a new order if it is shuffled."""
        order: list[int] | None = None
        if self.num_batches is not None:
            numbers = np.arange(self.num_batches)
            if self._shuffle and self._generator is not None:
                self._generator.shuffle(numbers)
            order = numbers.tolist()
        with contextlib.closing(read_items(self._dataset, order, self._processes)) as items:
            for batch in items:
                yield _item(batch)

    def place(self) -> Place:
        """The state of the generator that shuffles, and how often the data set was read."""
        passes = getattr(self._dataset, "_passes", 0)
        return {"passes": passes, "generator": self._generator.bit_generator.state if self._generator else None}

    def go_to(self, place: Place) -> None:
        """Set both."""
        self._dataset._passes = place["passes"]
        if self._generator is not None and place["generator"] is not None:
            self._generator.bit_generator.state = place["generator"]

    def on_epoch_begin(self) -> None:
        """Pass the event on to the dataset."""
        self._dataset.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Pass the event on to the dataset."""
        self._dataset.on_epoch_end()


def _item(batch: object) -> object:
    """An item of a `PyDataset` as a batch, by Keras's rules: a dict is `x` itself, one array is `(x,)`."""
    if isinstance(batch, list) and len(batch) in (1, 2, 3):
        return tuple(batch)
    return batch if isinstance(batch, (tuple, list, Mapping)) else (batch,)
