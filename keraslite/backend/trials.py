"""What the fast paths share: a fast way is tried, watched or timed, and a verdict with a reason follows.

`config.explain_fast_paths` prints the verdicts of a model.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["SWITCHED_OFF", "Duel", "Patience", "Verdict", "median_ratio"]

SWITCHED_OFF = "switched off by `config.enable_fast_paths`"

_PAYS = 8  # quick calls that make up for a try
_UNPAID = 3  # tries in a row that may end before they have paid
_MOST_WAITING = 256  # calls before another try


@dataclass(frozen=True)
class Verdict:
    """What was decided about one fast path of one program.

    Attributes:
        program: such as "the training step of model 'functional' (32, 12) (32,)".
        path: the fast path's name, as in `config.fast_paths`.
        taken: whether it is taken; None while that is not decided.
        reason: why, in words.
    """

    program: str
    path: str
    taken: bool | None
    reason: str


class Patience:
    """How many plain calls come before the fast way is tried. The number grows after tries that did not pay."""

    def __init__(self, first: int = 1) -> None:
        self._first = first
        self.unpaid = 0  # tries that ended too early, one after another

    @property
    def waiting(self) -> int:
        """Plain calls before a try."""
        return self._first if self.unpaid < _UNPAID else max(self._first, min(2 ** (self.unpaid + 1), _MOST_WAITING))

    def ended(self, calls: int) -> bool:
        """Note that a try ended after `calls` fast calls. Returns whether it has paid."""
        paid = calls >= _PAYS
        self.unpaid = 0 if paid else self.unpaid + 1
        return paid


class Duel:
    """A comparison of a fast way with the plain way, by time.

    Args:
        better: the fast way wins if its time is less than this fraction of the plain way's.
        ruinous: it loses at once if its time is more than this fraction.
        most: it loses after this many final judgements without a win.

    Attributes:
        won: whether the fast way has won; None until that is decided.
        ratio: the last measured ratio of its time to the plain way's.
    """

    def __init__(self, better: float, ruinous: float, most: int = 1):
        self._better, self._ruinous, self._left = better, ruinous, most
        self.won: bool | None = None
        self.ratio: float | None = None

    def judge(self, ratio: float, final: bool = True) -> bool | None:
        """Judge a measured ratio. Returns `won`. A ratio that is not final can only lose, by being ruinous."""
        self.ratio = ratio
        if final:
            self._left -= 1
        if final and ratio < self._better:
            self.won = True
        elif ratio > self._ruinous or self._left <= 0:
            self.won = False
        return self.won

    @property
    def reason(self) -> str:
        """The result of the comparison, in words."""
        if self.ratio is None:
            return "not timed yet"
        return f"timed: {self.ratio:.2f} of the plain way"


def median_ratio(times: Sequence[float], plain: Sequence[float]) -> float:
    """The median of the ratios of times that were taken pair by pair."""
    return statistics.median(a / b for a, b in zip(times, plain, strict=True))
