"""A plan serves every device: host data goes where the tensors beside it are."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import keraslite
from keraslite.backend import registry
from keraslite.errors import ArgumentError

CODE = """
import numpy as np
import keraslite
from keraslite import ops

engine = keraslite.backend.registry.current()
assert engine.devices() == ["cpu:0", "cpu:1"], engine.devices()
places = []
for device in ("cpu:0", "cpu:1", "cpu:0"):
    with keraslite.device(device):
        x = ops.ones((2,), dtype="float32")
        weight = keraslite.Variable(np.ones(2, "float32"))
    results = [ops.add(x, 2.0), ops.multiply(np.ones(2, "float32"), x), ops.concatenate([x, np.ones(2, "float32")])]
    places.append({engine.device_of(y) for y in [x, weight.value, *results]})
assert places == [{"cpu:0"}, {"cpu:1"}, {"cpu:0"}], places
"""


@pytest.mark.skipif("jax" not in registry.installed(), reason="needs several devices, which JAX can pretend to have")
def test_host_data_goes_to_the_device_of_the_tensors():
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_shapes_without_values(pytestconfig):
    asked = pytestconfig.getoption("--backend")
    if "torch" not in (asked.split(",") if asked else registry.installed()):
        pytest.skip("needs PyTorch")
    with registry.use_backend("torch"):
        with keraslite.device("meta"):
            model = keraslite.Sequential([keraslite.Input((3,)), keraslite.layers.Dense(4), keraslite.layers.Dense(2)])
            outputs = model(np.ones((5, 3), "float32"))
        assert {variable.value.device.type for variable in model.variables} == {"meta"}
        assert (outputs.device.type, tuple(outputs.shape)) == ("meta", (5, 2))
        assert model.count_params() == 26
        assert keraslite.Variable([1.0]).value.device.type != "meta"
    with registry.use_backend("numpy"), pytest.raises(ArgumentError, match="Received 'meta:0'"):
        keraslite.device("meta").__enter__()
