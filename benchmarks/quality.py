"""Compares how well models trained by keraslite and by Keras do on real data, on each engine, with several seeds.

`python -m benchmarks.quality [engine ...] --data FOLDER [--tasks NAME ...] [--seeds N] [--quick]`. The same program
trains in both libraries, in a process for each library and engine. Trainings are short: half a minute or less on one
core. A row shows mean and standard deviation over the seeds, and how many standard errors the two means are apart.
Within 3, the difference is called noise.

The folder (default: the environment variable `KERASLITE_DATA`) has `mnist/*.gz` as they are published,
`sentiment/sst2/{train,test}.tsv.gz` (a sentence, a tab, 0 or 1), `tabular/california-housing.csv` and
`text/tinyshakespeare.txt`. A task whose files are missing is left out.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import importlib
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.overhead import ENGINES

LIBRARIES = ("keraslite", "keras")
NOISE = 3.0  # standard errors
MOST_EXAMPLES = 512  # with --quick

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # x and y to train on, x and y to test on


# ---- data ---------------------------------------------------------------------------------------------------------


def idx(path: Path) -> np.ndarray:
    """Read a gzipped idx file."""
    content = gzip.decompress(path.read_bytes())
    shape = [int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(content[3])]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)


def mnist(folder: Path) -> Arrays:
    """Return images in [0, 1], `(n, 28, 28, 1)`, and digits; 10,000 to train on."""
    parts = []
    for part, count in (("train", 10_000), ("t10k", 10_000)):
        parts.append((idx(folder / f"{part}-images-idx3-ubyte.gz")[:count] / 255).astype("float32")[..., None])
        parts.append(idx(folder / f"{part}-labels-idx1-ubyte.gz")[:count].astype("int32"))
    return parts[0], parts[1], parts[2], parts[3]


def sst2(folder: Path) -> Arrays:
    """Return sentences as word numbers, `(n, 32)` with 0 for padding and 1 for rare words, and labels."""
    texts: dict[str, list[list[str]]] = {}
    labels: dict[str, np.ndarray] = {}
    for part in ("train", "test"):
        with gzip.open(folder / f"{part}.tsv.gz", "rt", encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file if line.strip()]
        texts[part] = [row[0].lower().split()[:32] for row in rows]
        labels[part] = np.array([int(row[1]) for row in rows], "float32")[:, None]
    counts = Counter(word for words in texts["train"] for word in words)
    numbers = {word: i + 2 for i, (word, _) in enumerate(counts.most_common(6_000))}
    encoded = {part: np.zeros((len(rows), 32), "int32") for part, rows in texts.items()}
    for part, rows in texts.items():
        for i, words in enumerate(rows):
            encoded[part][i, : len(words)] = [numbers.get(word, 1) for word in words]
    return encoded["train"], labels["train"], encoded["test"], labels["test"]


def california(path: Path) -> Arrays:
    """Return standardized features, `(n, 13)`, and median values of houses in 100,000 dollars; a fifth to test on."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    kinds = sorted({row["ocean_proximity"] for row in rows})
    names = [name for name in rows[0] if name not in ("ocean_proximity", "median_house_value")]
    numbers = np.array([[float(row[name] or "nan") for name in names] for row in rows])
    numbers = np.where(np.isnan(numbers), np.nanmedian(numbers, axis=0), numbers)
    skewed = [i for i, name in enumerate(names) if name.startswith(("total", "population", "households"))]
    numbers[:, skewed] = np.log(numbers[:, skewed])
    near = np.array([[row["ocean_proximity"] == kind for kind in kinds] for row in rows], "float64")
    x = np.concatenate([(numbers - numbers.mean(axis=0)) / numbers.std(axis=0), near], axis=1).astype("float32")
    y = (np.array([[float(row["median_house_value"])] for row in rows]) / 1e5).astype("float32")
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[len(x) // 5 :], order[: len(x) // 5]
    return x[train], y[train], x[test], y[test]


def shakespeare(path: Path) -> Arrays:
    """Return pieces of 64 characters as numbers, and the same a character later; a tenth to test on."""
    codes = np.unique(np.array(list(path.read_text(encoding="utf-8"))), return_inverse=True)[1].astype("int32")
    x, y = (codes[i : i + (len(codes) - 1) // 64 * 64].reshape(-1, 64) for i in (0, 1))
    train, test = slice(0, 4_000), slice(len(x) - 1_000, None)
    return x[train], y[train], x[test], y[test]


# ---- models -------------------------------------------------------------------------------------------------------


def convnet(keras: Any) -> Any:
    """Return the tutorial's convnet, compiled."""
    layers = keras.layers
    model = keras.Sequential([
        layers.Input((28, 28, 1)),
        layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"), layers.BatchNormalization(), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def lstm(keras: Any) -> Any:
    """Return a bidirectional LSTM that skips padding, compiled."""
    layers = keras.layers
    model = keras.Sequential([
        layers.Input((32,), dtype="int32"),
        layers.Embedding(6_002, 32, mask_zero=True), layers.SpatialDropout1D(0.3),
        layers.Bidirectional(layers.LSTM(32)), layers.Dropout(0.3),
        layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    model.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"])
    return model


def perceptron(keras: Any) -> Any:
    """Return three dense layers for regression, compiled."""
    layers = keras.layers
    hidden = [layers.Dense(64, activation="relu") for _ in range(2)]
    model = keras.Sequential([layers.Input((13,)), *hidden, layers.Dense(1)])
    model.compile(keras.optimizers.Adam(2e-3), "mse", metrics=["mae"])
    return model


def transformer(keras: Any) -> Any:
    """Return a causal transformer of two blocks, compiled."""
    layers = keras.layers
    inputs = keras.Input((64,), dtype="int32")
    x = layers.Embedding(65, 64)(inputs) + layers.Embedding(64, 64)(keras.ops.arange(64))
    for _ in range(2):
        normal = layers.LayerNormalization()(x)
        x = x + layers.MultiHeadAttention(4, 16, dropout=0.1)(normal, normal, use_causal_mask=True)
        x = x + layers.Dense(64)(layers.Dense(256, activation="gelu")(layers.LayerNormalization()(x)))
    model = keras.Model(inputs, layers.Dense(65)(layers.LayerNormalization()(x)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(3e-3), loss, metrics=["accuracy"])
    return model


class Task(NamedTuple):
    """Data, a model, and how long it trains. The figure is the loss (0) or the metric (1) on the test data."""

    title: str
    place: str
    read: Callable[[Path], Arrays]
    model: Callable[[Any], Any]
    batch: int
    epochs: int
    figure: int


TASKS = {
    "mnist": Task("MNIST, convnet: test accuracy", "mnist", mnist, convnet, 128, 2, 1),
    "sst2": Task("SST-2, bidirectional LSTM: test accuracy", "sentiment/sst2", sst2, lstm, 64, 2, 1),
    "california": Task("California housing, MLP: mean absolute error (100,000 $)", "tabular/california-housing.csv",
                       california, perceptron, 64, 10, 1),
    "shakespeare": Task("tinyshakespeare, transformer: nats per character", "text/tinyshakespeare.txt", shakespeare,
                        transformer, 32, 2, 0),
}  # fmt: skip


# ---- runs ---------------------------------------------------------------------------------------------------------


def trained(keras: Any, task: Task, arrays: Arrays, seed: int, quick: bool) -> float:
    """Train once, and return the figure on the test data."""
    x, y, x_test, y_test = (part[:MOST_EXAMPLES] for part in arrays) if quick else arrays
    keras.utils.set_random_seed(seed)
    model = task.model(keras)
    model.fit(x, y, batch_size=task.batch, epochs=1 if quick else task.epochs, verbose=0)
    return float(model.evaluate(x_test, y_test, batch_size=256, verbose=0)[task.figure])


def work(library: str, folder: Path, quick: bool) -> None:
    """Read names of tasks and seeds, and write figures and seconds."""
    keras = importlib.import_module(library)
    read: dict[str, Arrays] = {}
    for line in sys.stdin:
        name, seed = json.loads(line)
        if name not in read:
            read = {name: TASKS[name].read(folder / TASKS[name].place)}  # one at a time
        start = time.perf_counter()
        figure = trained(keras, TASKS[name], read[name], seed, quick)
        print(json.dumps([figure, time.perf_counter() - start]), file=ANSWERS, flush=True)
        keras.utils.clear_session()


def _asked(process: subprocess.Popen[str], *question: object) -> list[float]:
    assert process.stdin is not None
    assert process.stdout is not None
    print(json.dumps(question), file=process.stdin, flush=True)
    return json.loads(process.stdout.readline())


def apart(ours: list[float], theirs: list[float]) -> float:
    """Return how many standard errors two means are apart, with the spread that both share."""
    count = len(ours)
    difference = statistics.mean(ours) - statistics.mean(theirs)
    if count < 2:
        return math.nan
    spread = math.sqrt((statistics.variance(ours) + statistics.variance(theirs)) / count)
    return difference / spread if spread else math.copysign(math.inf, difference) if difference else 0.0


def row(title: str, engine: str, figures: dict[str, list[float]], seconds: dict[str, list[float]]) -> str:
    """Return a line of the table."""
    shown = [f"{statistics.mean(each):.4f} ± {statistics.stdev(each) if len(each) > 1 else math.nan:.4f}"
             for each in figures.values()]  # fmt: skip
    taken = [f"{statistics.median(each):.1f}" for each in seconds.values()]
    errors = apart(*figures.values())
    verdict = "unknown" if math.isnan(errors) else "yes" if abs(errors) <= NOISE else "no"
    return f"| {title} | {engine} | {' | '.join(shown)} | {errors:+.1f} | {verdict} | {' | '.join(taken)} |"


def main(engines: list[str], folder: Path, names: list[str], seeds: int, quick: bool) -> None:
    """Print the table."""
    present = [name for name in names if (folder / TASKS[name].place).exists()]
    for name in set(names) - set(present):
        print(f"{name} is left out: {folder / TASKS[name].place} is missing.", file=sys.stderr)
    print(f"| task ({seeds} seeds) | engine | keraslite | Keras | standard errors apart | within noise | "
          f"s keraslite | s Keras |\n|{'---|' * 8}")  # fmt: skip
    for engine in engines:
        running = {library: _started(library, engine, folder, quick) for library in LIBRARIES}
        try:
            for name in present:
                answers = {library: [_asked(running[library], name, seed) for seed in range(seeds)]
                           for library in LIBRARIES}  # fmt: skip
                figures, seconds = ({library: [answer[i] for answer in each] for library, each in answers.items()}
                                    for i in (0, 1))  # fmt: skip
                print(row(TASKS[name].title, engine, figures, seconds), flush=True)
        finally:
            for process in running.values():
                process.kill()
                process.wait()


def _started(library: str, engine: str, folder: Path, quick: bool) -> subprocess.Popen[str]:
    environment = {"OMP_NUM_THREADS": "1", **os.environ, "KERAS_BACKEND": engine, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "benchmarks.quality", "--work", library, "--data", str(folder)]
    return subprocess.Popen([*command, *["--quick"] * quick], env=environment, text=True, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)  # fmt: skip


ANSWERS = sys.stdout

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("engines", nargs="*", default=list(ENGINES), help=f"of {', '.join(ENGINES)}")
    parser.add_argument("--data", type=Path, default=os.environ.get("KERASLITE_DATA"), help="a folder")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=TASKS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="few examples and one epoch, to see that all of it works")
    parser.add_argument("--work", choices=LIBRARIES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.data is None:
        parser.error("the folder of the data is missing: pass --data or set KERASLITE_DATA")
    if given.work:
        ANSWERS = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # output of a library must not be taken for an answer
        work(given.work, given.data, given.quick)
    else:
        main(given.engines, given.data, given.tasks, given.seeds, given.quick)
