"""`Model.export`: files that are used without keraslite."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers
from keraslite.backend import registry
from keraslite.errors import ArgumentError, MissingCapabilityError, NotBuiltError

RUN = {
    "jax": "from jax import export\ncall = export.deserialize(bytearray(open(path, 'rb').read())).call",
    "torch": "import torch\nrun = torch.export.load(path).module()\n"
    "def call(*inputs):\n    return run(*map(torch.from_numpy, inputs))",
}
PROGRAM = """
import sys
import numpy as np
path = sys.argv[1]
{call}
for file in sys.argv[2:]:
    data = np.load(file)
    result = call(*(data[name] for name in sorted(data)))
    if isinstance(result, dict):
        assert sorted(result) == ["sum", "twice"], result
        result = np.concatenate([np.asarray(result[name]) for name in sorted(result)], -1)
    np.save(file + ".npy", np.asarray(result))
assert not any(name.startswith("keraslite") for name in sys.modules)
"""


def dense() -> keras.Model:
    parts = [layers.Dense(8, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(2)]
    return keras.Sequential([keras.Input((4,)), *parts])


def convnet() -> keras.Model:
    parts = [layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(2)]
    return keras.Sequential([keras.Input((8, 8, 3)), *parts])


def two_inputs() -> keras.Model:
    one, other = keras.Input((4,)), keras.Input((4,))
    return keras.Model([one, other], {"sum": layers.add([one, other]), "twice": layers.Dense(3)(one)})


def own_class() -> keras.Model:
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            return self.dense(x) + 1

    model = Own()
    model(np.zeros((1, 4), "float32"))
    return model


MODELS = {"dense": (dense, [(4,)]), "convnet": (convnet, [(8, 8, 3)]), "two inputs": (two_inputs, [(4,), (4,)]),
          "own class": (own_class, [(4,)])}  # fmt: skip


def wanted(model, inputs) -> np.ndarray:
    result = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    return np.concatenate([result[name] for name in sorted(result)], -1) if isinstance(result, dict) else result


@pytest.fixture
def exporting(backend):
    if "export" not in registry.current().capabilities:
        pytest.skip("it exports nothing")
    return backend


def test_a_file_computes_the_same_without_keraslite(exporting, tmp_path):
    files, results = {}, {}
    for name, (make, shapes) in MODELS.items():
        model = make()
        signature = None if model.inputs else keras.InputSpec(shape=(None, *shapes[0]), dtype="float32")
        path = tmp_path / name
        model.export(path, input_signature=signature)
        for size in (1, 5):
            inputs = [np.random.default_rng(size).normal(size=(size, *shape)).astype("float32") for shape in shapes]
            file = tmp_path / f"{name}_{size}.npz"
            np.savez(file, **{str(i): x for i, x in enumerate(inputs)})
            files.setdefault(str(path), []).append(str(file))
            results[str(file)] = wanted(model, inputs)
    program = PROGRAM.format(call=RUN[exporting])
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for path, data in files.items():
        command = [sys.executable, "-c", program, path, *data]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        for file in data:
            np.testing.assert_allclose(np.load(f"{file}.npy"), results[file], rtol=1e-5, atol=1e-6, err_msg=file)


def test_the_model_is_as_before(exporting, tmp_path):
    model = dense()
    x = np.ones((3, 4), "float32")
    before = model.predict(x, verbose=0)
    model.export(tmp_path / "file", format=registry.current().export_format, verbose=True)
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)
    model.compile("sgd", "mse")
    model.fit(x, np.ones((3, 2)), verbose=0)
    assert np.abs(model.predict(x, verbose=0) - before).max() > 0


def test_what_cannot_be_exported_is_refused(exporting, tmp_path):
    with pytest.raises(ArgumentError, match="`format`.*'onnx'"):
        dense().export(tmp_path / "file", format="onnx")
    with pytest.raises(NotBuiltError, match="input_signature"):
        own_class().export(tmp_path / "file")
    with pytest.raises(ArgumentError, match="InputSpec"):
        dense().export(tmp_path / "file", input_signature=[3])
    assert list(tmp_path.iterdir()) == []


def test_an_engine_that_exports_nothing_says_so(backend, tmp_path):
    if "export" in registry.current().capabilities:
        pytest.skip("it exports")
    with pytest.raises(MissingCapabilityError, match=f"'jax' or 'torch'.*{backend!r}"):
        dense().export(tmp_path / "file")
