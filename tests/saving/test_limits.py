"""What a file may ask for: limits that callers raise, names of ours, calls in any order."""

from __future__ import annotations

import io
import json
import math
import sys
import zipfile

import numpy as np
import pytest

from keraslite import Input, Model, Sequential, activations, allowance, layers, models, optimizers, saving
from keraslite.errors import SerializationError, UnsafeModelError, WeightsMismatchError

X = np.linspace(-1, 1, 12).reshape(4, 3).astype("float32")
pytestmark = pytest.mark.one_engine


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "net.keras")


def changed(path, change, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config["config"])
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def zeros(width):
    return Sequential([Input((3,)), layers.Dense(width, kernel_initializer="zeros")])


def test_a_limit_can_be_lowered_and_raised(backend, path, monkeypatch):
    net = zeros(20_000)
    net.save(path)
    assert models.load_model(path).count_params() == net.count_params()
    with pytest.raises(UnsafeModelError, match=r"at most 0\.1 MiB of memory.*max_bytes"):
        models.load_model(path, max_bytes=100_000)
    changed(path, lambda config: None, zipfile.ZIP_DEFLATED)  # to a thousandth of its size
    monkeypatch.setattr(allowance, "_FLOOR", 1 << 16)
    with pytest.raises(UnsafeModelError, match="Pass a greater `max_bytes` if you trust the file"):
        models.load_model(path)
    for limit in (1 << 22, math.inf):
        np.testing.assert_array_equal(models.load_model(path, max_bytes=limit).predict(X, verbose=0), 0)


def test_weights_for_a_model_may_need_what_the_model_needs(backend, path, monkeypatch):
    net = zeros(20_000)
    net.save(path)
    changed(path, lambda config: None, zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(allowance, "_FLOOR", 1 << 16)
    net.load_weights(path)
    with pytest.raises(UnsafeModelError):
        zeros(10).load_weights(path)


def test_nothing_is_counted_elsewhere(backend, path, monkeypatch):
    zeros(4).save(path)
    monkeypatch.setattr(allowance, "_FLOOR", 1 << 18)
    text = Sequential([Input((1000,)), layers.Dense(1000)]).to_json()
    assert models.model_from_json(text).count_params() == 1_001_000  # its weights get memory when they are read
    editor = saving.KerasFileEditor(path)
    assert not allowance.counts()
    assert zeros(50_000).count_params() == 200_000
    assert editor is not None


def test_users_do_not_take_names_of_ours(backend, path):
    def relu(x):
        raise AssertionError

    class Adam(optimizers.SGD):
        pass

    net = Sequential([Input((3,)), layers.Dense(2, activation="relu"), layers.Activation("relu")])
    net.compile("adam", "mse")
    net.save(path)
    names = {"relu": relu, "Adam": Adam, "Dense": layers.Flatten, "function": relu, "adam": Adam}
    loaded = models.load_model(path, custom_objects=names)
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), net.predict(X, verbose=0))
    assert type(loaded.optimizer) is optimizers.Adam
    with saving.custom_object_scope(names):
        assert activations.get("relu") is activations.relu
        assert type(optimizers.get("adam")) is optimizers.Adam
        config = {"class_name": "function", "config": "relu", "module": "builtins", "registered_name": "relu"}
        assert saving.deserialize_keras_object(config) is activations.relu


@pytest.mark.parametrize("safe_mode", [True, False, None, "False", 0])
def test_no_mode_lets_code_in(backend, path, safe_mode):
    Sequential([Input((3,)), layers.Activation("relu")]).save(path)
    code = {"class_name": "__lambda__", "config": {"code": "4wEA", "defaults": None, "closure": None}}
    changed(path, lambda config: config["layers"][1]["config"].update(activation=code))
    with pytest.raises(UnsafeModelError, match="which is code"):
        models.load_model(path, None, True, safe_mode)


