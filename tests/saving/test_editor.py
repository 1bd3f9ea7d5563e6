"""`KerasFileEditor`: what it shows, compares and changes."""

from __future__ import annotations

import os

import h5py
import keras_peer
import numpy as np
import pytest

from keraslite import Input, Model, Sequential, allowance, layers, saving
from keraslite.errors import ArgumentError, CorruptFileError, UnknownNameError, UnsafeModelError

X = np.ones((2, 3), "float32")


def stack(*units, **options):
    return Sequential([Input((3,)), *[layers.Dense(n, **options) for n in units]], name="net")


class Net(Model):
    """Has a weight of its own, a list of layers, and a layer in a layer."""

    def __init__(self):
        super().__init__(name="net")
        self.blocks = [layers.Dense(3), layers.Dense(3)]
        self.both = layers.Bidirectional(layers.LSTM(2))

    def build(self, shape):
        self.scale = self.add_weight(shape=(3,), initializer="ones", dtype="bfloat16")

    def call(self, x):
        return self.both(self.blocks[1](self.blocks[0](x))[:, None])


def net():
    made = Net()
    made(X)
    return made


def trained():
    made = stack(4, 2)
    made.compile("adam", "mse")
    made.optimizer.build(made.trainable_variables)
    made.optimizer.iterations.assign(1)
    return made


@pytest.fixture
def path(tmp_path):
    stack(4, 2).save_weights(tmp_path / "net.weights.h5")
    return tmp_path / "net.weights.h5"


def test_summary(tmp_path, capsys):
    net().save_weights(tmp_path / "net.safetensors")
    saving.KerasFileEditor(tmp_path / "net.safetensors").summary()
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("Weights in ")
    assert shown[1:8] == [
        "0: shape=(3,), dtype=bfloat16", "blocks", "  dense", "    0: shape=(3, 3), dtype=float32",
        "    1: shape=(3,), dtype=float32", "  dense_1", "    0: shape=(3, 3), dtype=float32",
    ]  # fmt: skip
    assert "      0: shape=(3, 8), dtype=float32" in shown


def test_weights_are_in_the_order_of_their_numbers(tmp_path, capsys):
    trained().save(tmp_path / "net.keras")
    saving.KerasFileEditor(tmp_path / "net.keras").summary()
    shown = capsys.readouterr().out.splitlines()
    slots = [line.strip().partition(":")[0] for line in shown[shown.index("optimizer") + 1 :]]
    assert slots == [str(i) for i in range(10)]


@pytest.mark.parametrize(("other", "errors", "matches"), [
    (lambda: stack(4, 2), 0, 4),
    (lambda: stack(4, 3), 2, 2),
    (lambda: stack(4), 1, 2),
    (lambda: stack(4, 2, 5), 1, 4),
    (lambda: stack(4, 2, use_bias=False), 2, 2),
    (lambda: Sequential([Input((3,)), layers.Dense(4), layers.BatchNormalization(), layers.Dropout(0.1)]), 2, 2),
])  # fmt: skip
def test_compare(path, capsys, other, errors, matches):
    model = other()
    before = [w.numpy() for w in model.weights]
    found = saving.KerasFileEditor(path).compare(model)
    assert found == {"status": "error" if errors else "success", "error_count": errors, "match_count": matches}
    assert capsys.readouterr().out.count("\n") == 1 + errors
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(before, model.weights, strict=True))


def test_compare_leaves_an_optimizer_alone(tmp_path):
    made, other = trained(), stack(4, 2)
    made.save_weights(tmp_path / "net.weights.h5")
    other.compile("adam", "mse")
    editor = saving.KerasFileEditor(tmp_path / "net.weights.h5")
    assert editor.compare(other)["error_count"] == 0
    assert not other.optimizer.built
    assert editor.compare(made)["match_count"] == 4 + 10


def test_a_file_fits_another_model_after_changes(path, tmp_path):
    """The example that the class is for: a layer was replaced, another one was added."""
    old, new = stack(4, 2), stack(4, 5, 2, use_bias=False)
    old.load_weights(path)
    editor = saving.KerasFileEditor(path)
    editor.rename_object("dense_1", "dense_2")
    editor.add_object("layers/dense_1", {"0": np.ones((4, 5))})
    for name in ("dense", "layers/dense_2"):
        editor.delete_weight(name, "1")
    editor.add_weights("dense_2", {"0": np.full((5, 2), 7.0)})
    assert editor.compare(new)["status"] == "success"
    assert saving.KerasFileEditor(path).compare(old)["status"] == "success"  # nothing is written before `save`
    for target in (tmp_path / "new.weights.h5", tmp_path / "new.safetensors", path):
        (editor.save if target == path else editor.resave_weights)(target)
        for w in new.weights:
            w.assign(np.zeros(w.shape))
        new.load_weights(target)
        np.testing.assert_array_equal(new.weights[0].numpy(), old.weights[0].numpy())
        assert [np.unique(w.numpy()).tolist() for w in new.weights[1:]] == [[1], [7]]


