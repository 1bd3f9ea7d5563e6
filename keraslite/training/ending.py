"""SIGTERM during `fit`: the steps end soon, the state is saved, and then the signal does what it does otherwise."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeAlias

__all__ = ["Ending"]

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | signal.Handlers | None


class Ending:
    """Whether the program was asked to end.

    Attributes:
        asked: whether SIGTERM has come.
    """

    def __init__(self) -> None:
        self.asked = False
        self._handler: _Handler = None  # what SIGTERM did before; None once it does so again

    @contextmanager
    def watched(self) -> Iterator[None]:
        """For a block that notices SIGTERM, and calls `pass_on` once everything is saved."""
        if threading.current_thread() is not threading.main_thread():  # only there signals have handlers
            yield
            return
        self._handler = signal.signal(signal.SIGTERM, self._on_signal)
        try:
            yield
        finally:
            if self.asked:
                self.pass_on()
            elif self._handler is not None:
                signal.signal(signal.SIGTERM, self._handler)

    def pass_on(self) -> None:
        """Have the signal do what it does otherwise."""
        handler, self._handler = self._handler, None
        if handler is not None:
            signal.signal(signal.SIGTERM, handler)
            signal.raise_signal(signal.SIGTERM)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
