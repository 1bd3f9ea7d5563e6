"""On PyTorch, what a recorded step frees stays with the process for the next one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from keraslite.backend import registry

pytestmark = [
    pytest.mark.fast_path("replayed_steps"),
    pytest.mark.skipif("torch" not in registry.installed(), reason="needs torch"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's heap"),
]
SETTINGS = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "GLIBC_TUNABLES")
CODE = """
import resource, warnings
warnings.simplefilter("error")
import numpy as np
import keraslite as keras

x, y = np.ones((64, 24, 24, 1), "float32"), np.zeros(64, "int32")
model = keras.Sequential([keras.Input((24, 24, 1)), keras.layers.Conv2D(16, 3, activation="relu", padding="same"),
                          keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)])
model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x, y, batch_size=64, epochs=5, verbose=0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
model.fit(x, y, batch_size=64, epochs=20, verbose=0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(**environment: str) -> int:
    variables = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    done = subprocess.run([sys.executable, "-c", CODE], env={**variables, "KERAS_BACKEND": "torch", **environment},
                          capture_output=True, text=True, check=True)  # fmt: skip
    return int(done.stdout)


def test_steps_fetch_no_memory_anew():
    assert page_faults() < 20 * 200  # a step's tensors have thousands of pages


def test_the_users_setting_stays():
    assert page_faults(MALLOC_TRIM_THRESHOLD_="131072") > 20 * 1000
