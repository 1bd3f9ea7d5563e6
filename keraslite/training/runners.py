"""The loops over the batches of one epoch: three of them, of which `run_epoch` chooses one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator

from keraslite.training.feed import Feed
from keraslite.training.logs import Logs
from keraslite.training.pace import Pace
from keraslite.training.program import StepProgram

__all__ = ["Hook", "run_epoch"]

Hook = Callable[[int, dict[str, object]], None]


def run_epoch(
    feed: Feed,
    program: StepProgram,
    *,
    begin: Hook | None,
    end: Hook | None,
    group: int = 1,
    may_loop: bool = False,
    stopped: Callable[[], bool],
) -> tuple[Logs, int]:
    """Run a program on the batches of one epoch.

    Nothing here waits for the device, except a pace that is still being found.

    Args:
        feed: the batches.
        program: the compiled step.
        begin: called before each call of the program with the index of its first step and an empty dict, if given.
        end: called after each call of the program with the index of its last step and the results, if given.
        group: batches in one call of the program.
        may_loop: whether the program may choose by itself to run several steps in one loop, where that is faster.
        stopped: asked after each call whether to stop.

    Returns:
        The results of the last step and the number of steps that ran.
    """
    pace = program.pace if may_loop and group == 1 else None
    if pace is not None and not (pace.decided and pace.group == 1):
        return _run_paced(feed, program, pace, begin or _ignore, end or _ignore, stopped)
    if begin is None and end is None:
        return _run_silently(feed, program, group, stopped)
    return _run_with_hooks(feed, program, group, begin or _ignore, end or _ignore, stopped)


def _run_with_hooks(
    feed: Feed, program: StepProgram, group: int, begin: Hook, end: Hook, stopped: Callable[[], bool]
) -> tuple[Logs, int]:
    """Call by call, with somebody to be told about each."""
    logs, step = Logs({}), 0
    with contextlib.closing(feed.epoch(program.place)) as batches:
        for call in _grouped(batches, lambda: group):
            begin(step, {})
            logs = Logs(program(*call))
            step += len(call)
            end(step - 1, logs)
            if stopped():
                break
    return logs, step


def _run_paced(
    feed: Feed, program: StepProgram, pace: Pace, begin: Hook, end: Hook, stopped: Callable[[], bool]
) -> tuple[Logs, int]:
    """Call by call, each of as many steps as the pace says, which learns from the time that they take."""
    logs, step = Logs({}), 0
    pace.resume()
    with contextlib.closing(feed.epoch(program.place)) as batches:
        for call in _grouped(batches, lambda: pace.group):
            begin(step, {})
            results = program(*call) if pace.group == 1 else program.many(call)
            pace.ran(len(call), results)
            logs = Logs(results)
            step += len(call)
            end(step - 1, logs)
            if stopped():
                break
    pace.pause()
    return logs, step


def _run_silently(feed: Feed, program: StepProgram, group: int, stopped: Callable[[], bool]) -> tuple[Logs, int]:
    """Many calls back to back, whose results nobody reads.

    Single calls, which give results, are those of a program that is still being made, the last one of the epoch, and
    one more after `stopped` says so.
    """
    logs, step = Logs({}), 0
    with contextlib.closing(_sent(feed, program, group)) as sent:
        for calls in sent:
            while calls:
                at_end = stopped()
                ran = 0 if at_end else program.run_silently(calls[:-1] if feed.at_end else calls)
                if ran == 0:
                    logs = Logs(program(*calls[0]))
                step += sum(map(len, calls[: ran or 1]))
                del calls[: ran or 1]
                if ran == 0 and (at_end or stopped()):
                    return logs, step
    return logs, step


def _sent(feed: Feed, program: StepProgram, group: int) -> Generator[list[list[object]], None, None]:
    """Lists of calls that can be made now, each of them the batches of one; `feed.at_end` with the last list."""
    if group == 1:
        with contextlib.closing(feed.sent(program.place)) as sent:
            for batches in sent:
                yield [[batch] for batch in batches]
        return
    with contextlib.closing(feed.epoch(program.place)) as batches:
        for call in _grouped(batches, lambda: group):
            yield [call]


def _grouped(batches: Iterator[object], size: Callable[[], int]) -> Iterator[list[object]]:
    """Lists of `size()` batches, the last of which may be shorter."""
    group: list[object] = []
    for batch in batches:
        group.append(batch)
        if len(group) >= size():
            yield group
            group = []
    if group:
        yield group


def _ignore(step: int, logs: dict[str, object]) -> None:
    """Nobody is told."""
