"""A file is the same whatever was done with the model before: its paths, its values, and that Keras reads it.

Each model is saved before a call, after one, after `fit` and after its attributes changed, in every way there is.
"""

from __future__ import annotations

import copy
import io
import pickle
import random
import zipfile

import h5py
import keras_peer
import numpy as np
import peer_models
import pytest
import used_models
from layers.rows import ROWS, Row, made

import keraslite
from keraslite import Input, Model, Sequential, callbacks, layers, models, naming, ops, saving, tree, use_backend
from keraslite.backend import registry
from keraslite.layers.base import Layer
from keraslite.saving.walk import children, parts

MODELS = sorted(used_models.EVERY)


@pytest.fixture
def engine(request):
    """An engine that trains: the seed of the run, which pytest prints, chooses one for each test."""
    chosen = request.config.getoption("--backend")
    names = [name for name in (chosen.split(",") if chosen else registry.installed()) if name != "numpy"]
    if not names:
        pytest.skip("no engine that trains")
    seed = request.config.getoption("randomly_seed", 0)
    with use_backend(random.Random(f"{seed} {request.node.name}").choice(names)):
        yield


def stored(content) -> dict[str, np.ndarray]:
    """What a file holds, by path, but for the optimizer's state."""
    if isinstance(content, bytes):
        content = io.BytesIO(content)
    if zipfile.is_zipfile(content):
        with zipfile.ZipFile(content) as archive:
            content = io.BytesIO(archive.read("model.weights.h5"))
    found: dict[str, np.ndarray] = {}
    with h5py.File(content) as file:
        file.visititems(lambda path, x: found.update({path: x[()]}) if isinstance(x, h5py.Dataset) else None)
    return {path: array for path, array in found.items() if not path.startswith("optimizer/")}


def values(net) -> list[np.ndarray]:
    return [np.array(variable.numpy(), "float64") for variable in net.variables]


def equal(first, second) -> None:
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def saved_in_every_way(name, net, x, y, folder) -> list[tuple[str, dict]]:
    """The content of the files, each of which was read back."""
    files = {"whole": folder / "net.keras", "weights": folder / "net.weights.h5"}
    net.save(files["whole"])
    net.save_weights(files["weights"])
    equal(values(models.load_model(files["whole"])), values(net))
    other, _, _ = used_models.made(name, keraslite)
    other.load_weights(files["weights"])
    equal(values(other), values(net))
    equal(values(copy.deepcopy(net)), values(net))
    again = pickle.loads(pickle.dumps(net))
    equal(values(again), values(net))
    return [*((way, stored(path)) for way, path in files.items()), ("copy", stored(saving.dumps(again)))]


def fitted_with_checkpoint(net, x, y, path):
    """`fit`, whose callback writes files in the middle of it."""
    keeper = callbacks.ModelCheckpoint(path, save_weights_only=str(path).endswith(".h5"))
    net.fit(x, y, epochs=2, verbose=0, callbacks=[keeper])
    return stored(path)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.filterwarnings("ignore:The optimizer's state in .* does not fit")  # a layer was frozen: it has less
def test_paths_and_values(name, engine, tmp_path):
    peer_models.register(keraslite)
    used_models.register(keraslite)
    net, x, y = used_models.made(name, keraslite)
    usual = sorted(stored(saving.dumps(net)))

    def check(when):
        for way, content in saved_in_every_way(name, net, x, y, tmp_path):
            assert sorted(content) == usual, (when, way)

    check("new")
    net(x)
    check("called")
    for kind in ("checkpoint.weights.h5", "checkpoint.keras"):
        assert sorted(fitted_with_checkpoint(net, x, y, tmp_path / kind)) == usual, kind
    equal(values(models.load_model(tmp_path / "checkpoint.keras")), values(net))
    check("fitted")
    net.evaluate(x, y, verbose=0)
    net.predict(x, verbose=0)
    used_models.change(net, keraslite)
    check("changed")


