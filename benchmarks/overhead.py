"""What an eager op or layer call costs above the engine's own, in microseconds.

`python -m benchmarks.overhead [--quick] [engine ...]`. Each figure is the median of several runs, ours and the engine's
in turn, since the machine may be shared. A layer is set beside the kernels it comes down to, on the values of its
weights; no gradients are recorded.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import keraslite
from keraslite import layers, ops

ENGINES = ("torch", "jax", "tensorflow")
Pair = tuple[Callable[[], object], Callable[[], object]]


def once(function: Callable[[], object], calls: int) -> float:
    """Microseconds a call."""
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls * 1e6


def op_rows(engine: Any) -> dict[str, Pair]:
    """Ours and the engine's own kernel, for a few ops on small tensors."""
    x, y, k = ops.ones((8, 8)), ops.ones((8, 8)), engine.kernels
    return {
        "add": (lambda: ops.add(x, y), lambda: k["add"](x, y)),
        "matmul": (lambda: ops.matmul(x, y), lambda: k["matmul"](x, y)),
        "sqrt": (lambda: ops.sqrt(x), lambda: k["sqrt"](x)),
        "sum": (lambda: ops.sum(x, axis=-1), lambda: k["sum"](x, (1,), False)),
        "reshape": (lambda: ops.reshape(x, (4, 16)), lambda: k["reshape"](x, (4, 16))),
        "concatenate": (lambda: ops.concatenate([x, y]), lambda: k["concatenate"]([x, y], 0)),
    }


def layer_rows(engine: Any) -> dict[str, Pair]:
    """Layers called eagerly, and their kernels."""
    x, k = ops.ones((8, 8)), engine.kernels
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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead")
    parser.add_argument("engine", nargs="*", default=ENGINES)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    calls, runs = (100, 3) if given.quick else (2000, 9)
    print("| engine | op or layer | keraslite | engine's own | above it |\n|---|---|---|---|---|")
    for name in given.engine:
        with keraslite.use_backend(name) as engine:
            for what, (ours, own) in {**op_rows(engine), **layer_rows(engine)}.items():
                with engine.no_gradient():
                    once(ours, 20), once(own, 20)
                    pairs = [(once(ours, calls), once(own, calls)) for _ in range(runs)]
                mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
                print(f"| {name} | {what} | {mine:.2f} | {theirs:.2f} | {mine - theirs:.2f} |", flush=True)


if __name__ == "__main__":
    main()
