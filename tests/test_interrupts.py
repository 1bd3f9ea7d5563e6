"""Ctrl-C at any moment of training is a `KeyboardInterrupt` and leaves a model that can be saved."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

TIMES = 40


def test_ctrl_c_at_random_moments(backend):
    seed = random.SystemRandom().randrange(10**6)
    print(f"{backend}: seed {seed}")
    command = [sys.executable, str(Path(__file__).with_name("interrupted.py")), str(seed), str(TIMES)]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"seed {seed}: {done.stderr}"
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["ends"] == ["KeyboardInterrupt()"] * TIMES, f"seed {seed}"
    assert seen["lost"] < TIMES / 4, f"seed {seed}"
    assert seen["sound"]
