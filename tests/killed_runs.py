"""Trainings that are killed at any moment. Each runs in a fork of one process, which imports the libraries once.

`python killed_runs.py ENGINE` reads a `Run` as a line of JSON, and prints an `End`. `Server` talks to it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import resumed_run

STAGES = ("before", "half", "whole", "renamed", "removed")  # how far a save had come when it was killed


class Run(NamedTuple):
    """A training, and when it is killed."""

    kind: str
    folder: str
    seconds: float | None = None  # after the beginning of the first epoch
    save: int | None = None  # in the save of that number
    stage: str = "before"


class End(NamedTuple):
    """How a training ended: the number of the signal, or 0 and the digest of all state."""

    signal: int
    digest: str
    seconds: float


class Server:
    """The process that runs trainings on an engine."""

    def __init__(self, engine):
        environment = {**os.environ, "KERAS_BACKEND": engine, "TF_CPP_MIN_LOG_LEVEL": "3"}
        self._process = subprocess.Popen(
            [sys.executable, __file__, engine], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment,
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)

    def run(self, *run, **options):
        self._process.stdin.write(json.dumps(Run(*map(str, run), **options)) + "\n")
        self._process.stdin.flush()
        return End(*json.loads(self._process.stdout.readline()))


def main(engine):
    import keraslite

    keraslite.backend.registry.preload()
    for line in sys.stdin:
        end = _run(engine, Run(*json.loads(line)))
        print(json.dumps(end), flush=True)


def _run(engine, run):
    output, into = os.pipe()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)  # JAX's own
        child = os.fork()
    if child == 0:
        os.dup2(into, 1)
        os.close(output)
        with contextlib.suppress(SystemExit):
            if run.save is not None:
                _die_in_save(run.save, run.stage)
            resumed_run.main(engine, run.folder, run.kind, 0)
            sys.stdout.flush()
            os._exit(0)
        os._exit(1)
    os.close(into)
    text = os.read(output, 10_000)  # the first epoch begins
    start = time.perf_counter()
    while True:
        left = None if run.seconds is None else max(run.seconds - (time.perf_counter() - start), 0)
        if not select.select([output], [], [], left)[0]:
            os.kill(child, signal.SIGKILL)
            break
        part = os.read(output, 10_000)
        text += part
        if not part:
            break
    os.close(output)
    seconds = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    words = text.decode().split()
    digest = words[words.index("digest") + 1] if "digest" in words else ""
    assert code in (0, -signal.SIGKILL), code
    return End(-code, digest, seconds)


def _die_in_save(number, stage):
    """Have the save of that number end the process."""
    from keraslite import atomic_files
    from keraslite.callbacks import state_file

    count, original = 0, state_file.replace_file

    def die(*arguments, **options):
        os.kill(os.getpid(), signal.SIGKILL)

    def replace_file(target, content, mode=None):
        nonlocal count
        count += 1
        if count != number:
            original(target, content, mode)
            return
        if stage == "before":
            die()
        if stage == "half":
            descriptor, _ = atomic_files.temporary_file(target)
            whole = b"".join(content)
            os.write(descriptor, whole[: len(whole) // 2])
            die()
        if stage == "whole":
            os.replace = die
        original(target, content, mode)
        if stage == "renamed":
            die()
        unlink = Path.unlink
        Path.unlink = lambda *arguments, **options: (unlink(*arguments, **options), die())

    state_file.replace_file = replace_file


if __name__ == "__main__":
    main(*sys.argv[1:])
