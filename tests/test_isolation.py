"""Importing keraslite imports the chosen engine, no other, and changes nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from keraslite.backend import registry

LIBRARIES = ["jax", "torch", "tensorflow", "keras"]
# What an engine's library imports by itself.
COMPANIONS = {"tensorflow": {"jax", "keras"}}

REPORT = """
import json, os, sys, warnings
warnings.simplefilter("error")
before = dict(os.environ)
import keraslite
keraslite.config.backend()
{more}
print(json.dumps({{
    "modules": [name for name in {libraries} if name in sys.modules],
    "engines": [name for name in sys.modules if name.startswith("keraslite_") and "." not in name],
    "environment": dict(os.environ) == before,
}}))
"""


def report(home, more: str = "", **environment: str) -> dict:
    code = REPORT.format(more=more, libraries=LIBRARIES)
    dropped = ("KERAS_BACKEND", "KERAS_HOME", "TF_CPP_MIN_LOG_LEVEL")
    variables = {k: v for k, v in os.environ.items() if k not in dropped}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**variables, "KERAS_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "oneDNN" not in done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", registry.installed())
def test_only_the_chosen_engine_is_imported(name, tmp_path):
    home = tmp_path / "home"
    seen = report(home, KERAS_BACKEND=name)
    assert set(seen["modules"]) - COMPANIONS.get(name, set()) == ({name} & set(LIBRARIES))
    assert seen["engines"] == [f"keraslite_{name}"]
    assert seen["environment"] or name == "jax"  # JAX sets variables of its own, for TPUs
    assert not home.exists()


@pytest.mark.parametrize("name", registry.installed())
def test_an_engine_may_be_imported_first(name, tmp_path):
    code = f"import keraslite_{name}, keraslite; print(type(keraslite.ops.ones(2)).__module__)"
    variables = {**os.environ, "KERAS_BACKEND": name, "KERAS_HOME": str(tmp_path), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith({"jax": "jaxlib"}.get(name, name))


# The life of a model. NumPy does not train.
LIFE = """
import numpy as np, tempfile
from keraslite import layers
folder = tempfile.mkdtemp()
model = keraslite.Sequential([
    layers.Input((6, 6, 1)), layers.Conv2D(2, 3, activation="relu"), layers.BatchNormalization(), layers.Flatten(),
    layers.Dropout(0.5), layers.Dense(2, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
x, y = np.ones((8, 6, 6, 1), "float32"), np.arange(8) % 2
if keraslite.config.backend() != "numpy":
    model.fit(x, y, epochs=2, batch_size=3, validation_split=0.25, verbose=0)
model.evaluate(x, y, verbose=0)
expected = model.predict(x, verbose=0)
model.save(folder + "/m.keras")
model.save_weights(folder + "/m.weights.h5")
loaded = keraslite.models.load_model(folder + "/m.keras")
assert np.allclose(loaded.predict(x, verbose=0), expected, atol=1e-6)
loaded.load_weights(folder + "/m.weights.h5")
keraslite.config.explain()
"""


@pytest.mark.parametrize(
    ("name", "named"), [*((name, "environment") for name in registry.installed()), ("numpy", "file")]
)
def test_the_whole_life_of_a_model_imports_no_other_engine(name, named, tmp_path):
    if named == "file":
        (tmp_path / "keras.json").write_text(json.dumps({"backend": name}))
        seen = report(tmp_path, LIFE)
    else:
        seen = report(tmp_path, LIFE, KERAS_BACKEND=name)
    assert set(seen["modules"]) - COMPANIONS.get(name, set()) == ({name} & set(LIBRARIES))
    assert seen["engines"] == [f"keraslite_{name}"]
    assert seen["environment"] or name == "jax"
    assert os.listdir(tmp_path) == (["keras.json"] if named == "file" else [])


needs_tensorflow = pytest.mark.skipif("tensorflow" not in registry.installed(), reason="needs tensorflow")

# Load the engine of tensorflow while KERAS_BACKEND names another one, or one that Keras does not know.
BESIDE = """
os.environ["KERAS_BACKEND"] = {name!r}
before = dict(os.environ)
keraslite.backend.registry.load("tensorflow")
import tensorflow as tf
_ = tf.keras.Sequential  # had to be loaded with the rest: it would write a file and fail now
"""


@needs_tensorflow
@pytest.mark.parametrize("name", ["torch", "jax", "unknown-to-keras"])
def test_tensorflow_beside_another_engine(name, tmp_path):
    home = tmp_path / "home"
    seen = report(home, BESIDE.format(name=name), KERAS_BACKEND="numpy")
    assert set(seen["modules"]) == {"jax", "tensorflow", "keras"}
    assert seen["engines"] == ["keraslite_numpy", "keraslite_tensorflow"]
    assert seen["environment"]
    assert not home.exists()


# What TensorFlow allows only until its runtime starts.
CONFIGURE = """
import tensorflow as tf
{made}
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.config.set_visible_devices([], "GPU")
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0],
                                           [tf.config.LogicalDeviceConfiguration()] * 2)
assert keraslite.backend.registry.load("tensorflow").devices() == ["cpu:0", "cpu:1"]
assert keraslite.ops.convert_to_numpy(keraslite.ops.ones(2)).tolist() == [1, 1]
assert keraslite.backend.registry.load("tensorflow").devices() == ["cpu:0", "cpu:1"]
"""
A_MODEL = """
model = keraslite.Sequential([keraslite.Input((3,)), keraslite.layers.Dense(2)])
model.compile("adam", "mse")
"""


@needs_tensorflow
@pytest.mark.parametrize("made", ["", A_MODEL], ids=["imported", "a model made"])
def test_tensorflow_can_be_configured_until_something_is_computed(made, tmp_path):
    report(tmp_path, CONFIGURE.format(made=made), KERAS_BACKEND="tensorflow")


@needs_tensorflow
def test_an_existing_home_is_left_as_it_is(tmp_path):
    (tmp_path / "keras.json").write_text('{"floatx": "float16", "backend": "tensorflow"}')
    seen = report(tmp_path, "assert keraslite.config.floatx() == 'float16'")
    assert seen["engines"] == ["keraslite_tensorflow"]
    assert os.listdir(tmp_path) == ["keras.json"]
    assert json.loads((tmp_path / "keras.json").read_text()) == {"floatx": "float16", "backend": "tensorflow"}


def test_a_tensor_of_a_library_in_use_loads_its_engine(tmp_path):
    if "torch" not in registry.installed():
        pytest.skip("needs torch")
    more = "import torch; assert keraslite.backend.registry.engine_of(torch.ones(2)).name == 'torch'"
    seen = report(tmp_path, more, KERAS_BACKEND="numpy")
    assert seen["engines"] == ["keraslite_numpy", "keraslite_torch"]


def test_importing_leaves_the_garbage_collector_as_it_was():
    code = "import gc; gc.{}(); import keraslite; print(gc.isenabled())"
    for switch, expected in (("enable", "True"), ("disable", "False")):
        command = [sys.executable, "-c", code.format(switch)]
        environment = {**os.environ, "KERAS_BACKEND": "numpy"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected
