"""Processes that read the items of a `PyDataset`. They are spawned: an engine that runs must not be forked."""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, NamedTuple, Protocol

from keraslite import config
from keraslite.backend import registry
from keraslite.backend.scopes import making_data
from keraslite.errors import DataError
from keraslite.random import position

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

__all__ = ["Processes"]


class Items(Protocol):
    """What the processes read from."""

    def __getitem__(self, index: int) -> object: ...


class _Settings(NamedTuple):
    """What holds in the processes as in this one."""

    engine: str
    floatx: str
    image_data_format: str
    portable_random: bool


class _Request(NamedTuple):
    """An item to read. `items` is the pickled data set, if it is another one than before."""

    items: bytes | None
    index: int
    epoch: int


class _Failure(NamedTuple):
    """What an item raised, and the traceback as text."""

    error: Exception
    text: str


class _Traceback(Exception):
    """The cause of an error of a worker, which shows the traceback there."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


class Processes:
    """Some worker processes. Each item is read by one of them, for a thread that waits for it.

    Args:
        count: how many there are.
        name: the class of the data set, for messages.
    """

    def __init__(self, count: int, name: str):
        self._count, self._name = count, name
        self._items, self._digest = b"", b""
        self._free: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._lock = threading.Lock()

    def begin(self, items: Items) -> bool:
        """Have items read from a data set as it is now. Returns False, with a warning, if it cannot be sent."""
        try:
            found = pickle.dumps(items, protocol=pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            return self._refuse(f"it cannot be pickled: {error}")
        if not _can_be_imported(type(items).__module__):
            return self._refuse("another process cannot import what was typed into a notebook, a console or a pipe")
        digest = hashlib.sha256(found).digest()
        if digest != self._digest:
            self._items, self._digest = found, digest
        while len(self._free) + len(self._busy) < self._count:  # all of them start now, side by side
            self._free.append(_Worker())
        return True

    def _refuse(self, why: str) -> bool:
        warnings.warn(
            f"`{self._name}(use_multiprocessing=True)` cannot use processes, since {why}. Its workers are threads.",
            stacklevel=2,
        )
        return False

    def item(self, index: int, epoch: int) -> object:
        """One item, read in a process. Called by as many threads as there are processes."""
        with self._lock:
            worker = self._free.pop() if self._free else _Worker()
            self._busy.add(worker)
        try:
            found = worker.answer(self._items, self._digest, index, epoch)
        except (EOFError, OSError) as error:
            self._drop(worker)
            raise DataError(
                f"`{self._name}` needs its worker processes to live on. One of them ended "
                f"({worker.end()}) while it read item {index}. If it could not start, see its message above: a "
                "script that uses processes starts its work under `if __name__ == '__main__':`."
            ) from error
        except BaseException:  # the answer cannot be read, or this thread is to end: the worker may still be at it
            self._drop(worker)
            raise
        with self._lock:
            if worker in self._busy:  # nobody gave it up in the meantime
                self._busy.remove(worker)
                self._free.append(worker)
        if isinstance(found, _Failure):
            raise found.error from _Traceback(found.text)
        return found

    def stop_busy(self) -> None:
        """End the processes whose items nobody waits for any more."""
        for worker in list(self._busy):
            self._drop(worker)

    def close(self) -> None:
        """End all processes."""
        for worker in [*self._free, *self._busy]:
            self._drop(worker)

    def _drop(self, worker: _Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
            if worker in self._free:
                self._free.remove(worker)
        worker.stop()


class _Worker:
    """A process, and what it was sent."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, there = context.Pipe()
        settings = _Settings(
            registry.current().name, config.floatx(), config.image_data_format(), config.portable_random()
        )
        self._process: SpawnProcess = context.Process(
            target=_serve, args=(there, settings), daemon=True, name="keraslite-data"
        )
        self._process.start()
        there.close()
        self._digest = b""

    def answer(self, items: bytes, digest: bytes, index: int, epoch: int) -> object:
        request = _Request(items if digest != self._digest else None, index, epoch)
        self._connection.send_bytes(pickle.dumps(request))
        self._digest = digest
        return pickle.loads(self._connection.recv_bytes())

    def stop(self) -> None:
        self._process.terminate()
        self._process.join(1)
        if self._process.is_alive():  # it does not listen to SIGTERM
            self._process.kill()

    def end(self) -> str:
        """How the process ended."""
        code = self._process.exitcode
        return f"exit code {code}" if code is None or code >= 0 else f"by {signal.Signals(-code).name}"


def _can_be_imported(module: str) -> bool:
    """Whether a spawned process finds the module of a class. It runs the main module in any case, if that is a file."""
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    if path is None:
        return module != "__main__"
    return getattr(main, "__spec__", None) is not None or os.path.exists(path)


def _serve(connection: Connection, settings: _Settings) -> None:
    """What a process does until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes; the one that trains ends the others
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    config.set_floatx(settings.floatx)
    config.set_image_data_format(settings.image_data_format)
    config.enable_portable_random(settings.portable_random)
    making_data.set(True)
    items: Items | None = None
    with contextlib.suppress(EOFError, OSError), registry.use_backend(settings.engine):
        while True:
            request: _Request = pickle.loads(connection.recv_bytes())
            try:
                if request.items is not None:
                    items = pickle.loads(request.items)
                with position(request.index, request.epoch):
                    answer = pickle.dumps(_read(items, request.index), protocol=pickle.HIGHEST_PROTOCOL)
            except Exception as error:  # whatever the user's code raises
                answer = _told(error)
            connection.send_bytes(answer)


def _read(items: Items | None, index: int) -> object:
    if items is None:
        raise DataError("A worker process needs a data set. Received none.")
    return items[index]


def _told(error: Exception) -> bytes:
    """An error that arrives as it is, or as an error of a class that can be sent."""
    text = "".join(traceback.format_exception(error))
    with contextlib.suppress(Exception):  # a class of the user's may fail in any way
        sent = pickle.dumps(_Failure(error, text))
        pickle.loads(sent)
        return sent
    return pickle.dumps(_Failure(DataError(f"{type(error).__name__}: {error}"), text))
