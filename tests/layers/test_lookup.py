"""StringLookup and IntegerLookup."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys

import keras_peer
import numpy as np
import pytest

from keraslite import Input, Model, layers, ops, tree
from keraslite.backend import registry
from keraslite.errors import ArgumentError, FileError, MissingCapabilityError, StateError, UnsafeModelError
from keraslite.layers.preprocessing.hashes import fingerprints, siphashes

with_keras = pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")
ABC = ["a", "b", "c"]
RNG = np.random.default_rng(5)
WORDS = np.array(["", "a", "b", "c", "[UNK]", "zebra", "é", "日本", "a b", "x" * 70, "A"])
NUMBERS = np.array([0, -1, 7, 10, 20, 30, 2**40, -(2**40), 99], "int64")

STRINGS = [
    {"vocabulary": ABC},
    {"vocabulary": ABC, "mask_token": ""},
    {"vocabulary": ["", "[UNK]", *ABC], "mask_token": ""},
    {"vocabulary": ["[UNK]", *ABC]},
    {"vocabulary": ABC, "num_oov_indices": 3},
    {"vocabulary": ABC, "num_oov_indices": 3, "mask_token": "a b"},
    {"vocabulary": ABC, "num_oov_indices": 5, "salt": 7},
    {"vocabulary": ABC, "num_oov_indices": 5, "salt": [7, 8]},
    {"vocabulary": ["é", "日本"], "oov_token": "?"},
    *[
        {"vocabulary": ABC, "output_mode": mode, **more}
        for mode in ("one_hot", "multi_hot", "count")
        for more in ({}, {"mask_token": ""}, {"num_oov_indices": 2}, {"max_tokens": 9, "pad_to_max_tokens": True})
    ],
    {"vocabulary": ABC, "output_mode": "tf_idf", "idf_weights": [0.5, 0.7, 1.1]},
    {"vocabulary": ["[UNK]", *ABC], "output_mode": "tf_idf", "idf_weights": [9.0, 0.5, 0.7, 1.1]},
    {"vocabulary": ABC, "output_mode": "tf_idf", "idf_weights": [0.5, 0.7, 1.1], "mask_token": "", "max_tokens": 9,
     "pad_to_max_tokens": True, "num_oov_indices": 2},
]  # fmt: skip
INTEGERS = [
    {"vocabulary": [10, 20, 30]},
    {"vocabulary": [0, -1, 10, 20], "mask_token": 0},
    {"vocabulary": [10, 20, 30], "num_oov_indices": 3},
    {"vocabulary": [10, 20, 30], "num_oov_indices": 3, "oov_method": "farmhash"},
    {"vocabulary": [10, 20, 30], "num_oov_indices": 3, "oov_method": "farmhash", "salt": 3},
    {"vocabulary": [10, 20, 30], "output_mode": "multi_hot", "mask_token": 0},
    {"vocabulary": [10, 20, 30], "output_mode": "count", "max_tokens": 6, "pad_to_max_tokens": True},
    {"vocabulary": [10, 20], "output_mode": "tf_idf", "idf_weights": [0.5, 2.0]},
]
ADAPTED = [
    {},
    {"max_tokens": 4},
    {"mask_token": "", "max_tokens": 5},
    {"num_oov_indices": 2, "output_mode": "count"},
    {"output_mode": "tf_idf"},
    {"output_mode": "tf_idf", "mask_token": "", "max_tokens": 4},
]
CASES = [("StringLookup", kwargs) for kwargs in STRINGS] + [("IntegerLookup", kwargs) for kwargs in INTEGERS]


def data_for(cls: str, shape=(6, 5)) -> np.ndarray:
    return RNG.choice(WORDS if cls == "StringLookup" else NUMBERS, shape)


def same(layer, expected, data):
    assert layer.get_vocabulary() == expected["vocabulary"]
    found = layer(data)
    outputs = ops.convert_to_numpy(found)
    np.testing.assert_allclose(outputs, expected["outputs"], rtol=1e-6)
    if layer.output_mode != "int":
        assert outputs.dtype == layer.compute_dtype
    weights = layer.idf_weights
    np.testing.assert_allclose([] if weights is None else weights, expected["weights"], rtol=1e-6)


@with_keras
@pytest.mark.parametrize(("cls", "kwargs"), CASES, ids=lambda x: x if isinstance(x, str) else "-".join(map(str, x)))
@pytest.mark.parametrize("shape", [(6, 5), (6, 1), (6,), (2, 3, 2)], ids=str)
def test_outputs_are_those_of_keras(cls, kwargs, shape, backend):
    data = data_for(cls, shape)
    if len(shape) == 3 and kwargs.get("output_mode", "int") not in ("int", "one_hot"):
        data = data.reshape(6, 2)  # Keras's own shape of a symbolic call is another than that of its outputs
    expected = keras_peer.call("layers.lookup_on_keras:outputs", "tensorflow", cls=cls, kwargs=kwargs, data=data)
    same(getattr(layers, cls)(**kwargs), expected, data)


@with_keras
@pytest.mark.parametrize("kwargs", ADAPTED, ids=str)
@pytest.mark.parametrize("cls", ["StringLookup", "IntegerLookup"])
@pytest.mark.parametrize("shape", [(60, 5), (90,)], ids=str)
def test_a_vocabulary_is_learned_as_in_keras(cls, kwargs, shape, backend):
    if cls == "IntegerLookup" and "mask_token" in kwargs:
        kwargs = {**kwargs, "mask_token": 0}
    data = data_for(cls, shape)
    expected = keras_peer.call(
        "layers.lookup_on_keras:outputs", "tensorflow", cls=cls, kwargs=kwargs, data=data, adapt_on=data
    )
    layer = getattr(layers, cls)(**kwargs)
    layer.adapt(data)
    same(layer, expected, data)
    by_batches = getattr(layers, cls)(**kwargs)
    by_batches.adapt(data[i : i + 7] for i in range(0, len(data), 7))
    same(by_batches, expected, data)


@with_keras
@pytest.mark.parametrize(
    ("cls", "kwargs"),
    [
        ("StringLookup", {"vocabulary": ABC}),
        ("StringLookup", {"vocabulary": ABC, "mask_token": "m", "num_oov_indices": 2}),
        ("IntegerLookup", {"vocabulary": [10, 20], "mask_token": 0}),
    ],
)
def test_indices_become_tokens_as_in_keras(cls, kwargs, backend):
    kwargs, data = {**kwargs, "invert": True}, np.array([[0, 1, 2, 3], [4, 5, 99, -1]])
    expected = keras_peer.call("layers.lookup_on_keras:outputs", "tensorflow", cls=cls, kwargs=kwargs, data=data)
    found = getattr(layers, cls)(**kwargs)(data)
    if cls == "StringLookup":
        assert found.tolist() == expected["outputs"].tolist()
    else:
        np.testing.assert_array_equal(ops.convert_to_numpy(found), expected["outputs"])


@pytest.mark.parametrize(("cls", "kwargs"), CASES, ids=lambda x: x if isinstance(x, str) else "-".join(map(str, x)))
@pytest.mark.parametrize("shape", [(6, 5), (6, 1), (6,), (2, 3, 2)], ids=str)
def test_symbolic_calls_say_what_comes(cls, kwargs, shape, backend):
    layer = getattr(layers, cls)(**kwargs)
    found = layer(data_for(cls, shape))
    spec = layer(Input(batch_shape=shape, dtype=layer.token_dtype))
    assert tuple(spec.shape) == tuple(found.shape) == layer.compute_output_shape(shape)
    assert spec.dtype == ops.dtype(found)
    assert layer(Input(shape[1:], dtype=layer.token_dtype)).shape[1:] == spec.shape[1:] or len(shape) == 1


@pytest.mark.parametrize(("cls", "kwargs"), CASES, ids=lambda x: x if isinstance(x, str) else "-".join(map(str, x)))
@pytest.mark.parametrize("way", ["config", "deepcopy", "pickle"])
def test_copies_are_equal(cls, kwargs, way):
    layer = getattr(layers, cls)(**kwargs)
    if way == "config":
        again = type(layer).from_config(layer.get_config())
    else:
        again = copy.deepcopy(layer) if way == "deepcopy" else pickle.loads(pickle.dumps(layer))
    data = data_for(cls)
    np.testing.assert_array_equal(*(ops.convert_to_numpy(each(data)) for each in (layer, again)))
    assert again.get_config() == layer.get_config()


def test_what_it_takes(backend):
    layer = layers.StringLookup(vocabulary=ABC)
    rows = [["a", "q"], ["c", "b"]]
    forms = [rows, np.array(rows), np.array(rows, object), np.array(rows, "S"), np.array(rows, "T"), tuple(rows)]
    for form in forms:
        assert np.asarray(ops.convert_to_numpy(layer(form))).tolist() == [[1, 0], [3, 2]]
    assert ops.convert_to_numpy(layer("b")).tolist() == 2
    assert ops.convert_to_numpy(layers.StringLookup(vocabulary=["é"], encoding="latin-1")([b"\xe9"])).tolist() == [1]
    numbers = layers.IntegerLookup(vocabulary=[5])
    for form in ([5, 6], np.array([5, 6]), ops.convert_to_tensor([5, 6]), np.array([5.0, 6.5])):
        assert ops.convert_to_numpy(numbers(form)).tolist() == [1, 0]


def test_integers_larger_than_the_engine_has(backend):
    layer = layers.IntegerLookup(vocabulary=[2**40, 5])
    data = np.array([[2**40], [5], [2**40 + 1]])
    assert ops.convert_to_numpy(layer(data)).tolist() == [[1], [2], [0]]
    model = Model(x := Input((1,), dtype="int64"), layer(x))
    for found in (model(data), model.predict(data, verbose=0)):
        assert ops.convert_to_numpy(found).tolist() == [[1], [2], [0]]


@pytest.mark.parametrize(
    "kwargs", [{}, {"mask_token": ""}, {"num_oov_indices": 4, "mask_token": "é"}, {"output_mode": "count"}], ids=str
)
@pytest.mark.parametrize("more", [[], ["ends\0"], ["x" * 200]], ids=["", "padding", "long"])
def test_many_words_at_once(kwargs, more, backend):
    words = np.array([*WORDS, *[f"w{i}" for i in range(50)]])
    known = [str(word) for word in words[1:40] if word not in ("[UNK]", "é")]
    layer = layers.StringLookup(vocabulary=[*known, *more], **kwargs)
    data = RNG.choice(words, (50, 100))
    for each in (data, np.asfortranarray(data), data[::-1], data.astype(">U70")):
        found = ops.convert_to_numpy(layer(each))
        np.testing.assert_array_equal(found, ops.convert_to_numpy(layer(each.astype(object))))


def test_bytes_that_are_no_text_are_tokens_too(backend):
    layer = layers.StringLookup()
    layer.adapt(np.array([b"\xff\xfe", b"\xff\xfe", b"a"]))
    assert ops.convert_to_numpy(layer(np.array([b"a", b"\xff\xfe", b"\xff"]))).tolist() == [2, 1, 0]


def test_a_vocabulary_from_a_file(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("a\nb c\n日本\n")
    layer = layers.StringLookup(vocabulary=str(path))
    assert layer.get_vocabulary(include_special_tokens=False) == ["a", "b c", "日本"]
    assert layer.get_config()["vocabulary"] == ["a", "b c", "日本"]
    with pytest.raises(UnsafeModelError, match="the vocabulary itself"):
        layers.StringLookup.from_config({**layer.get_config(), "vocabulary": str(path)})
    with pytest.raises(ArgumentError, match="integer per line"):
        layers.IntegerLookup(vocabulary=path)


def test_counting_in_steps():
    layer = layers.StringLookup()
    layer.adapt([["a", "b", "b"]] * 3, steps=None)
    layer.reset_state()
    layer.update_state(["c", "c"])
    layer.update_state(np.array([["c", "b"]]))
    layer.finalize_state()
    assert layer.get_vocabulary() == ["[UNK]", "c", "b"]
    layer.adapt(iter([["x"], ["y"]]), steps=1)
    assert layer.get_vocabulary() == ["[UNK]", "x"]
    layer.set_vocabulary(["k"])
    assert (layer.get_vocabulary(), layer.vocabulary_size()) == (["[UNK]", "k"], 2)


@pytest.mark.parametrize(
    ("kwargs", "error", "text"),
    [
        ({"vocabulary": ["a", "a"]}, ArgumentError, "each token once. .*Remove"),
        ({"vocabulary": []}, ArgumentError, "at least one"),
        ({"vocabulary": [1, 2]}, ArgumentError, "needs texts"),
        ({"vocabulary": ["a", None]}, ArgumentError, "needs texts"),
        ({"vocabulary": "/none.txt"}, FileError, "where there is none. Check the path"),
        ({"vocabulary": ["a", ""], "mask_token": ""}, ArgumentError, "mask token in front"),
        ({"vocabulary": ABC, "max_tokens": 3}, ArgumentError, "up to 3 tokens"),
        ({"vocabulary": ABC, "output_mode": "tf_idf"}, ArgumentError, r"shape \(3,\)"),
        ({"vocabulary": ABC, "idf_weights": [1, 2, 3]}, ArgumentError, "tf_idf"),
        ({"vocabulary": ABC, "output_mode": "tf_idf", "idf_weights": [1, 2]}, ArgumentError, r"shape \(3,\)"),
        ({"invert": True, "output_mode": "count"}, ArgumentError, 'output_mode="int"'),
        ({"pad_to_max_tokens": True}, ArgumentError, "max_tokens"),
        ({"max_tokens": 1}, ArgumentError, "max_tokens"),
        ({"num_oov_indices": -1}, ArgumentError, "num_oov_indices"),
        ({"output_mode": "multi_hott"}, ArgumentError, "output_mode"),
        ({"salt": "x"}, ArgumentError, "salt"),
        ({"sparse": True, "output_mode": "count"}, MissingCapabilityError, "sparse"),
    ],
    ids=str,
)
def test_arguments_that_do_not_go_together(kwargs, error, text):
    with pytest.raises(error, match=text):
        layers.StringLookup(**kwargs)


def test_errors_of_calls(backend):
    with pytest.raises(StateError, match="needs a vocabulary"):
        layers.StringLookup()(["a"])
    layer = layers.StringLookup(vocabulary=ABC)
    with pytest.raises(ArgumentError, match="needs texts"):
        layer(np.array([1, 2]))
    with pytest.raises(ArgumentError, match="rows of one length"):
        layer([["a"], ["b", "c"]])
    with pytest.raises(StateError, match="without `vocabulary`"):
        layer.adapt(["a"])
    with pytest.raises(ArgumentError, match="num_oov_indices` is 0"):
        layers.StringLookup(vocabulary=ABC, num_oov_indices=0)(["a", "q"])
    with pytest.raises(ArgumentError, match="needs integers"):
        layers.StringLookup(vocabulary=ABC, invert=True)(["a"])
    with pytest.raises(ArgumentError, match="needs integers"):
        layers.IntegerLookup(vocabulary=[1])(["a"])
    with pytest.raises(ArgumentError, match="batches of them"):
        layers.StringLookup().adapt(3)
    with pytest.raises(ArgumentError, match="farmhash"):
        layers.IntegerLookup(salt=3)


def test_published_hashes():
    message = bytes(range(15))
    key = [int.from_bytes(bytes(range(start, start + 8)), "little") for start in (0, 8)]
    assert siphashes([message], key).tolist() == [0xA129CA6149BE45E5]  # from the paper
    assert fingerprints([b""]).tolist() == [0x9AE16A3B2F90404F]


@with_keras
def test_hashes_are_those_of_tensorflow():
    texts = [RNG.integers(0, 256, size, "uint8") for size in [*range(1, 140), 191, 192, 193, 256, 1000]]
    buckets = 2**31 - 1
    expected = keras_peer.call(
        "layers.lookup_on_keras:hashes",
        "tensorflow",
        texts=[text.tolist() for text in texts],
        buckets=buckets,
        key=[7, 9],
    )
    found = [text.tobytes() for text in texts]
    assert (fingerprints(found) % buckets).tolist() == expected["fast"].tolist()
    assert (siphashes(found, (7, 9)) % buckets).tolist() == expected["strong"].tolist()
    assert fingerprints(found[:7]).tolist() == fingerprints(found)[:7].tolist()


def test_it_has_no_weights(backend):
    layer = layers.StringLookup(vocabulary=ABC)
    assert layer.built
    assert tree.leaves([layer.weights, layer.variables, layer.losses]) == []


@pytest.mark.parametrize("engine", [name for name in registry.installed() if name != "tensorflow"])
def test_it_needs_no_tensorflow(engine, tmp_path):
    program = f"""
import sys
import numpy as np
import keraslite as keras
layer = keras.layers.StringLookup()
layer.adapt(np.array(["a", "b", "a"]))
stack = [layer, keras.layers.Embedding(3, 2), keras.layers.Flatten()]
model = keras.Sequential([keras.Input((2,), dtype="string"), *stack])
x = np.array([["a", "b"], ["q", "a"]])
if {engine!r} != "numpy":
    model.compile("sgd", "mse")
    model.fit(x, np.ones((2, 4)), verbose=0)
model.save({str(tmp_path / "net.keras")!r})
again = keras.saving.load_model({str(tmp_path / "net.keras")!r})
assert np.allclose(again.predict(x, verbose=0), model.predict(x, verbose=0))
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "KERAS_BACKEND": engine})
