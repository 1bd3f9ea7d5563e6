"""One subject of one row in its own process: `python -m benchmarks.worker '{"row": ..., "subject": ...}'`.

It writes one line of JSON when it is warm, and one for every line "go" that it reads. For each measure, such a line has
the microseconds per step, by wall clock and by the CPU time of the process, and the peak memory.

The first subject of a row writes the initial weights to a file, and the others start from these. Each sends its
predictions before training and its losses, so that the table can tell whether all of them compute the same.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import models
from benchmarks.models import ROWS, Row

Times = dict[str, float]

IMPORTS = {
    "keraslite": "import keraslite\nfrom keraslite.backend import registry\nregistry.current()",
    "keras": "import keras",
    "hand": {"torch": "import torch", "jax": "import jax, jax.numpy", "tensorflow": "import tensorflow"},
}


class Library:
    """The row's model in keraslite or Keras, with the methods of `Hand`."""

    def __init__(self, name: str, engine: str, row: Row):
        self.keras = importlib.import_module(name)
        self.row, self.engine, self.choice = row, engine, ""
        self.model = models.build(self.keras, row)

    def exchange(self, path: Path) -> None:
        """Start from the weights in the file, or write the file."""
        if path.exists():
            self.model.set_weights(load(path))
        else:
            rng = np.random.default_rng(1)
            weights = [w + 0.01 * rng.standard_normal(w.shape) for w in self.model.get_weights()]  # no zeros, no ones
            weights = [(np.abs(w) if w.ndim == 1 else w).astype("float32") for w in weights]  # variances are positive
            np.savez(path, *weights)
            self.model.set_weights(weights)

    def train(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Train one epoch and return mean loss and accuracy."""
        logs = self.model.fit(x, y, batch_size=self.row.batch, epochs=1, shuffle=False, verbose=0).history
        return logs["loss"][-1], logs["accuracy"][-1]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions for an array, as an array."""
        return self.model.predict(x, verbose=0)

    def tensor(self, x: np.ndarray) -> Any:
        """Return an array as the tensor that `call` takes."""
        return self.keras.ops.convert_to_tensor(x)

    def call(self, x: Any) -> Any:
        """Return the outputs for a tensor, as a tensor."""
        y = self.model(x)
        return y.block_until_ready() if self.engine == "jax" else y


def load(path: Path) -> list[np.ndarray]:
    """Return the weights in the file, in order."""
    with np.load(path) as arrays:
        return [arrays[f"arr_{i}"] for i in range(len(arrays))]


def make(name: str, engine: str, row: Row, path: Path) -> Any:
    """Return the subject, with the row's weights."""
    if name == "hand":
        return importlib.import_module(f"benchmarks.hand_{engine}").Hand(row, load(path))
    subject = Library(name, engine, row)
    subject.exchange(path)
    return subject


def timed(run: Callable[[], int], least: float) -> Times:
    """Return microseconds per step, as the median of runs in `least` seconds. `run` returns how many steps it ran."""
    walls: list[float] = []
    cpus: list[float] = []
    start = time.perf_counter()
    while time.perf_counter() - start < least or not walls:
        wall, cpu = time.perf_counter(), time.process_time()
        count = run()
        walls.append((time.perf_counter() - wall) / count * 1e6)
        cpus.append((time.process_time() - cpu) / count * 1e6)
    return {"wall": statistics.median(walls), "cpu": statistics.median(cpus)}


class Worker:
    """What "go" runs, by kind of row."""

    def __init__(self, job: dict[str, Any]):
        self.job, self.row, self.path = job, ROWS[job["row"]], Path(job["weights"])
        self.name, self.engine, self.steps = job["subject"], job["engine"], job["steps"]
        self.loss: tuple[float, float] | None = None

    def prepare(self) -> dict[str, Any]:
        """Warm up, and return what the table compares between subjects."""
        if self.row.kind == "import":
            self.go()
            return {}
        if self.row.kind == "start":
            if not self.path.exists():
                make(self.name, self.engine, self.row, self.path)
            return {}
        self.subject = make(self.name, self.engine, self.row, self.path)
        x, y = models.data(self.row, self.engine, self.steps)
        one = np.ascontiguousarray(x[:1])
        probe = np.asarray(self.subject.predict(one))
        self.run = self._runs(x, y, one)
        self.run()
        first, start = self.loss, time.perf_counter()
        while time.perf_counter() - start < self.job["warm"]:
            self.run()
        gc.collect()
        return {"probe": probe.tolist(), "loss": first, "choice": self.subject.choice}

    def _runs(self, x: np.ndarray, y: np.ndarray, one: np.ndarray) -> Callable[[], int]:
        subject, steps = self.subject, self.steps

        def train() -> int:
            self.loss = subject.train(x, y)
            return steps

        def predict() -> int:
            for _ in range(steps):
                subject.predict(one)
            return steps

        tensor = subject.tensor(one)

        def call() -> int:
            for _ in range(steps):
                subject.call(tensor)
            return steps

        return {"train": train, "predict": predict, "call": call}[self.row.kind]

    def go(self) -> dict[str, Any]:
        """Run one round."""
        if self.row.kind == "import":
            measures = {"import": self._child([sys.executable, "-c", self._import()])}
        elif self.row.kind == "start":
            job = json.dumps({**self.job, "once": True})
            measures = self._child([sys.executable, "-m", "benchmarks.worker", job])
        else:
            measures = {"step": timed(self.run, self.job["least"])}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux reports KiB
        return {"measures": measures, "memory": peak, "loss": self.loss}

    def once(self) -> dict[str, Times]:
        """Build and run the first epoch, from cold."""
        importlib.import_module(self.engine if self.name == "hand" else self.name)
        if self.name == "keraslite":
            importlib.import_module("keraslite.backend.registry").current()
        hand = importlib.import_module(f"benchmarks.hand_{self.engine}").Hand if self.name == "hand" else None
        weights = load(self.path)
        x, y = models.data(self.row, self.engine, self.steps)
        made: list[Any] = []
        gc.collect()

        def build() -> int:
            made.append(hand(self.row, weights) if hand else Library(self.name, self.engine, self.row))
            return 1

        def first() -> int:
            made[0].train(x, y)
            return 1

        return {"build": timed(build, 0), "first epoch": timed(first, 0)}

    def _import(self) -> str:
        code = IMPORTS[self.name]
        code = code if isinstance(code, str) else code[self.engine]
        return (
            f"import time, json\nw, c = time.perf_counter(), time.process_time()\n{code}\n"
            "print(json.dumps({'wall': (time.perf_counter() - w) * 1e6, 'cpu': (time.process_time() - c) * 1e6}))"
        )

    @staticmethod
    def _child(command: list[str]) -> Any:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    job = json.loads(sys.argv[1])
    worker = Worker(job)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # output of a library must not be taken for an answer
    if job.get("once"):
        print(json.dumps(worker.once()), file=answers)
        return
    print(json.dumps(worker.prepare()), file=answers)
    with contextlib.suppress(KeyboardInterrupt):
        for line in sys.stdin:
            if line.strip() == "go":
                print(json.dumps(worker.go()), file=answers)


if __name__ == "__main__":
    main()
