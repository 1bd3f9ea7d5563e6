"""Loads changed files one after another, and says which did not end as they should."""

from __future__ import annotations

import faulthandler
import json
import os
import random
import sys
import tempfile
import time
import warnings
from pathlib import Path

from hostile.program import forget_peak, peak

import keraslite as keras
from fuzz.corpus import Seed, seeds
from fuzz.mutations import mutated
from keraslite.errors import KerasliteError

MEMORY, SECONDS, LONGEST, HANG = 256 << 20, 10.0, 5000, 100


def file(found: list[Seed], seed: int, number: int) -> tuple[Seed, bytes]:
    """The changed file of that number."""
    draw = random.Random(f"{seed} {number}")
    chosen = draw.choice([*found, *(each for each in found if each.ending == ".keras")])
    return chosen, mutated(chosen, draw)


def load(path: str, seed: Seed) -> None:
    """Read a file as a user does."""
    if seed.model is None:
        keras.models.load_model(path)
    else:
        seed.model().load_weights(path)


def outcome(seed: Seed, content: bytes, path: str) -> str:
    """What is wrong with what happened, or nothing."""
    Path(path).write_bytes(content)
    before, start = forget_peak(), time.process_time()
    wrong = ""
    try:
        load(path, seed)
    except KerasliteError as error:
        if len(str(error)) > LONGEST:
            wrong = f"a text of {len(str(error))} characters: {error!s:.200}"
    except Exception as error:
        wrong = f"{type(error).__name__}: {error!s:.300}"
    seconds, grown = time.process_time() - start, peak() - before
    if seconds > SECONDS:
        wrong = f"{seconds:.1f} s {wrong}"
    if grown > MEMORY:
        wrong = f"{grown >> 20} MiB {wrong}"
    return wrong


def run(seed: int, first: int, count: int, engine: str, keep: str | None = None) -> None:
    """Load files, and print one line of JSON for each that is wrong. A hang ends the process."""
    with tempfile.TemporaryDirectory(prefix="keraslite-fuzz-") as folder, keras.use_backend(engine):
        found = seeds()
        for each in found:
            path = os.path.join(folder, f"good{each.ending}")
            assert not outcome(each, each.content, path), f"a good {each.ending} file"
        warnings.simplefilter("ignore")
        for number in range(first, first + count):
            chosen, content = file(found, seed, number)
            path = os.path.join(keep or folder, f"{seed}-{number}{chosen.ending}")
            faulthandler.dump_traceback_later(HANG, exit=True)
            wrong = outcome(chosen, content, path)
            faulthandler.cancel_dump_traceback_later()
            os.unlink(path)
            if wrong:
                print(json.dumps({"number": number, "ending": chosen.ending, "wrong": wrong}), flush=True)
        print(json.dumps({"done": count}), flush=True)


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], *sys.argv[5:])
