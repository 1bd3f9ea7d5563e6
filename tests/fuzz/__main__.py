"""`python -m tests.fuzz --count N --seed S [--engine E]`: loads files that were changed at random.

Nothing but keraslite's own errors may come, within seconds and 256 MiB. The files are loaded in processes of their own;
one that ends its process stays in `build/fuzz`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parents[1]
BATCH = 2000


def batch(seed: int, first: int, count: int, engine: str, keep: str | None = None) -> tuple[int, list[str], str]:
    """Load some files in a process. Returns its status, its lines, and the end of what it wrote as errors."""
    paths = [str(HERE), str(HERE.parent), str(HERE.parent / "backends"), *filter(None, sys.path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "KERAS_BACKEND": "numpy"}
    command = [sys.executable, "-m", "fuzz.running", str(seed), str(first), str(count), engine]
    done = subprocess.run(
        [*command, *([keep] if keep else [])], capture_output=True, text=True, env=environment, check=False
    )
    return done.returncode, done.stdout.splitlines(), done.stderr[-3000:]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", default="numpy")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="no new batch begins after them")
    parser.add_argument("--first", type=int, default=0, help="the number of the first file")
    options = parser.parse_args()
    folder = HERE.parent / "build" / "fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    start, first, bad, done = time.monotonic(), options.first, 0, 0
    while done < options.count and time.monotonic() - start < options.seconds:
        count = min(BATCH, options.count - done)
        status, lines, errors = batch(options.seed, first, count, options.engine, str(folder))
        found = [json.loads(line) for line in lines]
        for each in found:
            if "wrong" in each:
                bad += 1
                print(f"{each['number']}{each['ending']}: {each['wrong']}", flush=True)
        if status:
            left = sorted(folder.glob(f"{options.seed}-*"), key=lambda path: path.stat().st_mtime)
            print(f"status {status} at {left[-1] if left else 'the start'}\n{errors}", flush=True)
            bad += 1
            if not left:
                return 1
            count = int(left[-1].name.split("-")[1].split(".")[0]) + 1 - first
        first, done = first + count, done + count
    print(f"{done} files, {bad} of them wrong, {time.monotonic() - start:.0f} s")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
