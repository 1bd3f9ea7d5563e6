"""Vocabularies in `.keras` files, ours and Keras's."""

from __future__ import annotations

import copy
import json
import pickle
import zipfile

import keras_peer
import numpy as np
import pytest

from keraslite import Input, Model, Sequential, callbacks, layers, models, ops, saving

with_keras = pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")
WORDS = np.array(["a", "b", "c", "é", "日本", "a b", "", "x" * 50])
NUMBERS = np.array([5, 6, -7, 2**40], "int64")
CASES = [
    ("StringLookup", {}, True),
    ("StringLookup", {"mask_token": ""}, True),
    ("StringLookup", {"mask_token": "", "max_tokens": 5}, True),
    ("StringLookup", {"vocabulary": ["a", "é"], "num_oov_indices": 3}, False),
    ("StringLookup", {"output_mode": "multi_hot", "max_tokens": 12, "pad_to_max_tokens": True, "mask_token": ""}, True),
    ("StringLookup", {"output_mode": "tf_idf"}, True),
    ("StringLookup", {"output_mode": "tf_idf", "max_tokens": 12, "pad_to_max_tokens": True, "mask_token": ""}, True),
    ("StringLookup", {"output_mode": "tf_idf", "vocabulary": ["a", "b"], "idf_weights": [0.5, 2.0]}, False),
    ("IntegerLookup", {"mask_token": 5}, True),
    ("IntegerLookup", {"vocabulary": [5, 6], "output_mode": "count"}, False),
    ("IntegerLookup", {"output_mode": "tf_idf"}, True),
]
every_case = pytest.mark.parametrize(("cls", "kwargs", "adapts"), CASES, ids=str)


def rows(cls: str) -> np.ndarray:
    generator = np.random.default_rng(3)
    words = WORDS if cls == "StringLookup" else NUMBERS
    return generator.choice(words, (30, 4))


def without_empty(data, kwargs):
    """Data without empty tokens, which Keras's own files cannot have but as the mask."""
    return np.where(data == "", "b", data) if data.dtype.kind == "U" and kwargs.get("mask_token") is None else data


def model(cls: str, kwargs: dict, data) -> Model:
    lookup = getattr(layers, cls)(**kwargs, name="look")
    if "vocabulary" not in kwargs:
        lookup.adapt(data)
    x = Input((4,), dtype=lookup.token_dtype, name="x")
    h = lookup(x)
    return Model(x, layers.Dense(2)(ops.cast(h, "float32") if lookup.output_mode == "int" else h), name="net")


@every_case
def test_a_file_has_the_vocabulary(cls, kwargs, adapts, tmp_path, backend):
    data = rows(cls)
    net = model(cls, kwargs, data)
    net.save(tmp_path / "net.keras")
    again = saving.load_model(tmp_path / "net.keras")
    assert again.get_layer("look").get_vocabulary() == net.get_layer("look").get_vocabulary()
    np.testing.assert_allclose(again.predict(data, verbose=0), net.predict(data, verbose=0), rtol=1e-6)
    again.save(tmp_path / "again.keras")
    third = saving.load_model(tmp_path / "again.keras")
    np.testing.assert_allclose(third.predict(data, verbose=0), net.predict(data, verbose=0), rtol=1e-6)


@with_keras
@every_case
def test_keras_reads_our_files(cls, kwargs, adapts, tmp_path, backend):
    data = without_empty(rows(cls), kwargs)
    net = model(cls, kwargs, data)
    net.save(tmp_path / "net.keras")
    found = keras_peer.call("layers.lookup_on_keras:read", "tensorflow", path=str(tmp_path / "net.keras"), data=data)
    assert found["vocabulary"] == net.get_layer("look").get_vocabulary()
    np.testing.assert_allclose(net.predict(data, verbose=0), found["outputs"], rtol=1e-5, atol=1e-6)


@with_keras
@every_case
def test_we_read_files_of_keras(cls, kwargs, adapts, tmp_path, backend):
    data, path = without_empty(rows(cls), kwargs), str(tmp_path / "net.keras")
    found = keras_peer.call(
        "layers.lookup_on_keras:write", "tensorflow", path=path, cls=cls, kwargs=kwargs, data=data,
        adapt_on=data if adapts else None,
    )  # fmt: skip
    net = saving.load_model(path)
    (lookup,) = (layer for layer in net.layers if layer.runs_on_host)
    assert lookup.get_vocabulary() == found["vocabulary"]
    np.testing.assert_allclose(net.predict(data, verbose=0), found["outputs"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("tokens", [["a\nb", "c"], ["a", ""], ["a", "", "b"], ["x\r"], ["\u2028", "\x85"]], ids=str)
def test_any_text_comes_back(tokens, tmp_path, backend):
    lookup = layers.StringLookup(name="look")
    lookup.adapt(np.array(tokens, object))
    net = Sequential([Input((1,), dtype="string"), lookup])
    net.save(tmp_path / "net.keras")
    again = saving.load_model(tmp_path / "net.keras").get_layer("look")
    assert again.get_vocabulary() == lookup.get_vocabulary()
    assert set(again.get_vocabulary(include_special_tokens=False)) == set(tokens)


def test_bytes_that_are_no_text_come_back(tmp_path, backend):
    lookup = layers.StringLookup(name="look")
    lookup.adapt(np.array([b"\xff", b"a"]))
    Sequential([Input((1,), dtype="string"), lookup]).save(tmp_path / "net.keras")
    again = saving.load_model(tmp_path / "net.keras").get_layer("look")
    assert ops.convert_to_numpy(again(np.array([b"\xff", b"a"]))).tolist() == [1, 2]


@pytest.mark.parametrize("way", ["pickle", "deepcopy", "checkpoint"])
def test_copies_have_it(way, tmp_path, backend):
    data = rows("StringLookup")
    net = model("StringLookup", {"output_mode": "tf_idf"}, data)
    if way == "checkpoint":
        checkpoint = callbacks.ModelCheckpoint(tmp_path / "net.keras")
        checkpoint.set_model(net)
        checkpoint.on_epoch_end(0, {})
        again = saving.load_model(tmp_path / "net.keras")
    else:
        again = copy.deepcopy(net) if way == "deepcopy" else pickle.loads(pickle.dumps(net))
    np.testing.assert_allclose(again.predict(data, verbose=0), net.predict(data, verbose=0), rtol=1e-6)


def test_clones_keep_what_was_given_alone(backend):
    given = model("StringLookup", {"vocabulary": ["a"]}, None)
    assert models.clone_model(given).get_layer("look").get_vocabulary() == ["[UNK]", "a"]
    learned = model("StringLookup", {}, np.array([["a", "b", "a", "c"]]))
    assert models.clone_model(learned).get_layer("look").get_vocabulary() == ["[UNK]"]


def test_the_file_is_where_keras_has_it(tmp_path, backend):
    net = model("StringLookup", {}, np.array([["b", "b", "a", "é"]]))
    net.save(tmp_path / "net.keras")
    with zipfile.ZipFile(tmp_path / "net.keras") as archive:
        content = archive.read("assets/layers/string_lookup/vocabulary.txt")
        config = json.loads(archive.read("config.json"))
    assert content.decode() == "[UNK]\nb\né\na"
    (entry,) = (layer for layer in config["config"]["layers"] if layer["class_name"] == "StringLookup")
    assert entry["config"]["vocabulary"] is None
    assert entry["config"]["vocabulary_size"] == 4
