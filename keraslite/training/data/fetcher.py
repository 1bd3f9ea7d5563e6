"""A thread that fetches batches, and what a model looks like from there."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import Context, ContextVar

import numpy as np

from keraslite.backend import registry, scopes
from keraslite.backend.device import requested_device
from keraslite.training.data import conversion

__all__ = ["END", "Fetcher", "own", "synchronously"]

END = object()

_DEPTH = 2  # batches that wait or are being made
_PATIENCE = 2.0  # seconds to wait for a fetch that nobody wants any more
_NOTHING = nullcontext()


class Fetcher(threading.Thread):
    """Fetches up to two batches ahead in `context`, until the end, an error, or the first use of a Variable.

    A synchronous fetch can use the model between two steps. Here a step may be under way, so a fetch that meets a
    Variable waits until the training thread does nothing but wait for that batch.

    Attributes:
        touched: whether a fetch met a Variable; it is the last one.
    """

    def __init__(self, context: Context, batches: Iterator[object]):
        super().__init__(name="keraslite-ahead", daemon=True)
        self.touched = False
        self._context, self._batches = context, batches
        self._ready: deque[tuple[object, BaseException | None]] = deque()
        self._changed = threading.Condition()
        self._wanted = self._left = False

    def take(self) -> object:
        """The next batch, or `END`; an error is raised here, where it belongs, with its own traceback."""
        with self._changed:
            if self.touched:
                return END
            self._wanted = True
            self._changed.notify_all()
            try:
                self._changed.wait_for(lambda: self._ready)
            finally:
                self._wanted = False
            batch, error = self._ready.popleft()
            self._changed.notify_all()
        if error is None:
            return batch
        try:
            raise error
        finally:
            del error  # its traceback holds this frame

    def leave(self) -> None:
        """Fetch no more, and wait for the fetch under way: not for ever, unless it uses a model."""
        with self._changed:
            self._left = True
            self._changed.notify_all()
        if self.is_alive():
            self.join(_PATIENCE)
            if self.touched:
                self.join()

    def wait_for_turn(self) -> None:
        """In a fetch: wait until its batch is what the training thread waits for."""
        with self._changed:
            self._changed.wait_for(lambda: self._left or (self._wanted and not self._ready))
            self.touched = True

    def run(self) -> None:
        """The thread's own."""
        self._context.run(self._fetch)

    def _fetch(self) -> None:
        token, device = _fetcher.set(self), requested_device()
        try:
            with registry.current().device_scope(device) if device else _NOTHING, _Variables(what="fetching"):
                while self._has_room() and self._fetch_one():
                    pass
        finally:
            _fetcher.reset(token)

    def _has_room(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._left or len(self._ready) < _DEPTH)
            return not self._left

    def _fetch_one(self) -> bool:
        """Whether to go on."""
        try:
            item = own(next(self._batches, END)), None
        except BaseException as error:  # whatever it is, it is raised where the batch is asked for
            item = END, error
        going_on = item[0] is not END and not self.touched
        with self._changed:
            self._ready.append(item)
            self._changed.notify_all()
        del item  # an error's traceback holds this frame
        return going_on


class _Variables(scopes.Scope):
    """Variables as fetches see them: their own values, read synchronously."""

    def read(self, variable: scopes.VariableBase) -> object:
        with synchronously():
            return variable.stored()

    def assign(self, variable: scopes.VariableBase, value: object) -> None:
        with synchronously():
            variable.write(value)


def synchronously() -> AbstractContextManager[None]:
    """For code that uses a model: in a thread that fetches a batch, it runs as if that were fetched synchronously."""
    fetcher = _fetcher.get()
    return _NOTHING if fetcher is None else _outside(fetcher)


@contextmanager
def _outside(fetcher: Fetcher) -> Iterator[None]:
    fetcher.wait_for_turn()
    with scopes.outside():
        yield


def own(batch: object) -> object:
    """Copy a batch on the host, because its maker may write the next one to the same memory."""
    return END if batch is END else conversion.map_data(_own_array, batch)


def _own_array(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.copy()
    engine = registry.engine_of(value)
    if engine is None:
        return np.array(conversion.to_array(value, "batch")) if conversion.is_array(value) else value
    return value if engine is registry.current() else conversion.to_array(value, "batch")


_fetcher: ContextVar[Fetcher | None] = ContextVar("keraslite_fetcher", default=None)
