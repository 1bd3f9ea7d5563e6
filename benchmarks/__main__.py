"""Compares keraslite, Keras and hand-written loops, side by side.

`python -m benchmarks [--row NAME ...] [--engine NAME ...] [--rounds N] [--seconds S] [--processes N] [--quick]`

For every row and engine, three processes live side by side. One of them works while the other two wait, so whatever
slows the machine down slows all of them. In a round, keraslite and the hand-written loop alternate in turns of a tenth
of a second or of one epoch, in changing order. Keras has one turn. The medians of the turns count. A shared machine is
fast at one moment and slow at another, and shorter turns leave less of this in a ratio. Processes of the same loop also
differ by chance. So after some seconds of rounds, new processes replace those of keraslite and the hand-written loop.
In training, this happens at least three times, until the intervals of the ratios say for each target whether it is met,
or until `--processes` have been used. Where the intervals are far from all targets, the second and later processes run
only a few rounds.

In rows with `jit` (`rows.py`), Keras also runs with `jit_compile=True` on PyTorch, except with `--quick`. A note below
the table has its time.

The results are in benchmarks/results/, or in build/benchmarks/ with `--quick`: results.json with every round, table.md
and table.png. Rows and engines that are not named keep the results of an earlier run.
"""

from __future__ import annotations

import argparse
import datetime
import fnmatch
import importlib.metadata
import itertools
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import table
from benchmarks.rows import ACCUMULATED, KINDS, ROWS, WIDTHS, Row

ROOT = Path(__file__).parents[1]
ENGINES = ("torch", "jax", "tensorflow")
GPU_ENGINES = ("torch", "jax")
CLOSE = ("keraslite", "hand")  # these alternate
TURNS = 4  # for each of them in a round
PAUSE = 0.02  # seconds between two subjects: thread pools spin on for some milliseconds
EACH = 5  # number of rounds after which new processes are looked at for a clear result
LEAST = 3  # number of times that training is measured in new processes
AGREE, AGREE_LOSS = 1e-3, 0.05  # largest differences: of predictions; relative, of the loss of one epoch
AGREE_HALF = 0.05  # largest difference of predictions in bfloat16


