"""Nothing that a file says costs more than the file: the files of `tests/hostile`, in a process per engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from turns import chosen

HERE = Path(__file__).parents[1]
MEMORY = 256 << 20
SECONDS = 20.0  # of the processor: the slowest files take one or two, the mistakes that are looked for take minutes
LONGEST = 5000  # characters of an error's text


def wrongs(found: dict) -> list[str]:
    """What is wrong with what happened when a file was loaded."""
    result = []
    if found["kind"] not in found["expected"]:
        result.append(f"{found['kind']} in place of {found['expected']}")
    if not found["typed"]:
        result.append("a raw error")
    if found["seconds"] > SECONDS:
        result.append(f"{found['seconds']:.1f} s")
    if found["grown"] > MEMORY:
        result.append(f"{found['grown'] >> 20} MiB")
    if found["length"] > LONGEST:
        result.append(f"{found['length']} characters")
    return result + found["did"] + ["the code in it ran"] * found["ran"]


def test_hostile_files(backend, request):
    engines = chosen(request.config)
    every = request.config.getoption("--all-engines")
    part, of = (0, 1) if every else (engines.index(backend), len(engines))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE), *sys.path])}
    run = subprocess.run(
        [sys.executable, "-m", "hostile.program", backend, str(part), str(of)],
        capture_output=True, text=True, env=environment, timeout=500, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    found = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    assert len(found) > 90
    bad = [f"{each['name']}: {', '.join(wrongs(each))}: {each['text']}" for each in found if wrongs(each)]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("found", [
    {"kind": "KeyError", "typed": False}, {"seconds": 30.0}, {"grown": 1 << 30}, {"length": 1 << 20}, {"ran": True},
    {"did": ["socket.connect"]},
])  # fmt: skip
def test_what_counts_as_wrong(found):
    good = {"kind": "CorruptFileError", "expected": ["CorruptFileError"], "typed": True, "seconds": 0.1, "grown": 0,
            "length": 100, "did": [], "ran": False}  # fmt: skip
    assert not wrongs(good)
    assert wrongs({**good, **found})
