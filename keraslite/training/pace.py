"""How many steps go into one call of the engine, found by trying.

A short step costs mostly its call. Many of them in one loop of the engine may be several times faster, or ruinously
slower (XLA on a CPU runs convolutions in loops 25 times slower). So steps run one by one until so much time went into
short ones that compiling a loop may pay; then the loop is timed against them, and the faster one stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

__all__ = ["Pace"]

GROUP = 16  # steps in one call
_SHORT = 2e-3  # seconds: of longer steps the call is a small part
_INVESTED = 2.0  # seconds in single steps before a loop is compiled
_MEASURED = 256  # steps that are timed together
_TRIES = 4  # measurements of a loop that is not faster, but nearly
_WARM = 4  # calls that may still compile something


class Pace:
    """The choice for one program of a model.

    Args:
        wait: waits until the results of a step are there.
    """

    def __init__(self, wait: Callable[[Any], None]):
        self._wait = wait
        self.group = 1
        self.decided = False
        self._trying = False
        self._calls = self._steps = self._tries = 0
        self._void = False
        self._start = self._spent = self._single = 0.0

    def resume(self) -> None:
        """Other things were done meanwhile: what was being timed is void."""
        self._calls = self._steps = 0

    def void(self) -> None:
        """The call that comes to `ran` next was no loop."""
        self._void = True

    def ran(self, steps: int, logs: Any) -> None:
        """A call of so many steps was made. Waits for its results now and then, until there is a decision."""
        if self.decided or (self._trying and steps == 1):
            return
        if self._void:
            self._void = False
            self.resume()
            return
        self._calls += 1
        if self._calls == (1 if self._trying else _WARM):
            self._wait(logs)
            self._steps, self._start = 0, time.perf_counter()
            return
        self._steps += steps
        if self._calls > _WARM * (not self._trying) and self._steps >= _MEASURED:
            self._wait(logs)
            self._judge((time.perf_counter() - self._start) / self._steps)
            self._steps, self._start = 0, time.perf_counter()

    def give_up(self) -> None:
        """Stay with single steps."""
        self.group, self.decided = 1, True

    def _judge(self, seconds: float) -> None:
        """Of one step."""
        if self._trying:
            self._tries += 1
            faster = seconds < 0.9 * self._single
            # Other work on the machine may have made it slow: single steps are known by their best time.
            self.decided = faster or seconds > 2 * self._single or self._tries == _TRIES
            self.group = GROUP if faster or not self.decided else 1
            return
        self._single = min(self._single or seconds, seconds)
        self._spent += seconds * self._steps
        if seconds > _SHORT:
            self.give_up()
        elif self._spent >= _INVESTED:
            self._trying, self.group, self._calls = True, GROUP, 0
