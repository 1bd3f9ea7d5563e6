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

from benchmarks import rows, ways
from benchmarks.models import MODELS, small_weights
from benchmarks.rows import ROWS, WIDTHS, Row

Times = dict[str, float]
Run = Callable[[], int]  # returns how many steps or calls it ran

IMPORTS = {
    "keraslite": "import keraslite\nfrom keraslite.backend import registry\nregistry.current()",
    "keras": "import keras",
    "hand": {"torch": "import torch", "jax": "import jax, jax.numpy", "tensorflow": "import tensorflow"},
}


class Library:
    """The row's model in keraslite or Keras, with the methods of `Hand`."""

    def __init__(self, name: str, engine: str, row: Row, **sizes: int):
        module, _, jit = name.partition("-")
        self.keras = importlib.import_module(module)
        self.row, self.engine, self.choice = row, engine, ""
        self.model = rows.build(self.keras, row, True if jit else "auto", **sizes)

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

    def train(self, x: Any, y: Any, epochs: int = 1) -> tuple[float, ...]:
        """Train and return the results of the last epoch, the loss first."""
        logs = self.model.fit(**ways.given(self.keras, self.row, x, y), epochs=epochs, verbose=0).history
        return tuple(logs[name][-1] for name in MODELS[self.row.model].results)

    def evaluate(self, x: Any, y: Any) -> tuple[float, ...]:
        """Return the same without training."""
        logs = self.model.evaluate(x, y, batch_size=self.row.batch, verbose=0, return_dict=True)
        return tuple(logs[name] for name in MODELS[self.row.model].results)

    def predict(self, x: Any) -> Any:
        """Return the predictions for one sample or a few, as arrays."""
        return self.model.predict(x, verbose=0)

    def predict_all(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions for many samples, computed in batches, as an array."""
        return self.model.predict(x, batch_size=self.row.batch, verbose=0)

    def tensor(self, x: np.ndarray) -> Any:
        """Return an array as the tensor that `call` takes."""
        return self.keras.ops.convert_to_tensor(x)

    def call(self, x: Any) -> Any:
        """Return the outputs for a tensor, as a tensor."""
        y = self.model(x)
        return y.block_until_ready() if self.engine == "jax" else y

    def write(self, tokens: np.ndarray) -> np.ndarray:
        """Return tokens `(1, n)` that go on after the first, each the likeliest."""
        tokens = tokens.copy()
        for i in range(1, tokens.shape[1]):
            logits = self.keras.ops.convert_to_numpy(self.model(tokens))
            tokens[0, i] = logits[0, i - 1].argmax()
        return tokens


def load(path: Path) -> list[np.ndarray]:
    """Return the weights in the file, in order."""
    with np.load(path) as arrays:
        return [arrays[f"arr_{i}"] for i in range(len(arrays))]


def make(name: str, engine: str, row: Row, path: Path) -> Any:
    """Return the subject, with the row's weights."""
    if name == "hand":
        return by_hand(engine, row)(row, load(path))
    subject = Library(name, engine, row)
    subject.exchange(path)
    return subject


def by_hand(engine: str, row: Row) -> Callable[[Row, list[np.ndarray]], Any]:
    """Return what makes the row's loop by hand from weights."""
    return importlib.import_module(f"benchmarks.{MODELS[row.model].hand}_{engine}").Hand


def flat(outputs: Any) -> np.ndarray:
    """Return all numbers of outputs."""
    if isinstance(outputs, dict):
        outputs = [outputs[name] for name in sorted(outputs)]
    parts = outputs if isinstance(outputs, list | tuple) else [outputs]
    return np.concatenate([np.asarray(part, "float32").ravel() for part in parts])


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
    """What "go" runs."""

    def __init__(self, job: dict[str, Any]):
        self.job, self.row, self.path = job, ROWS[job["row"]], Path(job["weights"])
        self.name, self.engine, self.steps = job["subject"], job["engine"], job["steps"]
        self.loss: tuple[float, ...] | None = None

    def prepare(self) -> dict[str, Any]:
        """Warm up, and return what the table compares between subjects."""
        if self.row.kind == "import":
            self.go()
            return {}
        if self.row.cold:
            if not self.path.exists():
                make(self.name, self.engine, self.row, self.path)
            return {}
        self.subject = make(self.name, self.engine, self.row, self.path)
        self.x, self.y = rows.data(self.row, self.engine, self.steps)
        self.one = rows.part(self.x, 0, 1)
        probe = flat(self.subject.predict(self.one))
        self.run = RUNS[self.row.kind](self)
        self.run()
        first, start = self.loss, time.perf_counter()
        while time.perf_counter() - start < self.job["warm"]:
            self.run()
        gc.collect()
        return {"probe": probe.tolist(), "loss": first, "choice": self.subject.choice}

    def go(self) -> dict[str, Any]:
        """Run one round."""
        if self.row.kind == "import":
            measures = {"import": self._child([sys.executable, "-c", self._import()])}
        elif self.row.cold:
            job = json.dumps({**self.job, "once": True})
            measures = self._child([sys.executable, "-m", "benchmarks.worker", job])
        else:
            measures = {"step": timed(self.run, self.job["least"])}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux reports KiB
        return {"measures": measures, "memory": peak, "loss": self.loss}

    def once(self) -> dict[str, Times]:
        """Run what a row from cold measures."""
        importlib.import_module(self.engine if self.name == "hand" else self.name)
        if self.name == "keraslite":
            importlib.import_module("keraslite.backend.registry").current()
        self.hand = by_hand(self.engine, self.row) if self.name == "hand" else None
        self.weights = load(self.path)
        self.x, self.y = rows.data(self.row, self.engine, self.steps)
        gc.collect()
        return COLD[self.row.kind](self)

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


# ---- what runs, by kind of row ------------------------------------------------------------------------------------


def _repeated(call: Callable[[], Any], count: int) -> Run:
    def run() -> int:
        for _ in range(count):
            call()
        return count

    return run


def _train(worker: Worker) -> Run:
    def run() -> int:
        worker.loss = worker.subject.train(worker.x, worker.y)
        return worker.steps

    return run


def _evaluate(worker: Worker) -> Run:
    def run() -> int:
        worker.loss = worker.subject.evaluate(worker.x, worker.y)
        return worker.steps

    return run


def _predict_all(worker: Worker) -> Run:
    def run() -> int:
        worker.subject.predict_all(worker.x)
        return worker.steps

    return run


def _predict(worker: Worker) -> Run:
    one = np.ascontiguousarray(worker.one)
    return _repeated(lambda: worker.subject.predict(one), worker.steps)


def _call(worker: Worker) -> Run:
    tensor = worker.subject.tensor(worker.one)
    return _repeated(lambda: worker.subject.call(tensor), worker.steps)


def _decode(worker: Worker) -> Run:
    def run() -> int:
        return worker.subject.write(worker.one).shape[1] - 1

    return run


RUNS: dict[str, Callable[[Worker], Run]] = {
    "train": _train, "evaluate": _evaluate, "predict-all": _predict_all, "predict": _predict, "call": _call,
    "decode": _decode,
}  # fmt: skip


def _start(worker: Worker) -> dict[str, Times]:
    """Build, and run the first epoch."""
    made: list[Any] = []

    def build() -> int:
        hand, row = worker.hand, worker.row
        made.append(hand(row, worker.weights) if hand else Library(worker.name, worker.engine, row))
        return 1

    def first() -> int:
        made[0].train(worker.x, worker.y)
        return 1

    return {"build": timed(build, 0), "first epoch": timed(first, 0)}


def _search(worker: Worker) -> dict[str, Times]:
    """Build, compile and train models of different widths, each for two epochs."""

    def search() -> int:
        for units in WIDTHS[: worker.job["models"]]:
            if worker.hand is None:
                Library(worker.name, worker.engine, worker.row, units=units).train(worker.x, worker.y, epochs=2)
            else:
                subject = worker.hand(worker.row, small_weights(units))
                for _ in range(2):
                    subject.train(worker.x, worker.y)
        return 1

    return {"search": timed(search, 0)}


COLD: dict[str, Callable[[Worker], dict[str, Times]]] = {"start": _start, "search": _search}


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
