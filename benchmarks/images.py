"""Measures a pipeline of images from a folder: read, resize, flip, rotate, zoom, change the contrast.

`python -m benchmarks.images [engine ...]`. It writes JPEG and PNG images of 128x128 into a temporary folder, and reads
them with `image_dataset_from_directory(...).map(layers)`: with Keras, whose layers compute in `tf.data`, and with
keraslite, whose layers compute on the host, for each engine. Each subject runs in its own process; `OMP_NUM_THREADS` is
1 unless it is set. Figures are microseconds per image, of the process's CPU time and by wall clock, the least of some
epochs.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.overhead import ENGINES

IMAGES, CLASSES, SIZE, EPOCHS = 5000, 10, 128, 4
TARGETS = (128, 180)


def write(folder: Path, count: int) -> None:
    """Write smooth random images, half of them JPEG, half PNG."""
    pillow = importlib.import_module("PIL.Image")
    rng = np.random.default_rng(0)
    for i in range(count):
        image = pillow.fromarray(rng.integers(0, 256, (16, 16, 3), "uint8")).resize((SIZE, SIZE), pillow.BICUBIC)
        into = folder / str(i % CLASSES)
        into.mkdir(exist_ok=True)
        image.save(into / f"{i}.{('png', 'jpg')[i // CLASSES % 2]}")


def augmentation(layers: Any) -> list[Any]:
    """Return new layers of a library."""
    return [
        layers.RandomFlip(seed=1),
        layers.RandomRotation(0.1, seed=1),
        layers.RandomZoom(0.2, seed=1),
        layers.RandomContrast(0.3, seed=1),
    ]


def augmented(library: str, data: Any, layers: Any) -> Any:
    """Return the data set with random layers, as users of the library write it."""
    steps = augmentation(layers)
    if library == "keraslite":
        return data.map(layers.Pipeline(steps))
    auto = importlib.import_module("tensorflow").data.AUTOTUNE

    def run(images: Any, labels: Any) -> tuple[Any, Any]:
        for step in steps:
            images = step(images, training=True)
        return images, labels

    return data.map(run, num_parallel_calls=auto).prefetch(auto)


def measure(library: str, folder: str) -> list[dict[str, Any]]:
    """Return microseconds per image, by size: reading alone, and with augmentation."""
    keras = importlib.import_module(library)
    rows = []
    for size in TARGETS:
        read = keras.utils.image_dataset_from_directory(folder, image_size=(size, size), seed=1, verbose=False)
        for what, data in (("read", read), ("augment", augmented(library, read, keras.layers))):
            count = sum(len(labels) for _, labels in data)
            epochs = [_epoch(data, count) for _ in range(EPOCHS)]
            cpu, wall = (min(column) for column in zip(*epochs, strict=True))
            rows.append({"size": size, "what": what, "cpu": cpu, "wall": wall})
    return rows


def _epoch(data: Any, count: int) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in data:
        pass
    return (time.process_time() - cpu) / count * 1e6, (time.perf_counter() - wall) / count * 1e6


def main(engines: list[str], count: int) -> None:
    """Print a table."""
    print("| subject | size | what | CPU us/image | wall us/image |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), count)
        for library, engine in [("keras", "tensorflow"), *(("keraslite", engine) for engine in engines)]:
            environment = {"OMP_NUM_THREADS": "1", **os.environ, "KERAS_BACKEND": engine, "TF_CPP_MIN_LOG_LEVEL": "3"}
            command = [sys.executable, "-m", "benchmarks.images", "--measure", library, folder]
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            for row in json.loads(done.stdout.splitlines()[-1]):
                figures = f"{row['cpu']:.0f} | {row['wall']:.0f}"
                print(f"| {library}, {engine} | {row['size']} | {row['what']} | {figures} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", default=["torch", "jax"], help=f"of {', '.join(ENGINES)}")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--measure", nargs=2, metavar=("LIBRARY", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(*given.measure)))
    else:
        main(given.engines, given.images)
