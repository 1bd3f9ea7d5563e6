"""How long it takes to build a functional model of the size of ResNet-50, beside Keras.

`python -m benchmarks.build [engine ...]`. Every build has a process of its own, keraslite's and Keras's in turn; the
first model of a process warms up what is only done once. Two times are taken: till the model is there, and till its
weights have values (keraslite draws them when they are first read, Keras on JAX while Python goes on). With all weights
0 it is the layers and ops alone.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
from typing import Any

from benchmarks.overhead import ENGINES, in_process

ROUNDS = 5
BLOCKS = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))


def resnet(keras: Any, initializer: str) -> Any:
    """Bottleneck blocks as in He et al. (2015), 224x224 images, 1000 classes; in `keras`."""
    layers, given = keras.layers, {"kernel_initializer": initializer}

    def conv(x: Any, filters: int, size: int, stride: int = 1, activation: bool = True) -> Any:
        x = layers.Conv2D(filters, size, stride, padding="same", use_bias=False, **given)(x)
        x = layers.BatchNormalization()(x)
        return layers.Activation("relu")(x) if activation else x

    inputs = keras.Input((224, 224, 3))
    x = layers.MaxPooling2D(3, 2, padding="same")(conv(inputs, 64, 7, 2))
    for filters, count, stride in BLOCKS:
        for i in range(count):
            step = stride if i == 0 else 1
            y = conv(conv(conv(x, filters, 1, step), filters, 3), 4 * filters, 1, activation=False)
            x = conv(x, 4 * filters, 1, step, activation=False) if i == 0 else x
            x = layers.Activation("relu")(layers.Add()([x, y]))
    outputs = layers.Dense(1000, activation="softmax", **given)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, outputs)


def seconds(library: str, initializer: str) -> tuple[float, float]:
    """Of the second model: till it is there, and till its weights are."""
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
    print("| engine | weights | till | keraslite, s | Keras, s | ratio |\n|---|---|---|---|---|---|")
    for engine in parser.parse_args().engine:
        for initializer in ("glorot_uniform", "zeros"):
            pairs = [[_in_process(lib, engine, initializer) for lib in ("keraslite", "keras")] for _ in range(ROUNDS)]
            for i, till in enumerate(("built", "values are there")):
                mine, theirs = (statistics.median(times[i] for times in column) for column in zip(*pairs, strict=True))
                ratio = statistics.median(a[i] / b[i] for a, b in pairs)
                print(f"| {engine} | {initializer} | {till} | {mine:.2f} | {theirs:.2f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