@pytest.mark.parametrize("name", MODELS)
def test_numpy_after_a_call(name, tmp_path):
    peer_models.register(keraslite)
    used_models.register(keraslite)
    with use_backend("numpy"):
        net, x, y = used_models.made(name, keraslite)
        before = stored(saving.dumps(net))
        net(x)
        used_models.change(net, keraslite)
        for way, content in saved_in_every_way(name, net, x, y, tmp_path):
            assert sorted(content) == sorted(before), way
            equal([content[path] for path in before], list(before.values()))


@pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.filterwarnings("ignore:The optimizer's state in .* does not fit")
def test_with_keras(name, engine, tmp_path):
    """Keras reads ours after use, we read Keras's after use, and both stand at the same paths."""
    peer_models.register(keraslite)
    used_models.register(keraslite)
    keraslite.utils.set_random_seed(3)
    net, x, y = used_models.made(name, keraslite)
    net.fit(x, y, verbose=0)
    used_models.change(net, keraslite)
    ours, theirs = tmp_path / "ours.keras", tmp_path / "theirs.keras"
    net.save(ours)
    result = keras_peer.call("used_models:keras_take", "torch", name=name, path=str(ours), back=str(theirs))
    for mine, expected in zip(peer_models.outputs(net, x), result["before"], strict=True):
        np.testing.assert_allclose(mine, expected, atol=1e-5)
    loaded = models.load_model(theirs)
    equal([np.array(w.numpy()) for w in loaded.weights], result["weights"])
    for mine, expected in zip(peer_models.outputs(loaded, x), result["after"], strict=True):
        np.testing.assert_allclose(mine, expected, atol=1e-5)
    unlike = set(stored(ours)) ^ set(stored(theirs))
    assert {path for path in unlike if "seed_generator" not in path and "seen" not in path} <= {
        "total/vars/0", "total/vars/1",
    }  # fmt: skip


def test_nothing_of_a_layer_itself_is_a_part(engine):
    """What `Layer`, `Model` and `Sequential` keep in an instance is there from its start, or holds no parts."""
    peer_models.register(keraslite)
    used_models.register(keraslite)
    for name in MODELS:
        net, x, y = used_models.made(name, keraslite)
        net(x)
        net.fit(x, y, verbose=0)
        net.predict(x, verbose=0)
        plain = [part.item for part in parts(net) if type(part.item) in (Layer, Model, models.Functional,
                                                                          models.Sequential)]  # fmt: skip
        expected = {"layers", "optimizer", "encoder", "_out", "all", "aside"}
        assert {child for item in plain for child, _ in children(item)} <= expected


class Holder(Model):
    """A layer of a row, called as the row says."""

    def __init__(self, row: Row):
        super().__init__(name="holder")
        self.row = row
        self.subject = getattr(layers, row.cls)(**{"name": "layer", **made(layers, row.kwargs)})

    def call(self, inputs, training=None):
        keys = {"training": training} if "training" in self.row_takes() else {}
        return self.subject(*inputs, **self.row.call, **keys)

    def row_takes(self):
        return self.subject._own.info.names


def held(row: Row, arrays):
    net = Holder(row)
    net(arrays)
    return net


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.filterwarnings("ignore:.*received an input with a mask")
def test_every_layer(row):
    """On NumPy, which computes what the others do: the paths are made by code that all engines share."""
    with use_backend("numpy"):
        arrays = row.arrays()
        net = Holder(row)
        net.subject.build_from_config(held(row, arrays).subject.get_build_config())
        before = [part.path for part in parts(net)]
        for use in (
            lambda: net(arrays),
            lambda: net(arrays, training=True),
            lambda: setattr(net.subject, "trainable", False),
            lambda: setattr(net.subject, "remark", [1, {"two": "three"}]),
            lambda: setattr(net, "another", net.subject),
        ):
            use()
            assert [part.path for part in parts(net)] == before
        other = held(row, arrays)
        content = saving.hdf5.packed(saving.weights.entries(net))
        with h5py.File(io.BytesIO(content)) as file:
            saving.weights.read(saving.hdf5.contents(file), other)
        equal(values(other), values(net))
        for again in (copy.deepcopy(net.subject), pickle.loads(pickle.dumps(net.subject))):
            equal(values(again), values(net.subject))
            outputs = tree.leaves(again(*arrays, **row.call))
            for a, b in zip(outputs, tree.leaves(net.subject(*arrays, **row.call)), strict=True):
                np.testing.assert_array_equal(a, b)