def test_objects_in_objects_go_along(tmp_path):
    made, other = net(), net()
    made.save_weights(tmp_path / "net.weights.h5")
    editor = saving.KerasFileEditor(tmp_path / "net.weights.h5")
    editor.rename_object("both", "rnn")
    assert editor.compare(other)["match_count"] == 5
    editor.rename_object("rnn", "both")
    editor.rename_object("both", "both")
    assert editor.compare(other) == {"status": "success", "error_count": 0, "match_count": 13}
    editor.add_weights("", {"0": made.scale.numpy() + 1})
    editor.save(tmp_path / "new.weights.h5")
    other.load_weights(tmp_path / "new.weights.h5")
    assert other.scale.numpy().astype("float32").tolist() == [2, 2, 2]
    np.testing.assert_array_equal(other.both.weights[0].numpy(), made.both.weights[0].numpy())
    editor.delete_object("blocks")
    assert editor.compare(other) == {"status": "error", "error_count": 2, "match_count": 9}


@pytest.mark.parametrize(("change", "error", "message"), [
    (lambda e: e.delete_object("dens"), UnknownNameError, "Did you mean 'dense'"),
    (lambda e: e.delete_object(""), UnknownNameError, "Received ''"),
    (lambda e: e.rename_object("dense_7", "x"), UnknownNameError, "summary"),
    (lambda e: e.rename_object("dense", "a/b"), ArgumentError, "last part of a path"),
    (lambda e: e.rename_object("dense", "vars"), ArgumentError, "none of them 'vars'"),
    (lambda e: e.rename_object("dense", ".."), ArgumentError, "Received '..'"),
    (lambda e: e.rename_object("dense", 3), ArgumentError, "Received 3"),
    (lambda e: e.rename_object("dense", "dense_1"), ArgumentError, "would be lost"),
    (lambda e: e.add_object("layers/dense", {}), ArgumentError, "would be lost"),
    (lambda e: e.add_object("layer/new", {}), UnknownNameError, "Received 'layer'. Did you mean 'layers'"),
    (lambda e: e.add_object("layers/new", "x"), ArgumentError, "dict of arrays"),
    (lambda e: e.add_object("layers/new", {0: X}), ArgumentError, "dict of arrays"),
    (lambda e: e.add_object("layers/new", {"../0": X}), ArgumentError, "dict of arrays"),
    (lambda e: e.add_object("layers/new", {"0": "text"}), ArgumentError, "arrays of numbers"),
    (lambda e: e.add_object("layers/new", {"0": np.array([None])}), ArgumentError, "arrays of numbers"),
    (lambda e: e.add_weights("dense_7", {"0": X}), UnknownNameError, "dense_7"),
    (lambda e: e.delete_weight("dense", "7"), UnknownNameError, "Its weights: 0, 1"),
    (lambda e: e.save("new.h5"), ArgumentError, "ends in `.weights.h5` or `.safetensors`"),
    (lambda e: e.save("new.keras"), ArgumentError, "ends in `.weights.h5` or `.safetensors`"),
])  # fmt: skip
def test_bad_arguments_change_nothing(path, change, error, message):
    editor = saving.KerasFileEditor(path)
    with pytest.raises(error, match=message):
        change(editor)
    assert editor.compare(stack(4, 2))["status"] == "success"
    assert sorted(os.listdir(path.parent)) == [path.name]


def test_a_name_that_several_objects_have(tmp_path):
    made = net()
    made.save_weights(tmp_path / "net.weights.h5")
    editor = saving.KerasFileEditor(tmp_path / "net.weights.h5")
    editor.add_object("dense", {"0": X})
    editor.delete_object("dense")  # it is a path
    with pytest.raises(UnknownNameError, match="may be 'both/backward_layer/cell', 'both/forward_layer/cell'"):
        editor.delete_object("cell")


def test_there_is_no_way_around_the_checks(path, tmp_path):
    for name in ("none.weights.h5", "net.h5"):
        with pytest.raises(ArgumentError):
            saving.KerasFileEditor(tmp_path / name)
    with h5py.File(path, "a") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = h5py.ExternalLink("/etc/passwd", "/x")
    with pytest.raises(UnsafeModelError):
        saving.KerasFileEditor(path)
    stack(4, 2).save_weights(path)
    with h5py.File(path, "a") as file:
        file["layers/dense/vars/0"][...] = 3
    with pytest.raises(CorruptFileError, match="checksum"):
        saving.KerasFileEditor(path).save(tmp_path / "new.weights.h5")
    assert not (tmp_path / "new.weights.h5").exists()


@pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")
def test_keras_edits_our_files_and_we_edit_its(path, tmp_path):
    theirs, ours = str(tmp_path / "theirs.weights.h5"), str(tmp_path / "ours.weights.h5")
    found = keras_peer.call("weights_on_keras:edited", path=str(path), to=theirs)
    editor = saving.KerasFileEditor(theirs)
    model = stack(4, 3)
    assert editor.compare(model)["status"] == "success"
    model.load_weights(theirs)
    np.testing.assert_array_equal(model.weights[2].numpy(), found["kernel"])
    editor.add_weights("layers/dense_1", {"1": np.array([1, 2, 3], "float32")})
    editor.save(ours)
    assert keras_peer.call("weights_on_keras:compared", path=ours, units=[4, 3])["status"] == "success"


@pytest.mark.parametrize("name", ["net.weights.h5", "net.safetensors"])
def test_saving_again_and_again_asks_for_no_more_memory(tmp_path, monkeypatch, name):
    made = Sequential([Input((300,)), layers.Dense(300)])
    made.save_weights(tmp_path / name)
    monkeypatch.setattr(allowance, "_FLOOR", 0)
    monkeypatch.setattr(allowance, "_FACTOR", 1.5)
    editor = saving.KerasFileEditor(tmp_path / name)
    for number in range(3):
        editor.save(tmp_path / f"{number}.weights.h5")
    made.load_weights(tmp_path / "2.weights.h5")
