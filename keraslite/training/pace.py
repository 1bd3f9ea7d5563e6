"""How many steps go into one call of the engine, found by trying.

A short step costs mostly its call. Many of them in one loop of the engine may be several times faster, or ruinously
slower (XLA on a CPU runs convolutions in loops 25 times slower). So steps run one by one until so much time went into
short ones that compiling a loop may pay; then the loop is timed against them, and the faster one stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from keraslite.backend.trials import Duel

__all__ = ["Pace"]

GROUP = 16  # steps in one call
_SHORT = 2e-3  # seconds: of longer steps the call is a small part
_INVESTED = 2.0  # seconds in single steps before a loop is compiled
_MEASURED = 256  # number of steps in one measurement, which may span epochs
_LONG = 0.5  # seconds after which fewer steps are enough
_BETTER = 0.9  # of a single step's time: what a loop has to reach
_RUINOUS = 2.0  # times the time: a loop is not measured again
_TRIES = 4  # measurements of a loop that is not faster, but nearly
_WARM = 4  # calls of an epoch that may still compile something


class Pace:
    """The choice for one program of a model.

    A measurement is made of stretches, each of them calls of one kind within one epoch.

    Args:
        wait: waits until the results of a step are there.

    Attributes:
        group: steps in the next call.
        decided: whether that stays so.
        reason: why, in words.
    """

    def __init__(self, wait: Callable[[Mapping[str, object]], None]):
        self._wait = wait
        self.group = 1
        self.decided = False
        self.reason = f"tried after {_INVESTED:g} s of steps shorter than {_SHORT * 1e3:g} ms"
        self._trying = False
        self._duel = Duel(_BETTER, _RUINOUS, _TRIES)
        self._calls = self._stretch = 0  # calls and timed steps of this stretch
        self._steps, self._seconds = 0, 0.0  # of the stretches before
        self._spent = self._single = self._start = 0.0
        self._skips = False  # the next call
        self._last: Mapping[str, object] = {}  # results

    def resume(self) -> None:
        """Begin a new stretch. A stretch that was not ended is dropped, because other things were done meanwhile."""
        self._calls, self._stretch, self._last = 0, 0, {}

    def skip(self) -> None:
        """End the stretch. The next call is of another kind and is not timed."""
        self.pause()
        self._skips = True

    def pause(self) -> None:
        """End the stretch. May wait for its last results."""
        if self._stretch and not self.decided:
            self._add()
        self.resume()

    def ran(self, steps: int, logs: Mapping[str, object]) -> None:
        """Note that a call of so many steps was made. Waits for its results at times, until there is a decision."""
        if self.decided or self._skips:
            self._skips = False
            return
        self._calls += 1
        self._last = logs
        warm = 1 if self._trying else _WARM
        if self._calls == warm:
            self._wait(logs)
            self._start = time.perf_counter()
        elif self._calls > warm:
            self._stretch += steps
            seconds = self._seconds + time.perf_counter() - self._start
            if self._steps + self._stretch >= _MEASURED or seconds >= _LONG:
                self._add()
                self._judge(self._seconds / self._steps)
                self._steps, self._seconds = 0, 0.0

    def give_up(self, reason: str) -> None:
        """Stay with single steps."""
        self.group, self.decided, self.reason = 1, True, reason

    def _add(self) -> None:
        """Add the stretch so far to the measurement."""
        self._wait(self._last)
        now = time.perf_counter()
        self._steps += self._stretch
        self._seconds += now - self._start
        self._start, self._stretch = now, 0

    def _judge(self, seconds: float) -> None:
        """Decide by the seconds that one step took."""
        if self._trying:
            # Other work on the machine may have made it slow: single steps are known by their best time.
            won = self._duel.judge(seconds / self._single)
            self.decided, self.group, self.reason = won is not None, 1 if won is False else GROUP, self._duel.reason
            return
        self._single = min(self._single or seconds, seconds)
        self._spent += self._seconds
        if seconds > _SHORT:
            self.give_up(f"a step takes {seconds * 1e3:.2g} ms: its call is a small part of that")
        elif self._spent >= _INVESTED:
            self._trying, self.group = True, GROUP
            self.resume()
