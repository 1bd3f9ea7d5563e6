"""The progress display: a bar on a terminal, a line where the output is a file."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterable, Sequence

from keraslite import declared, ranges
from keraslite.config import is_interactive_logging_enabled
from keraslite.config.messages import say

__all__ = ["Progbar", "is_terminal", "shown_values"]


@declared.guard
class Progbar:
    """Draws a progress bar again and again on one line, with values beside it.

    Args:
        target: total number of steps; None if it is not known.
        width: length of the bar in characters, at least 1.
        verbose: 0 shows nothing, 1 a bar, 2 one line at the end.
        interval: least number of seconds between two drawings.
        stateful_metrics: names of values that are shown as they are; others are averaged over the steps.
        stateless_metrics: names of values that are averaged. If given, all others are shown as they are.
        unit_name: name of what is counted.

    Example:
        >>> from keraslite.utils import Progbar
        >>> bar = Progbar(3, verbose=0)
        >>> for step in range(3):
        ...     bar.add(1, values=[("loss", 1.0 / (step + 1))])
    """

    argument_checks = ranges.checks(
        target=ranges.unsigned | None,
        width=ranges.positive_int,
        verbose=ranges.verbosity,
        interval=ranges.unsigned,
        unit_name=ranges.text,
    )

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Sequence[str] | None = None,
        stateless_metrics: Sequence[str] | None = None,
        unit_name: str = "step",
    ):
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.title = ""  # what stands before a line
        self.stateful_metrics = set(stateful_metrics or ())
        self._stateless = None if stateless_metrics is None else set(stateless_metrics)
        self._values: dict[str, tuple[object, int]] = {}  # the sum over how many steps, or a value and 1
        self._seen = 0
        self._start = time.monotonic()
        self._drawn_at = 0.0
        self._drawn_length = 0

    def update(
        self, current: int, values: Iterable[tuple[str, object]] | None = None, finalize: bool | None = None
    ) -> None:
        """Show that `current` steps are done.

        Args:
            current: number of steps done so far, from 0.
            values: pairs of name and value. None means none.
            finalize: whether this is the end. None: it is when `current` reaches `target`.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._take(name, value, max(current - self._seen, 1))
        self._seen = current
        if self.verbose == 1 and is_interactive_logging_enabled():
            if finalize or self.due():
                self._draw(finalize)
        elif self.verbose and finalize:
            say(self.line())

    def add(self, n: int, values: Iterable[tuple[str, object]] | None = None) -> None:
        """Show that `n` more steps are done.

        Args:
            n: number of steps.
            values: pairs of name and value. None means none.
        """
        self.update(self._seen + n, values)

    def due(self) -> bool:
        """Whether enough time has passed to draw again."""
        return time.monotonic() - self._drawn_at >= self.interval

    def line(self) -> str:
        """Steps, time and values without a bar."""
        total = "Unknown" if self.target is None else self.target
        parts = [f"{self._seen}/{total}", f"{self._elapsed():.1f}s", self._per_step(), *self._shown()]
        return " - ".join([self.title, *parts] if self.title else parts)

    def _take(self, name: str, value: object, steps: int) -> None:
        averaged = name not in self.stateful_metrics if self._stateless is None else name in self._stateless
        if not averaged or not isinstance(value, (int, float)):
            self._values[name] = value, 1
            return
        total, count = self._values.get(name, (0.0, 0))
        before = total if isinstance(total, (int, float)) else 0.0
        self._values[name] = before + value * steps, count + steps

    def _draw(self, final: bool) -> None:
        self._drawn_at = time.monotonic()
        width = len(str(self.target))
        counted = f"{self._seen}/Unknown" if self.target is None else f"{self._seen:{width}d}/{self.target}"
        times = f"{self._elapsed():.0f}s {self._per_step()}" if final or self.target is None else self._remaining()
        after = " - ".join([f" {times}", *self._shown()])
        columns = _columns()
        text = counted + self._bar(columns - len(counted) - len(after)) + after
        if len(text) > columns and not final:  # what comes next is written over one line
            text = text[: columns - 1] + "…"
        padding = " " * max(self._drawn_length - len(text), 0)
        sys.stdout.write(f"\r{text}{padding}" + ("\n" if final else ""))
        sys.stdout.flush()
        self._drawn_length = 0 if final else len(text)

    def _bar(self, room: int) -> str:
        """The bar with a blank before it, shorter where there is no room for the whole of it."""
        width = max(min(self.width, room - 1), 0) if self.target is not None else 0
        if not width:
            return ""
        done = min(int(width * self._seen / max(self.target or 0, 1)), width)
        return " " + "━" * done + "╺" * (done < width) + " " * (width - done - 1)

    def _elapsed(self) -> float:
        return time.monotonic() - self._start

    def _per_step(self) -> str:
        seconds = self._elapsed() / max(self._seen, 1)
        for unit, scale in (("s", 1.0), ("ms", 1e-3)):
            if seconds >= scale:
                return f"{seconds / scale:.0f}{unit}/{self.unit_name}"
        return f"{seconds * 1e6:.0f}us/{self.unit_name}"

    def _remaining(self) -> str:
        left = (self.target or 0) - self._seen
        return f"{left * self._elapsed() / max(self._seen, 1):.0f}s left {self._per_step()}"

    def _shown(self) -> list[str]:
        means = (
            (name, total / count if count > 1 and isinstance(total, (int, float)) else total)
            for name, (total, count) in self._values.items()
        )
        return shown_values(means)


def shown_values(values: Iterable[tuple[str, object]]) -> list[str]:
    """ "name: value" for each pair, small and large numbers with an exponent."""
    result = []
    for name, value in values:
        if isinstance(value, (int, float)):
            short = f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e5 or value != value else f"{value:.4e}"
        else:
            short = str(value)
        result.append(f"{name}: {short}")
    return result


def is_terminal() -> bool:
    """Whether what is printed can be overwritten: a terminal or a notebook."""
    return is_interactive_logging_enabled() and ("ipykernel" in sys.modules or _has_columns())


def _has_columns() -> bool:
    return bool(getattr(sys.stdout, "isatty", bool)())


def _columns() -> int:
    """Characters that a line of the output may have: on a terminal all but the last column, else any number."""
    return shutil.get_terminal_size().columns - 1 if _has_columns() else sys.maxsize
