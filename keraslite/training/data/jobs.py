"""Elements made ahead of their use, by threads, in order."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import NamedTuple, TypeAlias

__all__ = ["Job", "Turn", "cores", "results"]

#: Makes one element.
Job: TypeAlias = Callable[[], object]


class Turn(NamedTuple):
    """One pass over a data set.

    Attributes:
        epoch: its number, from 0.
        workers: threads that make elements; with 0 they are made when they are asked for.
        ahead: elements that wait for their use, at most.
    """

    epoch: int
    workers: int
    ahead: int


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def results(jobs: Iterator[Job], turn: Turn) -> Iterator[object]:
    """What the jobs make, in their order. An error of a job is raised where its element would come."""
    if turn.workers == 0:
        for job in jobs:
            yield job()
        return
    pool = ThreadPoolExecutor(turn.workers, thread_name_prefix="keraslite-data")
    context = copy_context()  # settings such as `use_backend` hold in the workers too
    waiting: deque[Future[object]] = deque()

    def ask(count: int) -> None:
        for job in itertools.islice(jobs, count):
            waiting.append(pool.submit(context.copy().run, job))

    try:
        ask(turn.workers + turn.ahead)
        while waiting:
            element = waiting.popleft().result()
            ask(1)
            yield element
            del element
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
