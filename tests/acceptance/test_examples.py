"""The examples run as they are, so that every example and every engine is covered.

Those that prepare data run on every engine.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keraslite.backend import registry

EXAMPLES = Path(__file__).parents[2] / "examples"
RUNS = [
    ("digits.py", "torch", ["--epochs", "2"], "test accuracy"),
    ("two_inputs.py", "tensorflow", [], "right about the larger one"),
    ("custom_step.py", "jax", [], "loss:"),
    ("text_lstm.py", "tensorflow", [], r"held-out accuracy: (1\.0|0\.9)"),
    ("table_regression.py", "torch", [], "mean absolute error"),
    *[
        (name, engine, ["--epochs", "1"], "a new process predicts the same from ")
        for name in ("reviews_from_folder.py", "images_from_folder.py", "table_with_features.py")
        for engine in ("torch", "jax", "tensorflow")
    ],
]


def test_every_example_is_run():
    assert {path.name for path in EXAMPLES.glob("*.py")} == {name for name, *_ in RUNS}


@pytest.mark.parametrize(("name", "engine", "arguments", "expected"), RUNS)
def test_example(name, engine, arguments, expected, tmp_path):
    if engine not in registry.installed():
        pytest.skip(f"{engine} is not installed")
    environment = {**os.environ, "KERAS_BACKEND": engine, "COLUMNS": "100"}
    done = subprocess.run([sys.executable, str(EXAMPLES / name), *arguments], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(expected, done.stdout), done.stdout
    assert f"engine: {engine}" in done.stdout