def test_layers_may_stand_in_any_order(backend, path):
    x = Input((3,))
    shared = layers.Dense(3, "tanh")
    y = shared(layers.Dense(3)(shared(x)) + 1.0)
    net = Model(x, layers.Concatenate()([y, shared(y), x * 2.0]))
    net.save(path)
    for order in (lambda config: config["layers"].reverse(), lambda config: config["layers"].sort(key=repr)):
        changed(path, order)
        loaded = models.load_model(path)
        np.testing.assert_allclose(loaded.predict(X, verbose=0), net.predict(X, verbose=0), rtol=1e-6)


def test_a_call_needs_an_input(backend, path):
    x = Input((3,))
    Model(x, layers.Dense(2, name="d")(x)).save(path)
    changed(path, lambda config: config["layers"][1].update(inbound_nodes=[{"args": [1.0], "kwargs": {}}]))
    with pytest.raises(SerializationError, match="The call 0 of 'd' needs an input"):
        models.load_model(path)


def test_weights_of_another_kind_of_dtype(backend, tmp_path):
    import h5py

    net, path = zeros(2), str(tmp_path / "net.weights.h5")
    net.save_weights(path)
    for dtype, fits in (("float64", True), ("float16", True), ("int32", False), ("complex64", False)):
        with h5py.File(path, "r+") as file:
            del file["layers/dense/vars/1"]
            file["layers/dense/vars/1"] = np.array([1, 2], dtype)
        if fits:
            net.load_weights(path)
            assert net.get_weights()[1].tolist() == [1, 2]
        else:
            with pytest.raises(WeightsMismatchError, match=f"needs a float dtype. Received {dtype}"):
                net.load_weights(path)


def test_a_file_is_opened_once(backend, path):
    zeros(2).save(path)
    opened = []
    active = True

    def note(event, arguments):
        if active and event == "open" and arguments[0] == path:
            opened.append(arguments)

    sys.addaudithook(note)
    models.load_model(path)
    active = False
    assert len(opened) == 1


def test_compressed_weights(backend, tmp_path):
    import h5py

    net, path = zeros(1000), str(tmp_path / "net.weights.h5")
    net.layers[0].set_weights([np.arange(3000.0).reshape(3, 1000), np.zeros(1000)])
    expected = net.predict(X, verbose=0)
    net.save_weights(path)
    for options in ({"compression": "gzip"}, {"compression": "gzip", "shuffle": True}, {"chunks": (2, 300)},
                    {"compression": 9, "chunks": (2, 300), "maxshape": (None, None), "shuffle": True}):  # fmt: skip
        with h5py.File(path, "r+") as file:
            array = file["layers/dense/vars/0"][()]
            del file["layers/dense/vars/0"]
            file.create_dataset("layers/dense/vars/0", data=array, **options)
        again = zeros(1000)
        again.load_weights(path)
        np.testing.assert_array_equal(again.predict(X, verbose=0), expected)


def test_archives_with_comments_and_other_data_around_them(backend, path):
    net = zeros(2)
    net.save(path)
    with open(path, "rb") as file:
        content = file.read()
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"a comment"
    models.load_model(path)
    with open(path, "wb") as file:
        file.write(b"#!/bin/something\n" + content)
    models.load_model(path)
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            with target.open(name, "w", force_zip64=True) as member:
                member.write(source.read(name))
    with open(path, "wb") as file:
        file.write(stream.getvalue())
    assert models.load_model(path).count_params() == net.count_params()


def test_weights_may_look_like_structures_of_hdf5(backend, tmp_path):
    """Eight bytes that begin a heap or a tree stand in some weights of large models by chance."""
    signs = b"GCOL\x01\x02\x03\x04", b"TREEtree", b"SNODsnod"
    values = np.frombuffer(b"".join(sign + b"?" * 40 for sign in signs), "<f4").reshape(3, -1)
    net = zeros(values.shape[1])
    net.layers[-1].kernel.assign(values)
    for name in ("net.weights.h5", "net.keras"):
        path = str(tmp_path / name)
        net.save_weights(path) if name.endswith("h5") else net.save(path)
        other = zeros(values.shape[1])
        other.load_weights(path)
        np.testing.assert_array_equal(other.get_weights()[0], values)
