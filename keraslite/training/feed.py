"""Batches on their way to the device: counted, checked, and sent a little ahead of the step that uses them.

Small ones go several at a time. Right after a step the engine's threads have the cores and their caches, and the first
lines of Python take ten times what the same lines take when they are run again.
"""

from __future__ import annotations

import contextlib
import itertools
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sized

import numpy as np

from keraslite import config
from keraslite.check import positive_int
from keraslite.training.data import conversion
from keraslite.training.data.ahead import Ahead
from keraslite.training.data.source import Place, Source

__all__ = ["Feed"]

_TOGETHER = 16  # batches sent at a time,
_SMALL = 8 * 2**20  # if they have no more bytes than that


class Feed:
    """Epochs of a source.

    Args:
        source: the batches.
        steps: batches an epoch; None: one pass over the source. With a number, an epoch goes on where the
            last one stopped, and a source that can start again does so at its end.
        continues: False: each epoch starts at the beginning, where the source can do that (validation).
    """

    def __init__(self, source: Source, steps: int | None = None, *, where: str = "fit", continues: bool = True):
        argument = "steps_per_epoch" if where == "fit" else "steps"
        self.source = source
        self._given = _limited(None if steps is None else positive_int(steps, argument, where), source.num_batches)
        self.where = where
        self._check: Callable[[object], None] | None = None
        self._continues = continues or not source.restarts
        self._fetch = None if source.in_memory or source.reads_ahead else Ahead()
        self._left: Iterator[object] | None = None
        self._first: list[object] = []
        self._pulled = 0  # batches that came from the source so far
        self._begun: deque[tuple[int, Place]] = deque(maxlen=4)  # that number, and the place, by pass
        self._before = 0  # batches of this pass that were used in another process,
        self._steps_before = 0  # and of this epoch
        self._begun_epoch = False  # whether the source was told that the next or present epoch begins
        self._left_out = False  # whether a batch without samples was left out
        self.exhausted = False
        self.at_end = False  # whether the batch last given was the last of its epoch

    @property
    def steps(self) -> int | None:
        """Batches an epoch, None where that is not known."""
        return self._given if self._given is not None else self.source.num_batches

    @property
    def had_batches(self) -> bool:
        """Whether there was a batch so far."""
        return self._pulled > 0

    @property
    def verdict(self) -> tuple[bool | None, str]:
        """Whether a thread fetches batches ahead of the step (None: not decided) and why."""
        if self._fetch is not None:
            return self._fetch.verdict
        return (
            False,
            "the data is in memory" if self.source.in_memory else "the data set reads ahead by threads of its own",
        )

    def check(self, check: Callable[[object], None] | None) -> None:
        """Call `check` with the data while it is on the host: now, if all of it is there, else with each batch."""
        if check is not None and self.source.whole is not None:
            check(self.source.whole)
            check = None
        self._check = check

    def begin_epoch(self) -> None:
        """Tell the source that an epoch begins, before its first batch is asked for, and only once."""
        if not self._begun_epoch:
            self._begun_epoch = True
            self.source.on_epoch_begin()

    def end_epoch(self) -> None:
        """Tell the source that the epoch has ended."""
        self._begun_epoch = False
        self.source.on_epoch_end()

    def peek(self) -> object:
        """The first batch, on the host; it still comes in the first epoch."""
        self.begin_epoch()
        if not self._first:
            self._left = self._pass()
            first = itertools.islice(self._left, 1)
            self._first = list(first) if self._fetch is None else self._fetch.run(list, first)
        return self._first[0] if self._first else None

    def epoch(self, place: Callable[[object, bool], object] = conversion.on_device) -> Generator[object, None, None]:
        """The batches of the next epoch, as `place(batch, fresh)` makes them: on the device, unless it is given."""
        with contextlib.closing(self.sent(place, 1)) as sent:
            for (batch,) in sent:
                yield batch

    def sent(
        self, place: Callable[[object, bool], object] = conversion.on_device, together: int | None = None
    ) -> Generator[list[object], None, None]:
        """The same batches in lists that are sent together: `together` of them, or as many as fit in 8 MB.

        `at_end` is set with the last list.
        """
        self.at_end = False
        waiting: list[object] = []
        fetch, fresh = self._fetch, self.source.fresh
        with contextlib.closing(self._host_batches() if fetch is None else fetch(self._host_batches())) as batches:
            for batch in batches:
                if self._check is not None:
                    self._check(batch)
                together = together or (1 if fetch is not None else _number_together(batch))
                waiting.append(place(batch, fresh or (fetch is not None and fetch.owned)))
                if len(waiting) > together:  # one stays, for the next step
                    yield waiting[:together]
                    del waiting[:together]
        if waiting:
            self.at_end = True
            yield waiting

    def _host_batches(self) -> Generator[object, None, None]:
        if self._given is None:
            yield from self._one_pass()
            return
        steps, self._steps_before = self._given - self._steps_before, 0
        for _ in range(steps):
            batch = self._next()
            if batch is _END:
                self._ran_out()
                return
            yield batch
        if not self._continues:
            self._left = None

    def _one_pass(self) -> Iterator[object]:
        batches = self._left if self._left is not None else self._pass()
        self._left = None
        first, self._first = self._first, []
        number, self._before = self._before, 0
        for batch in itertools.chain(first, batches):
            yield batch
            number += 1
        if number == 0:
            self._ran_out()
        elif self.source.num_batches is None and self.source.restarts:
            self.source.num_batches = number

    def _next(self) -> object:
        if self._first:
            return self._first.pop()
        for _ in range(2):
            if self._left is None:
                self._left = self._pass()
            batch = next(self._left, _END)
            if batch is not _END:
                return batch
            self._left = None
            if not self.source.restarts:
                break
        return _END

    # ---- where in the data ---------------------------------------------------------------------------------------

    def _pass(self) -> Iterator[object]:
        """The batches of the next pass, counted; the place of the source is noted before and after it."""
        self._note()
        may_be_empty = not self.source.in_memory
        for batch in self.source.batches():
            if may_be_empty and _is_empty(batch):
                self._leave_out()
                continue
            self._pulled += 1
            yield batch
        self._note()

    def _leave_out(self) -> None:
        """Say once that batches without samples are left out: means over nothing would make all weights NaN."""
        if not self._left_out:
            self._left_out = True
            text = f"`{self.where}`: the data has a batch without samples, after {self._pulled} others. It is left out."
            warnings.warn(text, stacklevel=2)

    def _note(self) -> None:
        if self._begun and self._begun[-1][0] == self._pulled:
            self._begun.pop()
        self._begun.append((self._pulled, self.source.place()))

    def position(self, used: int, step: int) -> Place:
        """Where the batch after `used` ones is: the place of the source as its pass began, and its number there.

        Batches may have been fetched beyond it. Within an epoch (`step` above 0) it belongs to the pass of the batch
        before it, even if that was the last one.
        """
        last = used - 1 if step else used
        began, place = next(((n, place) for n, place in reversed(self._begun) if n <= last), (0, self.source.place()))
        return {"place": place, "before": used - began}

    def go_to(self, position: Place, step: int) -> int:
        """Go on at a position, within an epoch of which `step` batches were used. Returns `used` of the next batch."""
        before = self._before = position["before"]
        self._steps_before = step if self._given is not None else 0
        if self.source.restarts:
            self.source.go_to(position["place"])
            self._left, self._first, self._pulled = None, [], 0
            self._begun.clear()
        if before:
            self._left = self._left if self._left is not None else self._pass()
            skipped = itertools.islice(self._left, before - len(self._first))
            self._first = []
            self._run(lambda: deque(skipped, maxlen=0))
        return before

    def _run(self, function: Callable[[], object]) -> None:
        if self._fetch is None:
            function()
        else:
            self._fetch.run(function)

    def _ran_out(self) -> None:
        self.exhausted = True
        wanted = "" if self._given is None else f" of {self._given} batches"
        warnings.warn(
            f"`{self.where}`: the data ended early, so it stops here. It needs enough batches for every epoch{wanted}: "
            "let the generator go on, call `.repeat()` on the dataset, or lower the number of steps or epochs.",
            stacklevel=2,
        )


def _number_together(batch: object) -> int:
    """How many batches like this one go at a time."""
    arrays = [array for _, array in conversion.data_leaves(batch, "")]
    if not all(isinstance(array, np.ndarray) for array in arrays):
        return 1  # there already
    return min(_TOGETHER, _SMALL // max(sum(array.nbytes for array in arrays), 1)) or 1


def _is_empty(batch: object) -> bool:
    """Whether the first array of a batch has no rows."""
    for _, array in conversion.data_leaves(batch, ""):
        shape: Sized = getattr(array, "shape", ())
        if len(shape):
            return array.shape[0] == 0
    return False


_END = object()


def _limited(steps: int | None, batches: int | None) -> int | None:
    """Steps per epoch under `config.max_steps_per_epoch`; None for one pass over a source of so many batches."""
    most = config.max_steps_per_epoch()
    if most is None:
        return steps
    if steps is None:
        return most if batches is None or batches > most else None
    return min(steps, most)
