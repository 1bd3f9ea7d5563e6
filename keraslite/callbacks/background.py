"""Work beside the training."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context

__all__ = ["Background"]


class Background:
    """Runs one function at a time in a thread. The program does not end before the thread does.

    Args:
        on: whether there is a thread; without one, functions run at once.
    """

    def __init__(self, on: bool):
        self.on = on
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def run(self, function: Callable[[], None]) -> None:
        """Run a function, after the one before has ended. An error of that one is raised here."""
        self.wait()
        if not self.on:
            function()
            return
        context = copy_context()
        self._thread = threading.Thread(target=lambda: context.run(self._run, function), name="keraslite-save")
        self._thread.start()

    def wait(self) -> None:
        """Wait for the function that runs. Its error is raised here."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self, function: Callable[[], None]) -> None:
        try:
            function()
        except BaseException as error:  # whatever it is, it is raised where somebody waits
            self._error = error