class Subject:
    """A worker process, as this process sees it."""

    def __init__(self, name: str, engine: str, row: Row, folder: Path, quick: bool):
        kind = KINDS[row.kind]
        steps = max(row.steps // 10, 5) if quick and kind.passes else row.steps
        steps += -steps % ACCUMULATED if row.way == "accumulated" else 0
        least, warm = (0.05, 0.2) if quick else (0.1, 1.0)  # seconds
        if not quick and name == "keraslite":  # measures for a few seconds which way is faster
            warm = 12.0 if engine == "tensorflow" else 6.0 if kind.slow else warm
        job = {"row": row.name, "engine": engine, "subject": name, "steps": steps, "least": least, "warm": warm,
               "models": 2 if quick else len(WIDTHS),
               "weights": str(folder / "weights.npz")}  # fmt: skip
        home = folder / f"home-{name}"  # no user's keras.json is read
        home.mkdir(exist_ok=True)
        environment = {**os.environ, "KERAS_BACKEND": engine, "KERAS_HOME": str(home),
                       "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor"), "TF_CPP_MIN_LOG_LEVEL": "3",
                       "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "backends")])}  # fmt: skip
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages have their compiled files
        self.name, self.errors = name, folder / f"{name}.log"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.worker", json.dumps(job)], cwd=ROOT, env=environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip

    def answer(self) -> dict[str, Any]:
        """Return the next line that the worker writes."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            last = self.errors.read_text().strip().splitlines()[-1:] or ["no message"]
            raise RuntimeError(f"{self.name} ended with status {self.process.wait()}: {last[0][:300]}")
        return json.loads(line)

    def go(self) -> dict[str, Any]:
        """Run one round."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def differences(row: Row, ready: dict[str, dict[str, Any]]) -> list[str]:
    """Return in what the subjects did not compute the same."""
    found = []
    ours = ready.get("keraslite", {})
    for name, other in ready.items():
        if name == "keraslite" or ours.get("probe") is None:
            continue
        apart = float(np.abs(np.array(ours["probe"]) - np.array(other["probe"])).max())
        if not apart < (AGREE_HALF if row.half else AGREE):
            found.append(f"WARNING: predictions of keraslite and {name} differ by {apart:.2g}")
        if ours["loss"] and not abs(other["loss"][0] / ours["loss"][0] - 1) < AGREE_LOSS:
            found.append(
                f"WARNING: loss of the first epoch {ours['loss'][0]:.4f} (keraslite), {other['loss'][0]:.4f} ({name})"
            )
    return found


def turns(row: Row, index: int) -> list[str]:
    """Return the subjects of the turns in a round, in order."""
    if row.cold:
        order = list(table.SUBJECTS)
        return order[index % len(order) :] + order[: index % len(order)]
    close = [name for turn in range(TURNS) for name in (CLOSE if (index + turn) % 2 else CLOSE[::-1])]
    keras = ["keras", table.COMPILED]
    return [*keras, *close] if index % 2 else [*close, *keras]


def joined(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one answer for all turns of a subject in a round."""
    measures = {
        measure: {clock: statistics.median(one["measures"][measure][clock] for one in answers) for clock in clocks}
        for measure, clocks in answers[0]["measures"].items()
    }
    return {**answers[-1], "measures": measures}


class Group:
    """The subjects of one row on one engine. If one fails, it is left out with a note."""

    def __init__(self, row: Row, engine: str, folder: Path, quick: bool):
        self._row, self._engine, self._folder, self._quick = row, engine, folder, quick
        self._subjects: dict[str, Subject] = {}
        self.ready: dict[str, dict[str, Any]] = {}
        self.notes: list[str] = []

    def start(self, names: Iterable[str]) -> None:
        """Start new processes in place of the old ones, except for subjects that failed."""
        for name in names:
            if name in self._subjects:
                if name not in self.ready:
                    continue
                self._subjects[name].close()
            self._subjects[name] = Subject(name, self._engine, self._row, self._folder, self._quick)
            answer = self._asked(name, self._subjects[name].answer)
            if answer is not None:
                self.ready[name] = answer

    def round(self, index: int) -> dict[str, list[dict[str, Any]]]:
        """Return the answers of each subject in its turns."""
        answers: dict[str, list[dict[str, Any]]] = {}
        for name in turns(self._row, index):
            if name in self.ready:
                time.sleep(PAUSE)
                answer = self._asked(name, self._subjects[name].go)
                if answer is not None:
                    answers.setdefault(name, []).append(answer)
        return answers

    def _asked(self, name: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        try:
            return ask()
        except RuntimeError as error:
            self.notes.append(str(error))
            self.ready.pop(name, None)
            return None

    def close(self) -> None:
        """End the processes."""
        for subject in self._subjects.values():
            subject.close()


def measure(row: Row, engine: str, given: argparse.Namespace) -> dict[str, Any]:
    """Run rounds of one row on one engine, in new processes until it is known which targets are met."""
    done: list[dict[str, list[dict[str, Any]]]] = []
    processes: list[int] = []
    kind = KINDS[row.kind]
    least = min(LEAST if kind.slow else 1, given.processes)
    compiled = row.jit and engine == "torch" and not given.quick  # compiling takes a minute
    names = [*table.SUBJECTS, *([table.COMPILED] if compiled else [])]
    with tempfile.TemporaryDirectory(prefix="benchmarks_") as folder:
        group = Group(row, engine, Path(folder), given.quick)

        def result() -> dict[str, Any]:
            rounds = [{name: joined(one[name]) for name in group.ready} for one in done]
            choices = [f"{name} used {one['choice']}" for name, one in group.ready.items() if one.get("choice")]
            notes = group.notes + choices + differences(row, group.ready)
            return {"row": row.name, "engine": engine, "rounds": rounds, "processes": processes, "notes": notes}

        try:
            for number in range(1, given.processes + 1):
                group.start(names if number == 1 else CLOSE)
                begun, end = len(done), time.perf_counter() + given.seconds
                fewest = min(kind.fewest * min(number, least) // least, begun + given.rounds)
                while len(done) < fewest or (len(done) < begun + given.rounds and time.perf_counter() < end):
                    done.append(group.round(len(done)))
                    processes.append(len(done) if row.cold else number)
                    asked = kind.slow and number > 1 and (len(done) - begun) % EACH == 0
                    if asked and len(done) >= fewest and table.clear(result()):
                        break
                if number >= least and table.decided(result()):
                    break
        finally:
            group.close()
    return result()


def about(given: argparse.Namespace) -> str:
    """Return what was measured and where, for the head of the table."""
    versions = ", ".join(f"{name} {_version(name)}" for name in ("keras", "torch", "jax", "tensorflow-cpu", "numpy"))
    load = os.getloadavg()[0]
    return (
        f"`python -m benchmarks --rounds {given.rounds} --seconds {given.seconds:g} --processes {given.processes}"
        f"{' --quick' if given.quick else ''}`, {datetime.date.today()}, {os.cpu_count()} cores "
        f"({platform.machine()}), Python {platform.python_version()}, {versions}; load average at the start {load:.1f}."
        + (" A smoke run: too short to conclude anything from." if given.quick else "")
    )


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "-"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="keraslite, Keras and loops by hand.")
    parser.add_argument("--row", nargs="+", default=["*"], help=f"names or patterns: {', '.join(ROWS)}, overhead")
    parser.add_argument("--engine", nargs="+", default=list(ENGINES), choices=ENGINES)
    parser.add_argument("--rounds", type=int, help="paired rounds of the same processes, 45 (2 with --quick)")
    parser.add_argument("--seconds", type=float, default=20, help="for these rounds; a row has a few at least")
    parser.add_argument("--processes", type=int, help="most of keraslite and the loop by hand, 8 (1 with --quick)")
    parser.add_argument("--quick", action="store_true", help="short rounds, to see that all of it works")
    given = parser.parse_args()
    given.rounds = given.rounds or (2 if given.quick else 45)
    given.processes = given.processes or (1 if given.quick else 8)
    return given


def _wanted(given: argparse.Namespace) -> list[tuple[Row, str]]:
    rows = [row for row in ROWS.values() if any(fnmatch.fnmatch(row.name, pattern) for pattern in given.row)]
    gpu = shutil.which("nvidia-smi") is not None
    left_out = [row.name for row in rows if row.gpu and not gpu]
    if left_out:
        print(f"Left out, there is no GPU: {', '.join(left_out)}.", flush=True)
    pairs = itertools.product((row for row in rows if row.name not in left_out), given.engine)
    return [(row, engine) for row, engine in pairs if engine in GPU_ENGINES or not row.gpu]


def main() -> None:
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the workers and their folder are removed too
    folder = ROOT / ("build/benchmarks" if given.quick else "benchmarks/results")
    head = about(given)
    kept: dict[tuple[str, str], Any] = {}
    if (folder / "results.json").exists():
        kept = {(one["row"], one["engine"]): one for one in json.loads((folder / "results.json").read_text())}
    for row, engine in _wanted(given):
        start = time.perf_counter()
        result = kept[row.name, engine] = measure(row, engine, given)
        table.write(list(kept.values()), folder, head)  # written after each row, because a run takes long
        for line in table.lines([result]):
            figures = ", ".join(f"{name} {line.median(name)}" for name in table.SUBJECTS)
            print(
                f"{line.title}, {engine}: {figures}; / hand {line.ratio('hand')}, / Keras {line.ratio('keras')}",
                flush=True,
            )
        print(
            *(f"  {note}\n" for note in result["notes"]), f"  {time.perf_counter() - start:.0f} s", sep="", flush=True
        )
    if kept:
        print("\n" + table.write(list(kept.values()), folder, head))
    if any(fnmatch.fnmatch("overhead", pattern) for pattern in given.row):
        quick = ["--quick"] if given.quick else []
        command = [sys.executable, "-m", "benchmarks.overhead", *given.engine, *quick]
        path = os.pathsep.join([str(ROOT), str(ROOT / "backends")])
        text = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE,
                              text=True, check=True).stdout  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "overhead.md").write_text(text)
        print(text)


if __name__ == "__main__":
    main()
