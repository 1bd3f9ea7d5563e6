"""Ctrl-C between steps, never inside one: a step that is cut in two would leave donated weights unreadable."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

__all__ = ["Interrupts"]


class Interrupts:
    """Within it, SIGINT that arrives during `step()` is held back until the step has written its results.

    The third Ctrl-C during one step goes through at once. Does nothing outside the main thread.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._held = 0
        self._previous: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            handler = signal.getsignal(signal.SIGINT)
            if callable(handler):
                self._previous = handler
                signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)
            previous, self._previous = self._previous, None
            if self._held and exc_info[0] is None:
                self._held = 0
                previous(signal.SIGINT, None)

    def step(self) -> _Held:
        """Context of one step."""
        return _Held(self)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._held += 1
        if self._depth == 0 or self._held > 2:
            self._held = 0
            self._previous(number, frame)


class _Held:
    __slots__ = ("_owner",)

    def __init__(self, owner: Interrupts):
        self._owner = owner

    def __enter__(self) -> None:
        self._owner._depth += 1

    def __exit__(self, *exc_info: object) -> None:
        owner = self._owner
        owner._depth -= 1
        if owner._held and owner._depth == 0 and exc_info[0] is None:
            owner._held = 0
            owner._previous(signal.SIGINT, None)
