"""The one loop: batches through a program, and who is told about it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from typing import Any

from keraslite.training.feed import Feed
from keraslite.training.logs import Logs
from keraslite.training.pace import Pace
from keraslite.training.program import Program

__all__ = ["run_epoch"]

Hook = Callable[[int, Any], None]


def run_epoch(
    feed: Feed, program: Program, *, begin: Hook | None, end: Hook | None, group: int = 1, may_loop: bool = False,
    stopped: Callable[[], bool] = bool,
) -> tuple[Logs, int]:  # fmt: skip
    """Run a program on the batches of one epoch; gives the results of the last step and how many steps ran.

    Nothing here waits for the device, but for a pace that is still being found. `begin(step, logs)` and
    `end(step, logs)` are called around each call of the program, with the index of its first and last step. Without
    them the results of the last step are all that is computed.

    Args:
        group: batches in one call of the program.
        may_loop: whether the program may choose by itself to run several in one loop, where it is faster.
        stopped: asked after each call whether to stop.
    """
    pace = program.pace if may_loop and group == 1 else None
    if pace is not None and pace.decided and pace.group == 1:
        pace = None
    silent = begin is None and end is None and pace is None
    if pace is not None:
        pace.resume()
    logs = Logs({})
    step = 0
    with contextlib.closing(_calls(feed, program, group, pace, silent)) as sent:
        for calls in sent:
            while calls:
                silent = silent and not stopped()
                ran = program.in_turn(calls[:-1] if feed.at_end else calls) if silent else 0
                if ran:
                    step += sum(map(len, calls[:ran]))
                    del calls[:ran]
                    continue
                data = calls.pop(0)
                if begin is not None:
                    begin(step, {})
                results = program(*data) if pace is None or pace.group == 1 else program.many(data)
                if pace is not None:
                    pace.ran(len(data), results)
                logs = Logs(results)
                step += len(data)
                if end is not None:
                    end(step - 1, logs)
                if stopped():
                    sent.close()  # nothing more comes
                    break
    if pace is not None:
        pace.pause()
    return logs, step


def _calls(
    feed: Feed, program: Program, group: int, pace: Pace | None, silent: bool
) -> Generator[list[list[Any]], None, None]:
    """Lists of calls that can be made now, each of them the batches of one; `feed.at_end` with the last list."""
    if silent and group == 1:
        with contextlib.closing(feed.sent(program.place)) as sent:
            for batches in sent:
                yield [[batch] for batch in batches]
        return
    with contextlib.closing(feed.epoch(program.place)) as batches:
        for call in _grouped(batches, (lambda: group) if pace is None else (lambda: pace.group)):
            yield [call]


def _grouped(batches: Iterator[Any], size: Callable[[], int]) -> Iterator[list[Any]]:
    """Lists of `size()` batches, the last of which may be shorter."""
    group: list[Any] = []
    for batch in batches:
        group.append(batch)
        if len(group) >= size():
            yield group
            group = []
    if group:
        yield group
