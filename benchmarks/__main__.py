"""What an eager op costs above the engine's own call, in microseconds: `python -m benchmarks [engine ...]`.

Each figure is the median of several runs, ours and the engine's in turn, since the machine may be shared.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import keraslite
from keraslite import ops
from keraslite.backend import registry

CALLS, RUNS = 2000, 9


def once(fn: Callable[[], object]) -> float:
    """Microseconds a call."""
    start = time.perf_counter()
    for _ in range(CALLS):
        fn()
    return (time.perf_counter() - start) / CALLS * 1e6


def rows(engine) -> dict[str, tuple[Callable, Callable]]:
    """Ours and the engine's own kernel, for a few ops on small tensors."""
    x, y, k = ops.ones((8, 8)), ops.ones((8, 8)), engine.kernels
    return {
        "add": (lambda: ops.add(x, y), lambda: k["add"](x, y)),
        "matmul": (lambda: ops.matmul(x, y), lambda: k["matmul"](x, y)),
        "sqrt": (lambda: ops.sqrt(x), lambda: k["sqrt"](x)),
        "sum": (lambda: ops.sum(x, axis=-1), lambda: k["sum"](x, (1,), False)),
        "reshape": (lambda: ops.reshape(x, (4, 16)), lambda: k["reshape"](x, (4, 16))),
    }


def main() -> None:
    print("| engine | op | keraslite | engine's own | above it |\n|---|---|---|---|---|")
    for name in sys.argv[1:] or registry.installed():
        with keraslite.use_backend(name) as engine:
            for op, (ours, own) in rows(engine).items():
                pairs = [(once(ours), once(own)) for _ in range(RUNS)]
                mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
                print(f"| {name} | {op} | {mine:.2f} | {theirs:.2f} | {mine - theirs:.2f} |")


if __name__ == "__main__":
    main()
