"""The examples run as they are, so that every example and every engine is covered.

Those that prepare data run on any engine.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from turns import chosen, in_turn

EXAMPLES = Path(__file__).parents[2] / "examples"
RUNS = [
    ("digits.py", "torch", ["--epochs", "2"], "test accuracy"),
    ("two_inputs.py", "tensorflow", [], "right about the larger one"),
    ("custom_step.py", "jax", [], "loss:"),
    ("text_lstm.py", "tensorflow", [], r"held-out accuracy: (1\.0|0\.9)"),
    ("table_regression.py", "torch", [], "mean absolute error"),
]
#: They run on any engine: on one, or with --all-engines on each. What they print at their end.
ON_ANY = {
    "reviews_from_folder.py": "a new process predicts the same from ",
    "images_from_folder.py": "a new process predicts the same from ",
    "table_with_features.py": "a new process predicts the same from ",
    "transfer_learning.py": "fine-tuned: ",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "example" in metafunc.fixturenames:
        settings = metafunc.config
        engines = [name for name in ("torch", "jax", "tensorflow") if name in chosen(settings)]
        every = settings.getoption("--all-engines")
        runs = [run for run in RUNS if run[1] in engines]
        runs += [
            (name, engine, ["--epochs", "1"], expected)
            for name, expected in ON_ANY.items()
            for engine in engines
            if every or in_turn(name, engines, settings) == engine
        ]
        metafunc.parametrize("example", runs, ids=[f"{name}-{engine}" for name, engine, *_ in runs])


def test_every_example_is_run():
    assert {path.name for path in EXAMPLES.glob("*.py")} == {name for name, *_ in RUNS} | {*ON_ANY}


def test_example(example, tmp_path):
    name, engine, arguments, expected = example
    environment = {**os.environ, "KERAS_BACKEND": engine, "COLUMNS": "100"}
    done = subprocess.run([sys.executable, str(EXAMPLES / name), *arguments], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(expected, done.stdout), done.stdout
    assert f"engine: {engine}" in done.stdout
