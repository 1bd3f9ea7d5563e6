"""Measures what steps leave behind: live Python objects and memory, early and after many steps.

`python -m benchmarks.growth [engine ...] [--steps N] [--loop NAME ...]`. Each loop runs in its own process. The state
after a fifth of the steps is compared with the state at the end. In the first fifth, programs are compiled, pools are
filled and fast paths are decided. If something grew, the loop runs for as long again: "once" means a program that was
made late, such as one that is tried. Memory is what belongs to the process alone (RssAnon of /proc/self/status).

JAX itself keeps an entry per eager gradient of a function that it compiled (such as `jax.nn.relu`), up to 8,192
entries. Each holds a dead reference and 1.5 KiB, so "ops and gradients" takes 12 MiB more there until the cache is
full. Dead references are not counted.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import weakref
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import keraslite
from keraslite import callbacks, layers, ops, transforms

ROOT = Path(__file__).parents[1]
ENGINES = ("torch", "jax", "tensorflow")
BATCH, WIDTH, CLASSES = 32, 16, 4
MOST_MEMORY, MOST_OBJECTS = 4.0, 100  # more MiB and objects than this are growth
RNG = np.random.default_rng(0)
Run = Callable[[int], None]


def made() -> Any:
    """Return a small model with state, randomness and metrics."""
    inputs = layers.Input((WIDTH,))
    x = layers.Dropout(0.1)(layers.BatchNormalization()(layers.Dense(32, "relu")(inputs)))
    model = keraslite.Model(inputs, layers.Dense(CLASSES, "softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return data for so many batches, without the last sample, so that one batch is smaller."""
    count = steps * BATCH - 1
    return RNG.standard_normal((count, WIDTH)).astype("float32"), RNG.integers(0, CLASSES, count)


class Watching(callbacks.Callback):
    """A callback that watches each batch."""

    seen = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch % 50 == 0:
            self.seen = logs["loss"]


def fit(watched: bool) -> Run:
    """Run epochs of 50 steps, some of them with validation."""
    model, (x, y) = made(), data(50)
    listeners = [Watching()] if watched else []

    def run(steps: int) -> None:
        model.fit(x, y, batch_size=BATCH, epochs=steps // 50, verbose=0, callbacks=listeners,
                  validation_data=(x[:50], y[:50]), validation_freq=10)  # fmt: skip

    return run


def one_by_one(call: Callable[[Any, np.ndarray, np.ndarray], Any]) -> Run:
    """Return a model and a batch."""
    model, (x, y) = made(), data(1)

    def run(steps: int) -> None:
        for _ in range(steps):
            call(model, x, y)

    return run


def evaluate() -> Run:
    """Run passes over 50 batches."""
    model, (x, y) = made(), data(50)

    def run(steps: int) -> None:
        for _ in range(steps // 50):
            model.evaluate(x, y, batch_size=BATCH, verbose=0)

    return run


def called() -> Run:
    """Call `model(x)` on a tensor."""
    model, x = made(), ops.convert_to_tensor(data(1)[0])

    def run(steps: int) -> None:
        for _ in range(steps):
            model(x)

    return run


def step() -> Any:
    """Run a user's own training step."""
    model, optimizer = made(), keraslite.optimizers.SGD(0.01)
    variables = model.trainable_variables
    optimizer.build(variables)

    def loss(x: Any, y: Any) -> Any:
        return ops.mean(keraslite.losses.sparse_categorical_crossentropy(y, model(x, training=True)))

    def train(x: Any, y: Any) -> Any:
        value, gradients = transforms.value_and_grad(loss, variables)(x, y)
        optimizer.apply(gradients, variables)
        return value

    return train


def own_step(jitted: bool, replay: bool = False) -> Run:
    """Run the step as it is, or compiled."""
    train, (x, y) = step(), map(ops.convert_to_tensor, data(1))
    call = transforms.jit(train, replay=replay) if jitted else train

    def run(steps: int) -> None:
        for _ in range(steps):
            call(x, y)

    return run


LOOPS: dict[str, Callable[[], Run]] = {
    "fit": lambda: fit(False),
    "fit with a callback": lambda: fit(True),
    "train_on_batch": lambda: one_by_one(lambda model, x, y: model.train_on_batch(x, y)),
    "evaluate": evaluate,
    "predict of one sample": lambda: one_by_one(lambda model, x, y: model.predict(x[:1], verbose=0)),
    "model(x)": called,
    "ops and gradients": lambda: own_step(False),
    "own step, jit": lambda: own_step(True),
    "own step, jit with replay": lambda: own_step(True, replay=True),
}


def anonymous() -> float:
    """Return the MiB of memory that belong to this process alone."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


def state() -> tuple[float, int]:
    """Return the memory in MiB and the number of objects that the garbage collector tracks."""
    gc.collect()
    gc.collect()
    return anonymous(), kinds().total()


def kinds() -> Counter[str]:
    """Return the number of live objects per class, except for dead references."""
    everything = (x for x in gc.get_objects() if not (type(x) is weakref.ReferenceType and x() is None))
    return Counter(f"{type(x).__module__}.{type(x).__qualname__}" for x in everything)


def measure(loop: str, steps: int) -> str:
    """Return a line of the table."""
    run = LOOPS[loop]()
    run(steps // 5)
    early, before = state(), kinds()
    run(steps - steps // 5)
    late = state()
    verdict = "no"
    if _grew(early, late):
        middle, before = late, kinds()
        run(steps - steps // 5)
        verdict = "once" if not _grew(middle, state()) else "**yes**: " + ", ".join(
            f"{n} {kind}" for kind, n in (kinds() - before).most_common(3)
        )  # fmt: skip
    name = keraslite.backend.registry.current().name
    return f"| {name} | {loop} | {early[0]:.1f} | {late[0]:.1f} | {early[1]:,} | {late[1]:,} | {verdict} |"


def _grew(before: tuple[float, int], after: tuple[float, int]) -> bool:
    return after[0] - before[0] > MOST_MEMORY or after[1] - before[1] > MOST_OBJECTS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth")
    parser.add_argument("engine", nargs="*", default=ENGINES)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--loop", nargs="+", default=list(LOOPS), choices=LOOPS)
    parser.add_argument("--here", action="store_true", help="one loop, in this process, on the engine that is active")
    given = parser.parse_args()
    if given.here:
        print(measure(given.loop[0], given.steps))
        return
    early = given.steps // 5
    print(f"| engine | loop | MiB at {early:,} steps | at {given.steps:,} | objects at {early:,} | at {given.steps:,} "
          "| grows |\n|---|---|---|---|---|---|---|", flush=True)  # fmt: skip
    path = os.pathsep.join([str(ROOT), str(ROOT / "backends")])
    for engine in given.engine:
        for loop in given.loop:
            environment = {**os.environ, "KERAS_BACKEND": engine, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": path}
            command = [sys.executable, "-m", "benchmarks.growth", "--here", "--steps", str(given.steps), "--loop", loop]
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
            failed = done.stderr.strip().splitlines()[-1:] or ["no message"]
            print(done.stdout.splitlines()[-1] if done.returncode == 0 else f"| {engine} | {loop} | {failed[0]} |",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
