"""`python -m tests.random_models --count N --engine E --seed S [--kind models|layers|losses|...]`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # thousands of small programs, each run a few times
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from random_models import formulas, layer_choices, layer_runs, models, running, shrinking, source


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.random_models", description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="the first; the others follow")
    parser.add_argument("--engine", default="torch", help="ours: jax, torch, tensorflow, numpy")
    parser.add_argument("--keras", default=None, help="Keras's engine; without it the quickest that fits ours")
    parser.add_argument("--kind", default="models", choices=["models", "layers", *formulas.KINDS])
    parser.add_argument("--family", default="", choices=["", *layer_choices.FAMILIES], help="of layers")
    parser.add_argument("--no-shrink", action="store_true", help="don't look for smaller reproductions")
    options = parser.parse_args()
    start, bad, refused = time.monotonic(), 0, 0
    for seed in range(options.seed, options.seed + options.count):
        if options.kind == "models":
            wrong, declined = _model(seed, options)
        elif options.kind == "layers":
            wrong, declined = layer_runs.compared(options.family, seed, options.engine)
            _tell(seed, wrong, layer_runs.source(layer_runs.draw(options.family, seed)) if wrong else "")
        else:
            wrong, declined = formulas.compared(options.kind, seed, options.engine)
            _tell(seed, wrong, formulas.source(formulas.draw(options.kind, seed)))
        for line in declined:
            print(f"{options.kind} {seed}: {line[:300]}", flush=True)
        bad, refused = bad + bool(wrong), refused + bool(declined)
        if (seed - options.seed + 1) % 100 == 0:
            print(f"{options.kind} {seed}: {bad} differ so far", flush=True)
    print(
        f"{options.count} {options.kind} on {options.engine}: {bad} differ, {refused} are refused by Keras; "
        f"{time.monotonic() - start:.0f} s"
    )
    return 1 if bad else 0


def _model(seed: int, options: argparse.Namespace) -> tuple[list[str], list[str]]:
    spec = models.draw(seed)
    outcome = running.compared(spec, options.engine, options.keras)
    if outcome.wrong and not options.no_shrink:
        stage = _stage(outcome.wrong[0])

        def fails(candidate: dict) -> bool:
            again = running.compared(candidate, options.engine, options.keras).wrong
            return any(_stage(line) == stage for line in again)

        spec = shrinking.shrunk(spec, fails)
    _tell(seed, outcome.wrong, source.program(spec))
    return outcome.wrong, outcome.refused


def _stage(line: str) -> str:
    return line.split(":")[0]


def _tell(seed: int, wrong: list[str], program: str) -> None:
    if wrong:
        lines = "\n".join(f"  {line[:500]}" for line in wrong[:12])
        print(f"--- seed {seed} ({len(wrong)} differences)\n{lines}\n{program}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
