"""Where the elements of a `Dataset` come from, and what is done with them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol, TypeVar

import numpy as np

from keraslite import tree
from keraslite.errors import DataError
from keraslite.random import host as host_random
from keraslite.training.data.jobs import Job, Turn, results

__all__ = ["Batched", "Cached", "Concatenated", "Items", "Mapped", "MappedInOrder", "Part", "Plan", "Repeated",
           "Samples", "Shuffled", "Unbatched", "stacked"]  # fmt: skip

_T = TypeVar("_T")


class Samples(Protocol):
    """Samples that are read by index.

    Attributes:
        is_quick: whether reading takes no time to speak of, so that threads do not pay.
    """

    @property
    def is_quick(self) -> bool: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> object: ...
    def batch(self, indices: np.ndarray) -> object:
        """Several samples as one element."""
        ...


class Plan:
    """The elements of each pass, as jobs that make them.

    Attributes:
        count: the number of elements of a pass; None where it is unknown, or where there is no end.
        is_quick: whether making an element takes no time to speak of.
        in_order: whether elements are made one after the other by who asks for them, not by threads.
        fresh: whether nobody else writes to the arrays of an element later.
    """

    count: int | None = None
    is_quick = False
    in_order = False
    fresh = True

    def jobs(self, turn: Turn) -> Iterator[Job]:
        """The jobs of one pass."""
        raise NotImplementedError

    def elements(self, turn: Turn) -> Iterator[object]:
        """The elements of one pass."""
        return results(self.jobs(turn), turn)

    def like(self, source: Plan) -> None:
        """Take over what holds for the elements of another plan."""
        self.count, self.is_quick, self.fresh = source.count, source.is_quick, source.fresh
        self.in_order = source.in_order


class _InOrder(Plan):
    """A plan whose elements are made one after the other."""

    in_order = True

    def elements(self, turn: Turn) -> Iterator[object]:
        raise NotImplementedError

    def jobs(self, turn: Turn) -> Iterator[Job]:
        return (partial(_same, element) for element in self.elements(turn))


def _same(element: object) -> object:
    return element


class Items(Plan):
    """Samples by index, in batches if `batch_size` is given.

    Args:
        shuffle_seed: the seed of a new order in each pass; None keeps the order.
    """

    def __init__(self, samples: Samples, batch_size: int | None, shuffle_seed: int | None):
        self.samples, self.batch_size, self.shuffle_seed = samples, batch_size, shuffle_seed
        self.is_quick = samples.is_quick
        self.count = -(-len(samples) // (batch_size or 1))

    def jobs(self, turn: Turn) -> Iterator[Job]:
        size = len(self.samples)
        order = np.arange(size)
        if self.shuffle_seed is not None:
            host_random.generator([self.shuffle_seed, turn.epoch]).shuffle(order)
        if self.batch_size is None:
            return (partial(self.samples.__getitem__, index) for index in order.tolist())
        starts = range(0, size, self.batch_size)
        return (partial(self.samples.batch, order[start : start + self.batch_size]) for start in starts)


class Mapped(Plan):
    """Elements changed by a function of an element, its number and the epoch, in the threads that make them."""

    def __init__(self, source: Plan, function: Callable[[object, int, int], object]):
        self.like(source)
        self.source, self.function, self.is_quick = source, function, False

    def jobs(self, turn: Turn) -> Iterator[Job]:
        for index, job in enumerate(self.source.jobs(turn)):
            yield partial(self._make, job, index, turn.epoch)

    def _make(self, job: Job, index: int, epoch: int) -> object:
        return self.function(job(), index, epoch)


class MappedInOrder(_InOrder):
    """Elements changed by a function that runs for one after the other."""

    def __init__(self, source: Plan, function: Callable[[object, int, int], object]):
        self.count, self.source, self.function = source.count, source, function
        self.fresh = False  # the function may keep what it returns

    def elements(self, turn: Turn) -> Iterator[object]:
        for index, element in enumerate(self.source.elements(turn)):
            yield self.function(element, index, turn.epoch)


class Part(Plan):
    """The elements from `start` to `stop`."""

    def __init__(self, source: Plan, start: int, stop: int | None):
        self.like(source)
        self.source, self.start, self.stop = source, start, stop
        if source.count is not None:
            self.count = max(source.count - start, 0) if stop is None else max(min(stop, source.count) - start, 0)
        elif stop is not None and isinstance(source, Repeated) and source.is_endless:
            self.count = stop - start

    def jobs(self, turn: Turn) -> Iterator[Job]:
        return itertools.islice(self.source.jobs(turn), self.start, self.stop)

    def elements(self, turn: Turn) -> Iterator[object]:
        if not self.in_order:
            return super().elements(turn)
        return itertools.islice(self.source.elements(turn), self.start, self.stop)


class Batched(Plan):
    """Elements stacked to batches."""

    def __init__(self, source: Plan, size: int, drop_remainder: bool):
        self.like(source)
        self.in_order = False
        self.source, self.size, self.drop_remainder = source, size, drop_remainder
        if source.count is not None:
            self.count = source.count // size if drop_remainder else -(-source.count // size)

    def jobs(self, turn: Turn) -> Iterator[Job]:
        jobs = self.source.jobs(turn)
        while group := list(itertools.islice(jobs, self.size)):
            if len(group) == self.size or not self.drop_remainder:
                yield partial(_stack, group)


def _stack(jobs: list[Job]) -> object:
    return stacked([job() for job in jobs])


def stacked(elements: list[object]) -> object:
    """Elements as one, their arrays with one axis more."""
    return tree.map(_stacked, *elements)


def _stacked(*leaves: object) -> object:
    if leaves[0] is None:
        return None
    if isinstance(leaves[0], (str, bytes)):
        texts = np.empty(len(leaves), object)
        texts[:] = leaves
        return texts
    shapes = {np.shape(leaf) for leaf in leaves}  # type: ignore[arg-type]
    if len(shapes) > 1:
        raise DataError(f"A batch needs elements of one shape. Received {sorted(shapes)}. Resize or pad them first.")
    return np.stack([np.asarray(leaf) for leaf in leaves])


class Unbatched(_InOrder):
    """The rows of batches."""

    def __init__(self, source: Plan):
        self.source, self.fresh = source, source.fresh
        if isinstance(source, Items) and source.batch_size is not None:
            self.count = len(source.samples)

    def elements(self, turn: Turn) -> Iterator[object]:
        for batch in self.source.elements(turn):
            leaves, structure = tree.split(batch)
            arrays = [leaf for leaf in leaves if leaf is not None]
            if not arrays or any(np.ndim(leaf) == 0 for leaf in arrays):
                raise DataError("`unbatch` needs elements with a batch axis. Received a scalar. Call it on batches.")
            for row in range(len(arrays[0])):
                yield tree.unflatten(structure, [None if leaf is None else leaf[row] for leaf in leaves])


class Shuffled(Plan):
    """Elements in a new order, drawn from a buffer."""

    def __init__(self, source: Plan, buffer_size: int, seed: int, anew: bool):
        self.like(source)
        self.source, self.buffer_size, self.seed, self.anew = source, buffer_size, seed, anew

    def jobs(self, turn: Turn) -> Iterator[Job]:
        return self._mixed(self.source.jobs(turn), turn)

    def elements(self, turn: Turn) -> Iterator[object]:
        if not self.in_order:
            return super().elements(turn)
        return self._mixed(self.source.elements(turn), turn)

    def _mixed(self, items: Iterator[_T], turn: Turn) -> Iterator[_T]:
        generator = host_random.generator([self.seed, turn.epoch if self.anew else 0])
        buffer = list(itertools.islice(items, self.buffer_size))
        for item in items:
            index = int(generator.integers(len(buffer)))
            chosen, buffer[index] = buffer[index], item
            yield chosen
        order = generator.permutation(len(buffer))
        yield from (buffer[i] for i in order)


class Repeated(Plan):
    """The same elements several times, each time as a pass of its own; `times` None: without end."""

    def __init__(self, source: Plan, times: int | None):
        self.like(source)
        self.source, self.times, self.is_endless = source, times, times is None
        self.count = None if times is None or source.count is None else times * source.count

    def _turns(self, turn: Turn) -> Iterator[Turn]:
        rounds = itertools.count() if self.times is None else range(self.times)
        return (turn._replace(epoch=turn.epoch * (self.times or 1) + i) for i in rounds)

    def jobs(self, turn: Turn) -> Iterator[Job]:
        return (job for each in self._turns(turn) for job in self.source.jobs(each))

    def elements(self, turn: Turn) -> Iterator[object]:
        if not self.in_order:
            return super().elements(turn)
        return (element for each in self._turns(turn) for element in self.source.elements(each))


class Concatenated(Plan):
    """The elements of one plan, then those of another."""

    def __init__(self, first: Plan, second: Plan):
        self.like(first)
        self.parts = first, second
        self.count = None if first.count is None or second.count is None else first.count + second.count
        self.fresh, self.in_order = first.fresh and second.fresh, first.in_order or second.in_order
        self.is_quick = first.is_quick and second.is_quick

    def jobs(self, turn: Turn) -> Iterator[Job]:
        return (job for part in self.parts for job in part.jobs(turn))

    def elements(self, turn: Turn) -> Iterator[object]:
        return (element for part in self.parts for element in part.elements(turn))


class Cached(_InOrder):
    """Elements that are kept in memory from the first pass on that comes to its end."""

    def __init__(self, source: Plan):
        self.count, self.source, self.fresh = source.count, source, source.fresh
        self._kept: list[object] | None = None

    def elements(self, turn: Turn) -> Iterator[object]:
        if self._kept is not None:
            yield from self._kept
            return
        kept = []
        for element in self.source.elements(turn):
            kept.append(element)
            yield element
        self._kept = kept
