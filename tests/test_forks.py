"""What forked and spawned processes can do. An engine that loses its threads in a fork raises instead of waiting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

LOSES_THREADS = ("jax", "tensorflow")


def test_models_in_forked_and_spawned_processes(backend):
    environment = {**os.environ, "KERAS_BACKEND": backend, "OMP_NUM_THREADS": "2"}
    command = [sys.executable, str(Path(__file__).with_name("forked.py"))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    seen, shape = report["seen"], np.shape(report["expected"])
    after_training = ["trained, fork", "trained, fork, the model"]
    if backend in LOSES_THREADS:
        for case in after_training:
            text = seen.pop(case)
            assert text.startswith(f"StateError: Engine '{backend}' needs the threads it has started"), case
            assert 'get_context("spawn")' in text
    else:
        np.testing.assert_allclose(seen["trained, fork, the model"], seen["the model"], atol=1e-5)
    for case, result in seen.items():
        assert np.shape(result) == shape, (case, result)
        assert np.isfinite(result).all(), case
