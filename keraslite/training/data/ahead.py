"""Batches fetched while the step before them runs, where fetching takes long enough for that to pay."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextvars import copy_context
from typing import TypeVar

from keraslite import config
from keraslite.backend.scopes import making_data
from keraslite.backend.trials import SWITCHED_OFF
from keraslite.training.data.fetcher import END, Fetcher, own

__all__ = ["Ahead"]

_T = TypeVar("_T")

_LONG = 5e-4  # seconds: fetches of this length pay for a thread, whose hand-over costs some tens of microseconds
_JUDGED = 3  # fetches whose median counts


class Ahead:
    """The fetching of one source's batches over all epochs: synchronously, and by a thread once that was seen to pay.

    The first batch of an epoch is always fetched synchronously: loaders start their workers and draw their seeds
    there. All fetches share a context of their own: settings such as `use_backend` are those of where this was made.

    Attributes:
        by_thread: whether a thread has fetched.
        owned: whether the batch last given is a copy that nobody writes to.
    """

    def __init__(self) -> None:
        self.owned = self.by_thread = False
        self._context = copy_context()
        self._context.run(making_data.set, True)
        self._synchronous = False
        self._seconds: deque[float] = deque(maxlen=_JUDGED)

    def run(self, fn: Callable[..., _T], *args: object) -> _T:
        """`fn(*args)` in the context of fetches."""
        return self._context.run(fn, *args)

    def __call__(self, batches: Iterator[object]) -> Generator[object, None, None]:
        """The batches of one epoch. Once this is closed, the iterator is asked for no more."""
        while True:
            start = time.perf_counter()
            batch = self._context.run(next, batches, END)
            if batch is END:
                return
            self._seconds.append(time.perf_counter() - start)
            if self._pays():
                yield from self._by_thread(self.run(own, batch), batches)
                if not self._synchronous:
                    return
            else:
                self.owned = False
                yield batch

    def _pays(self) -> bool:
        if self._synchronous or len(self._seconds) < _JUDGED or "fetch_ahead" not in config.fast_paths():
            return False
        return statistics.median(self._seconds) > _LONG

    @property
    def verdict(self) -> tuple[bool | None, str]:
        """Whether a thread fetches (None: not decided) and why."""
        if self._synchronous:
            return False, "making a batch uses a model or a Variable: a layer's `on_host()` does not"
        if "fetch_ahead" not in config.fast_paths():
            return False, SWITCHED_OFF
        if len(self._seconds) < _JUDGED:
            return None, f"decided after {_JUDGED} batches"
        taken = f"making a batch takes {statistics.median(self._seconds) * 1e3:.2g} ms"
        return self.by_thread, taken if self.by_thread else f"{taken}: a thread pays above {_LONG * 1e3:g} ms"

    def _by_thread(self, batch: object, batches: Iterator[object]) -> Generator[object, None, None]:
        fetcher = Fetcher(self._context, batches)
        try:
            fetcher.start()
            self.by_thread = True
            while batch is not END:
                self.owned = True
                yield batch
                batch = fetcher.take()
        finally:
            fetcher.leave()
            self._synchronous = self._synchronous or fetcher.touched
            if fetcher.is_alive():  # and still in the context
                self._context = self._context.copy()
