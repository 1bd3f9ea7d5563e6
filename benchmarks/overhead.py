"""Measures what an eager op or layer call costs beyond the engine's own function, in microseconds.

`python -m benchmarks.overhead [--quick] [engine ...]`. Each figure is the median of several runs. keraslite and the
engine alternate, because the machine may be shared. A layer is compared with the kernels that it calls, on the values
of its weights. No gradients are recorded. Keras's ops are measured in the same way in their own process.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import keraslite
from keraslite import layers

ENGINES = ("torch", "jax", "tensorflow")
Pair = tuple[Callable[[], object], Callable[[], object]]


def once(function: Callable[[], object], calls: int) -> float:
    """Return the microseconds per call."""
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls * 1e6


def op_rows(engine: Any, library: Any = keraslite) -> dict[str, Pair]:
    """Return some of the library's ops on small tensors, with the engine's own kernels."""
    ops, k = library.ops, engine.kernels
    x, y = ops.ones((8, 8)), ops.ones((8, 8))
    return {
        "add": (lambda: ops.add(x, y), lambda: k["add"](x, y)),
        "matmul": (lambda: ops.matmul(x, y), lambda: k["matmul"](x, y)),
        "sqrt": (lambda: ops.sqrt(x), lambda: k["sqrt"](x)),
        "sum": (lambda: ops.sum(x, axis=-1), lambda: k["sum"](x, (1,), False)),
        "reshape": (lambda: ops.reshape(x, (4, 16)), lambda: k["reshape"](x, (4, 16))),
        "concatenate": (lambda: ops.concatenate([x, y]), lambda: k["concatenate"]([x, y], 0)),
    }


def layer_rows(engine: Any) -> dict[str, Pair]:
    """Return layers that are called eagerly, and their kernels."""
    ops, k = keraslite.ops, engine.kernels
    x = ops.ones((8, 8))
    dense, relu, dropout = layers.Dense(8), layers.ReLU(), layers.Dropout(0.5)
    stack = keraslite.Sequential([layers.Dense(8) for _ in range(4)])
    dense(x), stack(x)
    kernel, bias = (ops.convert_to_tensor(weight.numpy()) for weight in dense.weights)

    def own_dense(x: Any) -> Any:
        return k["add"](k["matmul"](x, kernel), bias)

    def own_stack() -> Any:
        return own_dense(own_dense(own_dense(own_dense(x))))

    return {
        "Dropout at inference": (lambda: dropout(x), lambda: x),
        "ReLU": (lambda: relu(x), lambda: k["relu"](x)),
        "Dense": (lambda: dense(x), lambda: own_dense(x)),
        "Sequential of 4 Dense": (lambda: stack(x), own_stack),
    }


def above(engine: Any, rows: dict[str, Pair], quick: bool) -> dict[str, tuple[float, float]]:
    """Return the microseconds per call of each row, for keraslite and for the engine."""
    calls, runs = (100, 3) if quick else (2000, 9)
    found = {}
    for what, (ours, own) in rows.items():
        with engine.no_gradient():
            once(ours, 20), once(own, 20)
            pairs = [(once(ours, calls), once(own, calls)) for _ in range(runs)]
        mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        found[what] = mine, theirs
    return found


def of_keras(name: str, quick: bool) -> None:
    """Print what `above` returns for Keras's ops, as JSON."""
    with keraslite.use_backend(name) as engine:
        print(json.dumps(above(engine, op_rows(engine, importlib.import_module("keras")), quick)))


def in_process(engine: str, code: str) -> Any:
    """Run code in a new process on that engine, without the user's settings. Returns its last line, which is JSON."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "KERAS_BACKEND": engine, "KERAS_HOME": home, "TF_CPP_MIN_LOG_LEVEL": "3"}
        result = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead")
    parser.add_argument("engine", nargs="*", default=ENGINES)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    print("| engine | op or layer | keraslite | engine's own | above it | Keras above it |\n|---|---|---|---|---|---|")
    for name in given.engine:
        keras = in_process(name, f"from benchmarks import overhead; overhead.of_keras({name!r}, {given.quick})")
        with keraslite.use_backend(name) as engine:
            for what, (mine, own) in above(engine, {**op_rows(engine), **layer_rows(engine)}, given.quick).items():
                theirs = f"{keras[what][0] - keras[what][1]:.2f}" if what in keras else "-"
                print(f"| {name} | {what} | {mine:.2f} | {own:.2f} | {mine - own:.2f} | {theirs} |", flush=True)


if __name__ == "__main__":
    main()
