"""Measures how long it takes to build a functional model of the size of ResNet-50, beside Keras.

`python -m benchmarks.build [engine ...]`. Every build has its own process, and keraslite and Keras alternate. The first
model of a process warms up what is done only once. Two times are measured: until the model exists, and until its
weights have values. keraslite draws weights when they are first read, and Keras on JAX draws them while Python
continues. With all weights 0, the time is that of layers and ops alone.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
from typing import Any

from benchmarks import models
from benchmarks.overhead import ENGINES, in_process

ROUNDS = 5


def resnet(keras: Any, initializer: str) -> Any:
    """Build ResNet-50 for 224x224 images and 1000 classes in `keras`, any module with Keras's API."""
    given = {"kernel_initializer": initializer}
    inputs = keras.Input((224, 224, 3))
    x = models.features(keras, inputs, **given)
    return keras.Model(inputs, keras.layers.Dense(1000, activation="softmax", **given)(x))


def seconds(library: str, initializer: str) -> tuple[float, float]:
    """Return the seconds until the second model exists, and until its weights have values."""
    keras = importlib.import_module(library)
    wait = getattr(sys.modules.get("jax"), "block_until_ready", list)

    def build() -> tuple[float, float]:
        start = time.perf_counter()
        model = resnet(keras, initializer)
        built = time.perf_counter() - start
        wait([weight.value for weight in model.weights])
        return built, time.perf_counter() - start

    build()
    return build()


def _in_process(library: str, engine: str, initializer: str) -> tuple[float, float]:
    return in_process(engine, f"from benchmarks import build; print(list(build.seconds({library!r}, {initializer!r})))")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.build")
    parser.add_argument("engine", nargs="*", default=ENGINES)
    print("| engine | weights | until | keraslite, s | Keras, s | ratio |\n|---|---|---|---|---|---|")
    for engine in parser.parse_args().engine:
        for initializer in ("glorot_uniform", "zeros"):
            pairs = [[_in_process(lib, engine, initializer) for lib in ("keraslite", "keras")] for _ in range(ROUNDS)]
            for i, until in enumerate(("it is built", "weights have values")):
                mine, theirs = (statistics.median(times[i] for times in column) for column in zip(*pairs, strict=True))
                ratio = statistics.median(a[i] / b[i] for a, b in pairs)
                print(f"| {engine} | {initializer} | {until} | {mine:.2f} | {theirs:.2f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
