"""Reading that starts and stops again and again, with failures at random moments, never hangs and loses no batch."""

from __future__ import annotations

import faulthandler
import gc
import os
import random
import signal
import threading
import time

import numpy as np
import pytest
from read_by_processes import Numbered

from keraslite import config, use_backend
from keraslite.errors import DataError
from keraslite.training.data import ahead
from keraslite.training.data.choose import source_for
from keraslite.training.feed import Feed
from keraslite.utils import timeseries_dataset_from_array

LONGEST = 60  # seconds: a round that takes more hangs
SIZE = 8


class Failure(Exception):
    """Raised by code of users."""


def batch(number):
    return np.full((2, 1), number, "float32"), np.zeros((2, 2), "float32")


class Threads(Numbered):
    """Read by threads; it fails or takes its time."""

    def __getitem__(self, index):
        time.sleep(self.pause)
        if index == self.at:
            raise Failure
        return batch(index)


def generator(at, pause):
    for number in range(SIZE):
        time.sleep(pause)
        if number == at:
            raise Failure
        yield batch(number)


class Loader:
    """What a library's loader looks like."""

    def __init__(self, at, pause):
        self.at, self.pause = at, pause

    def __iter__(self):
        return generator(self.at, self.pause)

    def __len__(self):
        return SIZE


def pipeline(at, pause):
    def changed(x, y):
        time.sleep(pause)
        if x[0, 0] == 2 * at:
            raise Failure
        return x / 2, np.zeros((2, 2), "float32")

    data = timeseries_dataset_from_array(np.arange(2.0 * SIZE), np.arange(2.0 * SIZE), 1, batch_size=2)
    return data.map(changed, num_parallel_calls=2)


SOURCES = {
    "generator": generator,
    "loader": Loader,
    "threads": lambda at, pause: Threads(SIZE, at, pause=pause, workers=3),
    "one thread": lambda at, pause: Threads(SIZE, at, pause=pause),
    "pipeline": pipeline,
}


def start_and_stop(draw, feed, end):
    """Read an epoch until its end or until what ends it. Returns the numbers that came."""
    seen, stop_at, timer = [], draw.randrange(SIZE), None
    if end == "ctrl-c":
        timer = threading.Timer(draw.uniform(0, 0.02), os.kill, (os.getpid(), signal.SIGINT))
    try:
        if timer is not None:
            timer.start()
        for x, _ in feed.epoch(lambda each, fresh: each):
            seen.append(int(np.asarray(x)[0, 0]))
            if len(seen) > stop_at and end == "stop":
                break
            if len(seen) > stop_at and end == "error":
                raise Failure
            time.sleep(draw.choice((0, 0, 0.001)))
        if timer is not None:
            timer.join()
            time.sleep(0.1)  # it ends this; Python may swallow it, if it comes while an object is deleted
    except (Failure, KeyboardInterrupt):
        pass
    return seen


def rounds(count, how):
    draw, ends = random.Random(0), {}
    for number in range(count):
        faulthandler.dump_traceback_later(LONGEST, exit=True)
        kind, end = draw.choice(list(SOURCES)), draw.choice(how)
        at = draw.randrange(SIZE) if end == "failure" else -1
        feed = Feed(source_for(SOURCES[kind](at, draw.choice((0, 0, 0.001, 0.003)))))
        seen = start_and_stop(draw, feed, end)
        assert seen == list(range(len(seen))), (number, kind, end)
        assert len(seen) == SIZE or end not in ("whole",), (number, kind, end)
        assert end != "failure" or len(seen) <= at, (number, kind, at)
        ends[kind, end] = ends.get((kind, end), 0) + 1
    faulthandler.cancel_dump_traceback_later()
    return ends


@pytest.fixture
def quick_to_thread(monkeypatch, ctrl_c_raises):
    monkeypatch.setattr(ahead, "_LONG", -1.0)
    monkeypatch.setattr(ahead, "_JUDGED", 1)
    config.enable_fast_paths(True, "fetch_ahead")
    before = set(threading.enumerate())  # other threads stay, such as those that draw weights
    with use_backend("numpy"):
        yield
    gc.collect()
    start = time.monotonic()
    while left(before) and time.monotonic() - start < 10:
        time.sleep(0.01)
    assert not left(before)


def left(before):
    return [
        thread.name for thread in threading.enumerate() if thread not in before and thread.name.startswith("keraslite-")
    ]


@pytest.mark.usefixtures("quick_to_thread")
def test_no_round_hangs_and_batches_keep_their_order():
    ends = rounds(80, ("whole", "failure", "stop", "error"))
    assert {kind for kind, _ in ends} == set(SOURCES)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # what Python swallowed
@pytest.mark.usefixtures("quick_to_thread")
def test_no_round_of_very_many_hangs_with_ctrl_c():
    ends = rounds(1000, ("whole", "failure", "stop", "error", "ctrl-c"))
    assert len(ends) == 5 * len(SOURCES)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("quick_to_thread")
def test_no_round_with_processes_hangs():
    draw = random.Random(1)
    for number in range(100):
        faulthandler.dump_traceback_later(LONGEST, exit=True)
        what = draw.choice(("", "", "error", "exit", "killed"))
        at = draw.randrange(SIZE) if what else -1
        data = Numbered(SIZE, at, what, draw.choice((0, 0.002)), workers=2, use_multiprocessing=True)
        feed = Feed(source_for(data))
        end = draw.choice(("whole", "stop", "error", "ctrl-c"))
        try:
            seen = start_and_stop(draw, feed, end)
        except (KeyError, DataError):
            assert what
            continue
        assert seen == list(range(len(seen))), (number, what, end)
        assert what or end != "whole" or len(seen) == SIZE
    faulthandler.cancel_dump_traceback_later()
