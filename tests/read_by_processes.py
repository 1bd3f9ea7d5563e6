"""Data sets that worker processes import."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np

from keraslite import random
from keraslite.utils import PyDataset


class CannotBeSent(Exception):
    """An error whose constructor wants more than `pickle` gives it."""

    def __init__(self, first, second):
        super().__init__(f"{first} {second}")


class Numbered(PyDataset):
    """Batches that hold their number, the process that made them, and a random number.

    Args:
        size: the number of batches.
        at: the batch at which something happens,
        what: and what.
        pause: seconds that a batch takes.
    """

    def __init__(self, size=12, at=-1, what="", pause=0.0, **options):
        super().__init__(**options)
        self.size, self.at, self.what, self.pause = size, at, what, pause
        self.order = list(range(size))
        self.seeds = random.SeedGenerator(1)

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        time.sleep(self.pause)
        if index == self.at:
            self.happens()
        drawn = np.asarray(random.uniform((), seed=self.seeds))
        return np.full((2, 1), self.order[index], "float32"), np.array([[os.getpid()], [drawn]])

    def happens(self):
        if self.what == "error":
            raise KeyError("no such file")
        if self.what == "cannot be sent":
            raise CannotBeSent("no such", "disk")
        if self.what == "exit":
            os._exit(3)
        if self.what == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.what == "hangs":
            threading.Event().wait(100)

    def on_epoch_end(self):
        self.order = self.order[::-1]


class Labelled(Numbered):
    """Batches whose labels are their inputs."""

    def __getitem__(self, index):
        x, _ = super().__getitem__(index)
        return x, x
