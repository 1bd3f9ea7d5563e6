"""keraslite, Keras and loops by hand, side by side.

`python -m benchmarks [--row NAME ...] [--engine NAME ...] [--rounds N] [--seconds S] [--quick]`

For every row and engine three processes live side by side, and one after the other does a round while the other two
wait, so that whatever slows the machine down slows all of them. Their order changes from round to round. Rounds are
short, follow each other closely, and are as many as the seconds of a row allow: a machine that others use too is fast
and slow by turns, and what is left of that in a ratio averages out.

What is measured is kept in benchmarks/results/, or build/benchmarks/ with `--quick`: results.json with every round,
table.md and table.png. Rows and engines that are not named keep what an earlier run measured.
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
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import table
from benchmarks.models import ROWS, Row

ROOT = Path(__file__).parents[1]
ENGINES = ("torch", "jax", "tensorflow")
ORDERS = list(itertools.permutations(table.SUBJECTS))
PAUSE = 0.02  # seconds between two subjects: thread pools spin on for some milliseconds
FEWEST = 7  # rounds, however long they take
AGREE, AGREE_LOSS = 1e-3, 0.05  # largest difference of predictions; relative one of the loss of one epoch


class Subject:
    """A worker, seen from here."""

    def __init__(self, name: str, engine: str, row: Row, folder: Path, quick: bool):
        steps = max(row.steps // 10, 5) if quick and row.kind == "train" else row.steps
        least, warm = (0.1, 0.2) if quick else (0.5, 1.0)  # seconds
        if not quick and name == "keraslite":  # tries for a few seconds which way is faster
            warm = 12.0 if engine == "tensorflow" else 6.0 if row.kind == "train" else warm
        job = {"row": row.name, "engine": engine, "subject": name, "steps": steps, "least": least, "warm": warm,
               "weights": str(folder / "weights.npz")}  # fmt: skip
        home = folder / f"home-{name}"  # nobody's keras.json has a say
        home.mkdir()
        environment = {**os.environ, "KERAS_BACKEND": engine, "KERAS_HOME": str(home), "TF_CPP_MIN_LOG_LEVEL": "3",
                       "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "backends")])}  # fmt: skip
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages have theirs
        self.name, self.errors = name, folder / f"{name}.log"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.worker", json.dumps(job)], cwd=ROOT, env=environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip

    def answer(self) -> dict[str, Any]:
        """The next line it writes."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            last = self.errors.read_text().strip().splitlines()[-1:] or ["no message"]
            raise RuntimeError(f"{self.name} ended with status {self.process.wait()}: {last[0][:300]}")
        return json.loads(line)

    def go(self) -> dict[str, Any]:
        """One round."""
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


def differences(ready: dict[str, dict[str, Any]]) -> list[str]:
    """Where the subjects did not compute the same."""
    found = []
    ours = ready.get("keraslite", {})
    for name, other in ready.items():
        if name == "keraslite" or ours.get("probe") is None:
            continue
        apart = float(np.abs(np.array(ours["probe"]) - np.array(other["probe"])).max())
        if not apart < AGREE:
            found.append(f"WARNING: predictions of keraslite and {name} differ by {apart:.2g}")
        if ours["loss"] and not abs(other["loss"][0] / ours["loss"][0] - 1) < AGREE_LOSS:
            found.append(
                f"WARNING: loss of the first epoch {ours['loss'][0]:.4f} (keraslite), {other['loss'][0]:.4f} ({name})"
            )
    return found


def measure(row: Row, engine: str, rounds: int, seconds: float, quick: bool) -> dict[str, Any]:
    """Rounds of one row on one engine, so many or as many as those seconds allow. A subject that fails is left out,
    with a note."""
    notes: list[str] = []
    ready: dict[str, dict[str, Any]] = {}
    done: list[dict[str, Any]] = []
    subjects: dict[str, Subject] = {}
    with tempfile.TemporaryDirectory(prefix="benchmarks_") as folder:
        try:
            for name in table.SUBJECTS:
                subjects[name] = Subject(name, engine, row, Path(folder), quick)
                try:
                    ready[name] = subjects[name].answer()
                except RuntimeError as error:
                    notes.append(str(error))
            end = time.perf_counter() + seconds
            for turn in range(rounds):
                if turn >= FEWEST and time.perf_counter() > end:
                    break
                done.append({})
                for name in ORDERS[turn % len(ORDERS)]:
                    if name not in ready:
                        continue
                    time.sleep(PAUSE)
                    try:
                        done[-1][name] = subjects[name].go()
                    except RuntimeError as error:
                        notes.append(str(error))
                        del ready[name]
                        for one in done:
                            one.pop(name, None)
        finally:
            for subject in subjects.values():
                subject.close()
    notes += [f"{name} used {one['choice']}" for name, one in ready.items() if one.get("choice") not in (None, "")]
    return {"row": row.name, "engine": engine, "rounds": done, "notes": notes + differences(ready)}


def about(rounds: int, seconds: float, quick: bool) -> str:
    """What was measured where, for the head of the table."""
    versions = ", ".join(f"{name} {_version(name)}" for name in ("keras", "torch", "jax", "tensorflow-cpu", "numpy"))
    load = os.getloadavg()[0]
    command = f"python -m benchmarks --rounds {rounds} --seconds {seconds:g}{' --quick' if quick else ''}"
    return (
        f"`{command}`, {datetime.date.today()}, {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, {versions}; load average at the start {load:.1f}."
        + (" A smoke run: too short to conclude anything from." if quick else "")
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
    parser.add_argument("--rounds", type=int, help="paired rounds a row, 45 (2 with --quick)")
    parser.add_argument(
        "--seconds", type=float, default=60, help=f"for the rounds of a row, of which {FEWEST} are done"
    )
    parser.add_argument("--quick", action="store_true", help="short rounds, to see that all of it works")
    return parser.parse_args()


def main() -> None:
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the workers and their folder go too
    rounds = given.rounds or (2 if given.quick else 45)
    folder = ROOT / ("build/benchmarks" if given.quick else "benchmarks/results")
    head = about(rounds, given.seconds, given.quick)
    kept: dict[tuple[str, str], Any] = {}
    if (folder / "results.json").exists():
        kept = {(one["row"], one["engine"]): one for one in json.loads((folder / "results.json").read_text())}
    wanted = [row for row in ROWS.values() if any(fnmatch.fnmatch(row.name, pattern) for pattern in given.row)]
    for row, engine in itertools.product(wanted, given.engine):
        start = time.perf_counter()
        result = kept[row.name, engine] = measure(row, engine, rounds, given.seconds, given.quick)
        table.write(list(kept.values()), folder, head)  # as it grows: a run takes long
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