class Plain(Model):
    """Sets attributes past `Layer`."""

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)

    def __init__(self):
        self.dense = layers.Dense(2)
        x = Input((3,))
        super().__init__(inputs=x, outputs=layers.Dense(4)(self.dense(x)))


class PlainStack(Sequential):
    """The same of a stack."""

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)

    def __init__(self):
        super().__init__([Input((3,)), layers.Dense(2)])
        self.add(layers.Dense(4))


@pytest.mark.parametrize("cls", [Plain, PlainStack])
def test_weights_of_a_graph_are_those_of_its_layers(cls, backend, tmp_path):
    net, other = cls(), cls()
    assert net.count_params() == 8 + 12
    net.save_weights(tmp_path / "net.weights.h5")
    assert sorted(stored(tmp_path / "net.weights.h5")) == [
        f"layers/{name}/vars/{i}" for name in ("dense", "dense_1") for i in (0, 1)
    ]
    other.load_weights(tmp_path / "net.weights.h5")
    equal(values(other), values(net))


class InSets(layers.Layer):
    """Sets have no order."""

    def __init__(self):
        super().__init__()
        self.all = [layers.Dense(3) for _ in range(12)]
        self.first = {*self.all}
        del self.all

    def call(self, x):
        return sum(layer(x) for layer in self.first)


def test_layers_in_sets_keep_their_places(tmp_path):
    with use_backend("numpy"):
        x = np.ones((2, 3), "float32")
        nets = [Sequential([Input((3,)), InSets()]) for _ in range(2)]
        nets[0].save_weights(tmp_path / "net.weights.h5")
        nets[1].load_weights(tmp_path / "net.weights.h5")
        first, second = (sorted(net.layers[0].first, key=lambda layer: naming.numbered(layer.name)) for net in nets)
        for a, b in zip(first, second, strict=True):
            equal(values(a), values(b))
        np.testing.assert_allclose(nets[0](x), nets[1](x), rtol=1e-5)


class Trained(Holder):
    """Trained on its outputs."""

    def call(self, inputs, training=None):
        outputs = super().call(inputs, training)
        self.add_loss(sum(ops.mean(ops.square(ops.cast(x, "float32"))) for x in tree.leaves(outputs)))
        return outputs


def trained_rows(seed: int) -> list[Row]:
    usual = [row for row in ROWS if all(isinstance(each, tuple) for each in row.args) and not row.call and row.gradient]
    return random.Random(seed).sample(usual, 6)


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_some_layers_after_training(engine, request, tmp_path):
    """A few rows, others in each run."""
    for row in trained_rows(request.config.getoption("randomly_seed", 0)):
        arrays = [array[: len(row.arrays()[0])] for array in row.arrays()]
        net = Trained(row)
        net.subject.build_from_config(held(row, arrays).subject.get_build_config())
        before = [part.path for part in parts(net)]
        net.compile("sgd", loss=None)
        net.fit(arrays, verbose=0)
        assert [path for path in (part.path for part in parts(net)) if path != "optimizer"] == before, row
        net.save_weights(tmp_path / "net.weights.h5")
        other = held(row, arrays)
        other.load_weights(tmp_path / "net.weights.h5")
        equal(values(other), values(net))
