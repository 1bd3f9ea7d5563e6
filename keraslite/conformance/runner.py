"""Runs cases in worker processes, one engine after another.

An engine's library is imported by its own workers only, which find `KERAS_BACKEND` in their environment.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import platform
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from keraslite.backend import registry
from keraslite.backend.contract import Engine
from keraslite.conformance.suite import Case, Outcome, cases, expected_failures, run

Ids = tuple[str, ...]

#: Environment of the workers, unless it is set: one thread each, and libraries that compile quickly (a case runs its
#: program once) and print nothing.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
#: Number of rows that are sent to a worker together.
_ROWS = 4
#: Number of such portions per worker: compiled programs stay in memory as long as the worker lives.
_PORTIONS = 12


@dataclass(frozen=True)
class About:
    """The environment in which an engine's results were computed.

    Args:
        engine: its name.
        library: name and version of the library that its tensors come from.
        device: its default device.
        capabilities: its capabilities, sorted.
    """

    engine: str
    library: str
    device: str
    capabilities: tuple[str, ...]


@dataclass
class Results:
    """The results of an engine, filled while it runs.

    Args:
        engine: its name.
        about: None until a worker has reported it.
        outcomes: the outcomes; in the order of the suite when all are there.
        seconds: how long it took.
    """

    engine: str
    about: About | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, status: str) -> int:
        """Return how many cases have a status."""
        return sum(outcome.status == status for outcome in self.outcomes)

    @property
    def bad(self) -> list[Outcome]:
        """Return the failures."""
        return [outcome for outcome in self.outcomes if outcome.bad]

    @property
    def calls(self) -> int:
        """Return how many calls were checked."""
        return sum(outcome.calls for outcome in self.outcomes)


def run_engine(results: Results, chosen: Sequence[Case], sample: bool, jobs: int) -> Iterator[int]:
    """Run cases on the engine named in `results`, and fill it. Yields the number of cases done since the last time.

    If a worker dies, because an engine may crash, the case that it was running fails.

    Args:
        results: of the engine.
        chosen: the cases.
        sample: only the first call of each row.
        jobs: how many worker processes.
    """
    start = time.monotonic()
    chunks = _chunks(chosen)
    with _environment(results.engine):
        for about, outcomes in _run_chunks(results.engine, chunks, sample, min(jobs, len(chunks))):
            results.about = results.about or about
            results.outcomes += outcomes
            yield len(outcomes)
    place = {case.id: i for i, case in enumerate(chosen)}
    results.outcomes.sort(key=lambda outcome: place[outcome.case])
    results.seconds = time.monotonic() - start


def _chunks(chosen: Sequence[Case]) -> list[Ids]:
    """Return the ids of the cases in portions of a few rows. The cases of a row stay together and share programs."""
    found = [tuple(case.id for case in group) for _, group in groupby(chosen, key=lambda case: id(case.row))]
    return [sum(found[i : i + _ROWS], ()) for i in range(0, len(found), _ROWS)]


@contextlib.contextmanager
def _environment(engine: str) -> Iterator[None]:
    """Within it, new processes get the environment of that engine's workers."""
    before = dict(os.environ)
    os.environ.update({**ENVIRONMENT, **before, "KERAS_BACKEND": engine})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


Portion = tuple["About | None", list[Outcome]]


def _run_chunks(engine: str, chunks: list[Ids], sample: bool, jobs: int) -> Iterator[Portion]:
    lost: list[Ids] = []
    for i in range(0, len(chunks), jobs * _PORTIONS):
        pool = _pool(jobs)
        try:
            futures = {pool.submit(_work, engine, ids, sample): ids for ids in chunks[i : i + jobs * _PORTIONS]}
            for future in as_completed(futures):
                try:
                    yield future.result()
                except BrokenExecutor:
                    lost.append(futures[future])
        finally:
            pool.shutdown(cancel_futures=True)
    yield from _run_carefully(engine, lost, sample)


def _run_carefully(engine: str, chunks: list[Ids], sample: bool) -> Iterator[Portion]:
    """Run one chunk at a time. A chunk that kills its worker is halved until the case is found."""
    left, pool = deque(chunks), None
    try:
        while left:
            ids = left.popleft()
            pool = pool or _pool(1)
            try:
                yield pool.submit(_work, engine, ids, sample).result()
            except BrokenExecutor:
                pool.shutdown()
                pool = None
                if len(ids) == 1:
                    yield None, [_dead(ids[0])]
                else:
                    left.extendleft((ids[len(ids) // 2 :], ids[: len(ids) // 2]))
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def _dead(name: str) -> Outcome:
    case = next(case for case in cases() if case.id == name)
    return Outcome(case.family, case.row.name, case.id, case.check, "failed", 1, "the worker process died")


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), initializer=_quiet)


def _quiet() -> None:
    """In a worker: silence libraries, whose output would disturb the display, and end when the command is killed."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    threading.Thread(target=_follow, args=(multiprocessing.parent_process(),), daemon=True).start()


def _follow(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _work(engine: str, ids: Ids, sample: bool) -> Portion:
    """In a worker: run some cases."""
    by_id = {case.id: case for case in cases()}
    with registry.use_backend(engine) as active:
        reasons = expected_failures(active)
        return _about(active), [run(by_id[name], reasons, sample) for name in ids]


def _about(engine: Engine) -> About:
    root = next(t.__module__.partition(".")[0] for t in engine.tensor_types)
    version = getattr(sys.modules.get(root), "__version__", "")
    return About(engine.name, f"{root} {version}".strip(), engine.default_device(), tuple(sorted(engine.capabilities)))


def host() -> str:
    """Return the versions of Python and the system, for reports."""
    return f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
