"""Measures layers for texts: 100,000 reviews in `TextVectorization`, 10 million words in `StringLookup`, and `Hashing`.

`python -m benchmarks.texts [engine ...] [--reviews FOLDER] [--rounds N] [--quick]`. The layers are called eagerly on
lists and NumPy arrays: those of Keras, which compute with TensorFlow, and those of keraslite, which compute on the host
for every engine. The processes of all subjects live side by side and alternate. Figures are seconds, by wall clock and
of the process's CPU time, as medians of the rounds, and the ratio to Keras within a round.

The reviews are the lines of all files `rt-polarity.*` in the folder, repeated until there are enough. Default: the
environment variable `KERASLITE_REVIEWS`. Without a folder, the rows with reviews are left out.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.overhead import ENGINES

REVIEWS, WORDS, HASHED, VOCABULARY = 100_000, 10_000_000, 1_000_000, 20_000
LEARNED_FROM = 20_000  # reviews
QUICK = 100  # times less of all
OF_REVIEWS: dict[str, dict[str, Any]] = {
    "TextVectorization": {},
    "TextVectorization, length 40": {"output_sequence_length": 40},
    "TextVectorization, ngrams=2": {"ngrams": 2},
    "TextVectorization, count": {"output_mode": "count", "max_tokens": 1000},
    "TextVectorization, characters": {"split": "character"},
}
OF_WORDS = ("TextVectorization.adapt", "StringLookup, array of str", "StringLookup, array of objects",
            "Hashing, array of str", "Hashing, integers")  # fmt: skip


def reviews(folder: str, count: int) -> list[str]:
    """Return the reviews in a folder."""
    lines = [line for path in sorted(Path(folder).glob("rt-polarity.*"))
             for line in path.read_text("latin-1").splitlines()]  # fmt: skip
    return list(itertools.islice(itertools.cycle(lines), count))


def task(layers: Any, name: str, folder: str, times: int) -> Callable[[], Any]:
    """Return what is measured, as a function without arguments."""
    rng = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(VOCABULARY)])
    if name == "TextVectorization.adapt":
        texts = reviews(folder, REVIEWS // times)
        return lambda: layers.TextVectorization().adapt(texts)
    if name in OF_REVIEWS:
        layer, texts = layers.TextVectorization(**OF_REVIEWS[name]), reviews(folder, REVIEWS // times)
        layer.adapt(texts[:LEARNED_FROM])
    elif name == "Hashing, integers":
        layer, texts = layers.Hashing(num_bins=1000), rng.integers(0, 10**9, HASHED // times)
    elif name == "Hashing, array of str":
        layer = layers.Hashing(num_bins=1000)
        texts = np.array([f"word{i}" for i in range(HASHED // times)])
    else:
        layer = layers.StringLookup(vocabulary=words[: VOCABULARY * 3 // 4].tolist())
        texts = words[rng.integers(0, VOCABULARY, WORDS // times)]
        texts = texts.astype(object) if "objects" in name else texts
    return lambda: np.asarray(layer(texts)).sum()  # Keras may compute it later


def work(library: str, folder: str, times: int) -> None:
    """Read names of tasks, and write what each takes."""
    keras = importlib.import_module(library)
    made: dict[str, Callable[[], Any]] = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in made:
            made.clear()  # the inputs of one task at a time
            made[name] = task(keras.layers, name, folder, times)
            made[name]()
        cpu, wall = time.process_time(), time.perf_counter()
        result = made[name]()
        taken = time.process_time() - cpu, time.perf_counter() - wall
        print(json.dumps([*taken, None if result is None else float(result)]), file=ANSWERS, flush=True)


def main(engines: list[str], folder: str, rounds: int, times: int) -> None:
    """Print a table."""
    names = [name for name in (*OF_REVIEWS, *OF_WORDS) if folder or not name.startswith("TextVectorization")]
    subjects = {
        "Keras": ("keras", "tensorflow"),
        **{f"keraslite, {engine}": ("keraslite", engine) for engine in engines},
    }
    running = {}
    for subject, (library, engine) in subjects.items():
        environment = {"OMP_NUM_THREADS": "1", **os.environ, "KERAS_BACKEND": engine, "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [sys.executable, "-m", "benchmarks.texts", "--measure", library, str(times), "--reviews", folder]
        running[subject] = subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE)  # fmt: skip
    print("| work | subject | wall s | CPU s | wall / Keras | CPU / Keras |\n|---|---|---|---|---|---|")
    try:
        for name in names:
            taken: dict[str, list[list[float]]] = {subject: [] for subject in subjects}
            for number in range(rounds):
                for subject in list(subjects)[:: 1 if number % 2 else -1]:
                    taken[subject].append(_asked(running[subject], name))
            _show(name, taken)
    finally:
        for process in running.values():
            process.kill()


def _asked(process: subprocess.Popen[str], name: str) -> list[float]:
    assert process.stdin is not None
    assert process.stdout is not None
    print(name, file=process.stdin, flush=True)
    return json.loads(process.stdout.readline())


def _show(name: str, taken: dict[str, list[list[float]]]) -> None:
    keras = taken["Keras"]
    for subject, rows in taken.items():
        cpu, wall = (statistics.median(row[i] for row in rows) for i in (0, 1))
        ratios = [statistics.median(a[i] / b[i] for a, b in zip(rows, keras, strict=True)) for i in (1, 0)]
        shown = " | ".join("1" if subject == "Keras" else f"{ratio:.2f}" for ratio in ratios)
        print(f"| {name} | {subject} | {wall:.3f} | {cpu:.3f} | {shown} |", flush=True)
        if rows[0][2] != keras[0][2]:
            print(f"WARNING: {subject} returned something else than Keras: {rows[0][2]}, {keras[0][2]}")


ANSWERS = sys.stdout

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", default=["torch"], help=f"of {', '.join(ENGINES)}")
    parser.add_argument("--reviews", default=os.environ.get("KERASLITE_REVIEWS", ""), help="a folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one short round, to see that all of it works")
    parser.add_argument("--measure", nargs=2, metavar=("LIBRARY", "TIMES"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        ANSWERS = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # output of a library must not be taken for an answer
        work(given.measure[0], given.reviews, int(given.measure[1]))
    else:
        main(given.engines, given.reviews, 1 if given.quick else given.rounds, QUICK if given.quick else 1)
