"""`PyDataset`: batches by index, written by the user."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from functools import partial

from keraslite import declared, ranges
from keraslite.check import positive_int
from keraslite.errors import DataError
from keraslite.random import position
from keraslite.training.data.jobs import Turn, results
from keraslite.training.data.processes import Processes

__all__ = ["PyDataset", "Sequence", "processes_for", "read_items"]


@declared.guard
class PyDataset:
    """Base of datasets that return batch `i` for `dataset[i]`.

    A subclass defines `__getitem__(index)`, which returns a batch `(x, y)` or `(x, y, sample_weight)`, and
    `__len__` or `num_batches` (None: endless). `on_epoch_begin` and `on_epoch_end` may be overridden. They are called
    before the first batch of an epoch, an evaluation or a prediction is asked for, and after the last one.

    Args:
        workers: threads or processes that read batches side by side. 1 thread, the default, is none but for the one
            that may fetch ahead in `fit`; 0 reads without any, with `use_multiprocessing` too.
        use_multiprocessing: whether the workers are processes, in which Python code of several batches runs at once;
            False by default. They are spawned: they import the module of the class, so a script needs
            `if __name__ == "__main__":` before what it does. Each gets a copy of the data set when a pass begins, if
            the data set is another one than before. A data set that cannot be pickled is read by threads, with a
            warning.
        max_queue_size: how many batches are read ahead.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> class Squares(keras.utils.PyDataset):
        ...     def __len__(self):
        ...         return 2
        ...
        ...     def __getitem__(self, index):
        ...         x = np.full((4, 1), index, "float32")
        ...         return x, x**2
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.predict(Squares(), verbose=0).shape
        (8, 1)
    """

    argument_checks = ranges.checks(
        workers=ranges.unsigned_int, use_multiprocessing=ranges.flag, max_queue_size=ranges.unsigned_int
    )

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10):
        self._workers = workers
        self._use_multiprocessing = use_multiprocessing
        self._max_queue_size = max_queue_size

    _passes = 0  # how often its items were read from the first on

    @property
    def workers(self) -> int:
        """Threads or processes that read batches ahead."""
        return getattr(self, "_workers", 1)

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = value

    @property
    def use_multiprocessing(self) -> bool:
        """Whether the workers are processes."""
        return getattr(self, "_use_multiprocessing", False)

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = value

    @property
    def max_queue_size(self) -> int:
        """How many batches are read ahead."""
        return getattr(self, "_max_queue_size", 10)

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = value

    def __getitem__(self, index: int) -> object:
        raise NotImplementedError(f"`{type(self).__name__}` needs `__getitem__(self, index)` that returns a batch.")

    @property
    def num_batches(self) -> int | None:
        """The number of batches of one pass, None where there is no end."""
        length = getattr(self, "__len__", None)
        if length is None:
            raise DataError(f"`{type(self).__name__}` needs `__len__` or `num_batches`. Received a class with neither.")
        return len(self)  # type: ignore[arg-type]

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""


Sequence = PyDataset


def processes_for(dataset: PyDataset) -> Processes | None:
    """The worker processes that a data set wants; None if it wants none."""
    if not dataset.use_multiprocessing or dataset.workers == 0:
        return None
    return Processes(positive_int(dataset.workers, "workers", type(dataset).__name__), type(dataset).__name__)


def read_items(
    dataset: PyDataset, order: list[int] | None, processes: Processes | None = None
) -> Generator[object, None, None]:
    """Items of `dataset` in `order` (None: 0, 1, 2, ... without end), read ahead by its workers.

    Random draws of an item depend on its index and on how often the data set was read before, not on the workers.
    """
    epoch = getattr(dataset, "_passes", 0)
    dataset._passes = 0  # for the processes, so that the data set is the same in each pass
    spread = processes is not None and processes.begin(dataset)
    dataset._passes = epoch + 1

    def item(index: int) -> object:
        if processes is not None and spread:
            return processes.item(index, epoch)
        with position(index, epoch):
            return dataset[index]

    indices: Iterator[int] = iter(order) if order is not None else itertools.count()
    workers = positive_int(max(dataset.workers, 1), "workers", type(dataset).__name__)
    turn = Turn(epoch, 0 if workers == 1 and not spread else workers, max(dataset.max_queue_size - workers, 0))
    try:
        yield from results((partial(item, index) for index in indices), turn)
    finally:
        if processes is not None:
            processes.stop_busy()
