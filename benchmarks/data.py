"""Measures how much of the time for making batches is hidden behind computation, and what large arrays cost.

`python -m benchmarks.data [engine ...]`. Each subject runs in its own process. The first table is about epochs whose
batches take about as long to make as a step takes. The second is about an epoch over a memory-mapped file of more than
2 GB. `OMP_NUM_THREADS` is 1 unless it is set, so that PyTorch leaves a core for the input.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.overhead import ENGINES

SUBJECTS = ("keraslite", "keras")
WIDTH, BATCH, STEPS, ROUNDS = 512, 128, 40, 5
ROWS, COLUMNS, MAPPED_BATCH = 600_000, 1024, 512  # 2.46 GB of float32
X = np.random.default_rng(0).standard_normal((BATCH, WIDTH)).astype("float32")
Y = np.random.default_rng(1).integers(0, 10, BATCH)
WORKED_ON = np.random.default_rng(2).random(50_000)


def model_of(keras: Any, width: int, *hidden: int) -> Any:
    """A compiled classifier of ten classes."""
    layers = [keras.layers.Dense(units, "relu") for units in hidden]
    model = keras.Sequential([keras.layers.Input((width,)), *layers, keras.layers.Dense(10)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


# ---- overlap ------------------------------------------------------------------------------------------------------


def sleeping(seconds: float) -> Callable[[], Any]:
    """Take so long without using a core."""
    return lambda: time.sleep(seconds)


def working(seconds: float) -> Callable[[], Any]:
    """Take so long on one core, in NumPy without the interpreter's lock."""
    room = np.empty_like(WORKED_ON)
    once = statistics.median(_seconds(lambda: np.sqrt(WORKED_ON, out=room)) for _ in range(200))
    times = max(int(seconds / once), 1)

    def work() -> None:
        for _ in range(times):
            np.sqrt(WORKED_ON, out=room)

    return work


def generator(work: Callable[[], Any]) -> Iterator[Any]:
    """Yield an epoch of batches, each after some work."""
    for _ in range(STEPS):
        work()
        yield X, Y


def loader(work: Callable[[], Any]) -> Any:
    """Return the same as a torch `DataLoader` without workers."""
    torch = importlib.import_module("torch")
    x, y = torch.from_numpy(X), torch.from_numpy(Y)

    class Batches(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return STEPS

        def __getitem__(self, index: int) -> Any:
            work()
            return x, y

    return torch.utils.data.DataLoader(Batches(), batch_size=None)


def overlap(subject: str, engine: str) -> list[dict[str, Any]]:
    """Return milliseconds per batch: input alone, computation alone, both."""
    keras = importlib.import_module(subject)
    model = model_of(keras, WIDTH, WIDTH, WIDTH)

    def epoch(data: Any) -> float:
        return _seconds(lambda: model.fit(data, steps_per_epoch=STEPS, verbose=0)) / STEPS

    def alone(data: Any) -> float:
        return _seconds(lambda: list(data)) / STEPS

    def compute() -> float:
        return epoch(generator(lambda: None))

    for _ in range(3):
        step = compute()
    step = statistics.median(compute() for _ in range(ROUNDS))
    rows = []
    for source, kind in itertools.product((generator, loader), (sleeping, working)):
        work = kind(step)
        epoch(source(work))
        rounds = [(alone(source(work)), compute(), epoch(source(work))) for _ in range(ROUNDS)]
        figures = [1e3 * statistics.median(column) for column in zip(*rounds, strict=True)]
        hidden = statistics.median((a + b - both) / min(a, b) for a, b, both in rounds)
        rows.append({"source": source.__name__, "kind": kind.__name__, "figures": figures, "hidden": hidden})
    return rows


# ---- memory -------------------------------------------------------------------------------------------------------


class Watched:
    """The growth of memory that belongs to no file (MB), sampled while the block runs."""

    def __enter__(self) -> Watched:
        gc.collect()
        self.start = self.peak = anonymous()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def _sample(self) -> None:
        while not self._over.wait(0.02):
            self.peak = max(self.peak, anonymous())

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        self._thread.join()
        self.growth = max(self.peak, anonymous()) - self.start


def anonymous() -> float:
    """Return the MB of this process that belong to no file (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) / 1024


def mapped(subject: str, engine: str, path: str) -> list[dict[str, Any]]:
    """Run an epoch over the file at `path`, in order and shuffled."""
    keras = importlib.import_module(subject)
    model = model_of(keras, COLUMNS)
    x, y = np.load(path, mmap_mode="r"), np.zeros(ROWS, "int32")
    few = 20 * MAPPED_BATCH
    rows = []
    for shuffle in (False, True):
        for _ in range(2):
            model.fit(x[:few], y[:few], batch_size=MAPPED_BATCH, shuffle=shuffle, verbose=0)
        with Watched() as memory:
            options = {"batch_size": MAPPED_BATCH, "shuffle": shuffle, "verbose": 0}
            seconds = _seconds(lambda options=options: model.fit(x, y, **options))
        rows.append({"shuffle": shuffle, "seconds": seconds, "growth": memory.growth})
    return rows


# ---- tables -------------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.data")
    parser.add_argument("engine", nargs="*", default=ENGINES)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        name, *arguments = json.loads(options.job)
        print("\n" + json.dumps({"overlap": overlap, "mapped": mapped}[name](*arguments)))
        return
    print("| engine | | batches from | making one | input, ms | compute, ms | sum | larger | both, ms | hidden |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for engine, subject in itertools.product(options.engine, SUBJECTS):
        for row in _run(engine, "overlap", subject, engine):
            made, step, both = row["figures"]
            numbers = (made, step, made + step, max(made, step), both)
            shown = " | ".join(f"{number:.2f}" for number in numbers)
            print(
                f"| {engine} | {subject} | {row['source']} | {row['kind']} | {shown} | {row['hidden']:.0%} |",
                flush=True,
            )
    gigabytes = ROWS * COLUMNS * 4 / 1e9
    print(f"\nAn epoch over {gigabytes:.2f} GB of memory-mapped rows:\n")
    print("| engine | | shuffled | seconds | GB/s | growth of anonymous memory, MB |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="keraslite-data-") as folder:
        path = Path(folder) / "x.npy"
        np.lib.format.open_memmap(path, "w+", "float32", (ROWS, COLUMNS)).flush()  # a sparse file takes no disk space
        for engine, subject in itertools.product(options.engine, SUBJECTS):
            for row in _run(engine, "mapped", subject, engine, str(path)):
                shuffled, seconds = "yes" if row["shuffle"] else "no", row["seconds"]
                print(f"| {engine} | {subject} | {shuffled} | {seconds:.1f} | {gigabytes / seconds:.2f} "
                      f"| {row['growth']:,.0f} |", flush=True)  # fmt: skip


def _seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _run(engine: str, *job: str) -> list[dict[str, Any]]:
    """Return the answer of a new process without the user's settings."""
    settings = {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", **os.environ}
    with tempfile.TemporaryDirectory(prefix="keraslite-home-") as home:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.data", "--job", json.dumps(job)], text=True, stdout=subprocess.PIPE,
            env={**settings, "KERAS_HOME": home, "KERAS_BACKEND": engine}, check=True,
        )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
