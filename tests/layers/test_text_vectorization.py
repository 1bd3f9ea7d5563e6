"""TextVectorization."""

from __future__ import annotations

import copy
import itertools
import os
import pickle
import subprocess
import sys

import keras_peer
import numpy as np
import pytest

from keraslite import Input, Model, Sequential, layers, ops, saving
from keraslite.backend import registry
from keraslite.errors import ArgumentError, MissingCapabilityError, StateError, UnsafeModelError
from keraslite.saving import register_keras_serializable

with_keras = pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")
RNG = np.random.default_rng(3)
WORDS = [
    "the",
    "cat's",
    "Dog",
    "sat,",
    "on",
    "É_té",
    "日本",
    "(x)",
    "\u2003",
    "a-b",
    "[UNK]",
    "ÄÖ",
    "it",
    "I",
    "..",
    "é",
]
SPACES = [" ", "  ", "\t", "\n", "\u00a0", "\x0b"]


def sentences(count, seed=1):
    generator = np.random.default_rng(seed)

    def one():
        words = generator.choice(WORDS, generator.integers(0, 9))
        return "".join(word + generator.choice(SPACES) for word in words)

    return np.array([one() for _ in range(count)], object)


TEXTS = sentences(60)
CASES = [
    {},
    {"standardize": None},
    {"standardize": "lower"},
    {"standardize": "strip_punctuation"},
    {"split": "character"},
    {"split": "character", "ngrams": 2, "output_mode": "count"},
    {"split": None},
    {"ngrams": 2},
    {"ngrams": [2]},
    {"ngrams": [3, 1], "output_sequence_length": 5},
    {"output_sequence_length": 4},
    {"max_tokens": 6},
    *[{"output_mode": mode, **more} for mode in ("multi_hot", "count", "tf_idf")
      for more in ({}, {"max_tokens": 30, "pad_to_max_tokens": True}, {"max_tokens": 5, "ngrams": 2})],
    {"vocabulary": ["cat", "sat", "été"]},
    {"vocabulary": ["", "[UNK]", "cat"], "split": None},
    {"vocabulary": ["[UNK]", "the", "it"], "output_mode": "count"},
    {"vocabulary": ["the", "it"], "output_mode": "tf_idf", "idf_weights": [0.5, 2.0]},
]  # fmt: skip
every_case = pytest.mark.parametrize("kwargs", CASES, ids=str)


def made(kwargs, adapt_on=TEXTS):
    layer = layers.TextVectorization(**kwargs)
    if "vocabulary" not in kwargs:
        layer.adapt(adapt_on)
    return layer


def array(x) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


def of_keras(kwargs, data, adapt_on=TEXTS):
    texts = None if "vocabulary" in kwargs else adapt_on.astype("U")
    return keras_peer.call("layers.preprocessing_on_keras:outputs", "tensorflow", cls="TextVectorization",
                           kwargs=kwargs, data=data, adapt_on=texts)  # fmt: skip


@with_keras
@every_case
def test_outputs_are_those_of_keras(kwargs, backend):
    new = sentences(20, seed=2).astype("U")
    data = [new, new[:, None], new[0], np.array(["", "the"])]
    expected = of_keras(kwargs, data)
    layer = made(kwargs)
    assert layer.get_vocabulary() == expected["vocabulary"]
    for each, wanted in zip(data, expected["outputs"], strict=True):
        found = array(layer(each))
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
    configs = [{**config, "vocabulary": None, "idf_weights": None, "name": ""}
               for config in (layer.get_config(), expected["config"])]  # fmt: skip
    for config in configs:
        if config["ngrams"] is not None:
            config["ngrams"] = config["ngrams"] if isinstance(config["ngrams"], int) else list(config["ngrams"])
    assert configs[0] == configs[1]


@with_keras
@pytest.mark.parametrize("seed", range(12))
def test_random_arguments_as_in_keras(seed, backend):
    generator = np.random.default_rng(seed)
    mode = str(generator.choice(["int", "multi_hot", "count", "tf_idf"]))
    kwargs = {
        "standardize": [None, "lower", "strip_punctuation", "lower_and_strip_punctuation"][generator.integers(4)],
        "split": ["whitespace", "character"][generator.integers(2)],
        "ngrams": [None, 2, 3, [1, 3]][generator.integers(4)],
        "max_tokens": [None, 7, 50][generator.integers(3)],
        "output_mode": mode,
        "output_sequence_length": [None, 3, 12][generator.integers(3)] if mode == "int" else None,
    }
    texts, data = sentences(40, seed + 100), [sentences(15, seed + 200).astype("U")]
    expected = of_keras(kwargs, data, texts)
    layer = made(kwargs, texts)
    assert layer.get_vocabulary() == expected["vocabulary"]
    np.testing.assert_allclose(array(layer(data[0])), expected["outputs"][0], rtol=1e-5)


@every_case
@pytest.mark.parametrize("shape", [(), (1,)], ids=str)
def test_in_a_model_and_on_the_host(kwargs, shape, backend):
    layer = made(kwargs)
    data = TEXTS if not shape else TEXTS[:, None]
    wanted = array(layer(data))
    x = Input(shape, dtype="string")
    spec = layer(x)
    assert len(spec.shape) == wanted.ndim
    assert all(a in (None, b) for a, b in zip(spec.shape, wanted.shape, strict=True))
    assert spec.dtype == ops.dtype(layer(data))
    for model in (Model(x, spec), Sequential([Input(shape, dtype="string"), layer])):
        np.testing.assert_allclose(model.predict(data, batch_size=60, verbose=0), wanted, rtol=1e-6)
        np.testing.assert_allclose(array(model(data)), wanted, rtol=1e-6)
    np.testing.assert_allclose(layer.on_host()(data.tolist()), wanted, rtol=1e-6)


@every_case
@pytest.mark.parametrize("way", ["config", "deepcopy", "pickle", "file"])
def test_copies_are_equal(kwargs, way, tmp_path):
    layer = made(kwargs)
    if way == "file":
        Sequential([Input((1,), dtype="string"), layer]).save(tmp_path / "net.keras")
        again = saving.load_model(tmp_path / "net.keras").layers[-1]
    elif way == "config":
        again = layers.TextVectorization.from_config(layer.get_config())
        if layer.get_config()["vocabulary"] is None:
            again.adapt(TEXTS)
    else:
        again = copy.deepcopy(layer) if way == "deepcopy" else pickle.loads(pickle.dumps(layer))
    np.testing.assert_array_equal(array(again(TEXTS)), array(layer(TEXTS)))
    assert again.get_config() == layer.get_config()


@with_keras
@every_case
def test_files_go_both_ways(kwargs, tmp_path, backend):
    path, data = str(tmp_path / "theirs.keras"), TEXTS[:, None].astype("U")
    adapt_on = None if "vocabulary" in kwargs else TEXTS.astype("U")
    if isinstance(kwargs.get("ngrams"), list) or made(kwargs)._lookup_layer._in_config != ("vocabulary" in kwargs):
        pytest.skip("Keras does not read its own files of them")
    wanted = keras_peer.call("layers.preprocessing_on_keras:write", "tensorflow", path=path, cls="TextVectorization",
                             kwargs=kwargs, data=data, adapt_on=adapt_on)  # fmt: skip
    model = saving.load_model(path)
    np.testing.assert_allclose(array(model(data)), wanted, rtol=1e-5)
    model.save(tmp_path / "ours.keras")
    found = keras_peer.call(
        "layers.preprocessing_on_keras:read", "tensorflow", path=str(tmp_path / "ours.keras"), data=data
    )
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_what_it_takes(backend):
    layer = layers.TextVectorization(vocabulary=["a", "é", "b"])
    texts = ["a É b", "é A q"]
    wanted = [[2, 1, 4], [3, 2, 1]]
    forms = [texts, [[text] for text in texts], np.array(texts), np.array(texts, object), np.array(texts, "T")]
    forms += [
        [text.encode() for text in texts],
        np.array([text.encode() for text in texts]),
        [texts[0], texts[1].encode()],
    ]
    for form in forms:
        assert array(layer(form)).tolist() == wanted
    assert array(layer("é")).tolist() == [3]
    pandas = pytest.importorskip("pandas")
    assert array(layer(pandas.Series(texts))).tolist() == wanted
    latin = layers.TextVectorization(vocabulary=["é"], encoding="latin-1")
    assert array(latin([b"\xe9 x"])).tolist() == [[2, 1]]


def test_any_bytes_are_tokens(backend):
    texts = [b"\xff\xfe a", "x\0y \0", "\0\1 b", "\0\1\1"]
    layer = layers.TextVectorization()
    layer.adapt(texts)
    assert sorted(layer.get_vocabulary()[2:]) == sorted(["a", "b", "x\0y", "\0", "\0\1", "\0\1\1", "\udcff\udcfe"])
    found = array(layer(texts))
    tokens = np.array(layer.get_vocabulary(), object)[found].tolist()
    assert tokens == [["\udcff\udcfe", "a"], ["x\0y", "\0"], ["\0\1", "b"], ["\0\1\1", ""]]
    characters = layers.TextVectorization(split="character", vocabulary=["\0", "x"])
    assert array(characters(["x\0", "y"])).tolist() == [[3, 2], [1, 0]]


@register_keras_serializable("texts")
def no_digits(texts):
    return np.char.replace(np.char.lower(texts), "1", "")


@register_keras_serializable("texts")
def by_comma(texts):
    return np.char.split(texts, ",")


@pytest.mark.parametrize("split", [by_comma, lambda texts: [text.split(",") for text in texts.tolist()]])
def test_functions_of_ones_own(split, tmp_path, backend):
    layer = layers.TextVectorization(standardize=no_digits, split=split)
    layer.adapt(["A1,b", "b,É"])
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "é", "a"]
    assert array(layer([["a,1q"], ["b"]])).tolist() == [[4, 1], [2, 0]]
    if split is by_comma:
        Sequential([Input((1,), dtype="string"), layer]).save(tmp_path / "net.keras")
        again = saving.load_model(tmp_path / "net.keras")
        assert again.predict(np.array([["a,b"]]), verbose=0).tolist() == [[4, 2]]


def test_functions_of_tensorflow():
    tf = pytest.importorskip("tensorflow")
    layer = layers.TextVectorization(
        standardize=lambda x: tf.strings.regex_replace(tf.strings.lower(x), "[0-9]", ""),
        split=lambda x: tf.strings.split(x, ","),
    )
    layer.adapt(tf.data.Dataset.from_tensor_slices(["A1,b", "b,c"]).batch(1))
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "c", "a"]
    assert array(layer(tf.constant(["a,q", "b"]))).tolist() == [[4, 1], [2, 0]]
    data = tf.data.Dataset.from_tensor_slices((["A,b", "c"], [0, 1])).batch(2)
    other = layers.TextVectorization(split=lambda x: tf.strings.split(x, ","))
    other.adapt(data.map(lambda x, _: x))
    assert other.vocabulary_size() == 4  # the comma went before


def sources(texts):
    import torch

    from keraslite.utils import PyDataset

    class Batches(PyDataset):
        def __len__(self):
            return 6

        def __getitem__(self, index):
            return texts[index * 10 : index * 10 + 10], np.zeros(10)

    yield "list", texts.tolist(), {}
    yield "list by 7", texts.tolist(), {"batch_size": 7}
    yield "generator", (texts[i : i + 7] for i in range(0, 60, 7)), {}
    yield "generator of lists", (texts[i : i + 7].tolist() for i in range(0, 60, 7)), {}
    yield "PyDataset", Batches(), {}
    yield "DataLoader", torch.utils.data.DataLoader(texts.tolist(), batch_size=8), {}
    yield "endless", itertools.repeat(texts), {"steps": 1}


@pytest.mark.parametrize("mode", ["int", "tf_idf"])
def test_adapting_to_what_makes_batches(mode, backend):
    whole = made({"output_mode": mode})
    for name, source, options in sources(TEXTS):
        layer = layers.TextVectorization(output_mode=mode)
        layer.adapt(source, **options)
        assert layer.get_vocabulary() == whole.get_vocabulary(), name
        np.testing.assert_allclose(array(layer(TEXTS)), array(whole(TEXTS)), err_msg=name)


def test_a_million_words_come_back(tmp_path):
    words = [f"w{i}" for i in range(1_000_000)]
    layer = layers.TextVectorization(vocabulary=words[:10])
    layer = layers.TextVectorization()
    layer.set_vocabulary(words)
    Sequential([Input((1,), dtype="string"), layer]).save(tmp_path / "net.keras")
    again = saving.load_model(tmp_path / "net.keras")
    assert again.predict(np.array([["w999999 w0 none"]]), verbose=0).tolist() == [[1_000_001, 2, 1]]


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: layers.TextVectorization(ragged=True), MissingCapabilityError, "no ragged tensors"),
        (lambda: layers.TextVectorization(sparse=True), MissingCapabilityError, "no sparse tensors"),
        (lambda: layers.TextVectorization(standardize="upper"), ArgumentError, "standardize"),
        (lambda: layers.TextVectorization(split="words"), ArgumentError, "split"),
        (lambda: layers.TextVectorization(ngrams=0), ArgumentError, "ngrams"),
        (lambda: layers.TextVectorization(ngrams="x"), ArgumentError, "ngrams"),
        (lambda: layers.TextVectorization(max_tokens=1), ArgumentError, "max_tokens"),
        (lambda: layers.TextVectorization(output_mode="one_hot"), ArgumentError, "output_mode"),
        (lambda: layers.TextVectorization(output_mode="count", output_sequence_length=3), ArgumentError, '"int"'),
        (lambda: layers.TextVectorization(pad_to_max_tokens=True), ArgumentError, "max_tokens"),
        (lambda: layers.TextVectorization(idf_weights=[1.0]), ArgumentError, "tf_idf"),
        (lambda: layers.TextVectorization(vocabulary=["a", "a"]), ArgumentError, "each token once"),
        (lambda: layers.TextVectorization(vocabulary=["a", ""]), ArgumentError, "in front"),
        (lambda: layers.TextVectorization(vocabulary=[1]), ArgumentError, "needs texts"),
        (lambda: layers.TextVectorization()(["a"]), StateError, "needs a vocabulary"),
        (lambda: layers.TextVectorization().adapt([]), ArgumentError, "at least one token|rows of one length"),
        (lambda: layers.TextVectorization().adapt(["", " "]), ArgumentError, "at least one token"),
        (lambda: layers.TextVectorization().adapt([1, 2]), ArgumentError, "needs texts"),
        (lambda: layers.TextVectorization().adapt(7), ArgumentError, "batches of them"),
        (lambda: layers.TextVectorization(vocabulary=["a"]).adapt(["a"]), StateError, "without `vocabulary`"),
        (lambda: layers.TextVectorization(vocabulary=["a"])([1, 2]), ArgumentError, "needs texts"),
        (lambda: layers.TextVectorization(vocabulary=["a"])([None, "a"]), ArgumentError, "needs texts"),
        (lambda: layers.TextVectorization(vocabulary=["a"])([["a", "b"]]), ArgumentError, r"\(batch, 1\)"),
        (lambda: layers.TextVectorization(vocabulary=["a"], standardize=lambda x: x[:1])(["a", "b"]), ArgumentError,
         "as many as it receives"),
        (lambda: layers.TextVectorization(vocabulary=["a"], split=lambda x: [["a"]])(["a", "b"]), ArgumentError,
         "1 rows for 2 texts"),
        (lambda: layers.TextVectorization.from_config({"vocabulary": "/etc/passwd"}), UnsafeModelError, "itself"),
    ],
)  # fmt: skip
def test_what_is_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize("engine", [name for name in registry.installed() if name != "tensorflow"])
def test_it_needs_no_tensorflow(engine, tmp_path):
    program = f"""
import sys
import numpy as np
import keraslite as keras
texts = np.array(["a good film", "a bad film", "good", "bad bad"])
vectorize = keras.layers.TextVectorization(output_sequence_length=3)
vectorize.adapt(texts)
stack = [vectorize, keras.layers.Embedding(6, 2), keras.layers.Flatten(), keras.layers.Dense(1)]
model = keras.Sequential([keras.Input((1,), dtype="string"), *stack])
if {engine!r} != "numpy":
    model.compile("sgd", "mse")
    model.fit(texts, np.ones((4, 1)), verbose=0)
keras.layers.Hashing(5)(texts)
keras.layers.HashedCrossing(5)((texts, texts))
numbers = keras.layers.Normalization()
numbers.adapt(np.ones((3, 2)))
model.save({str(tmp_path / "net.keras")!r})
np.save({str(tmp_path / "out.npy")!r}, model.predict(texts, verbose=0))
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
"""
    again = f"""
import sys
import numpy as np
import keraslite as keras
model = keras.saving.load_model({str(tmp_path / "net.keras")!r})
found = model.predict(np.array(["a good film", "a bad film", "good", "bad bad"]), verbose=0)
assert np.allclose(found, np.load({str(tmp_path / "out.npy")!r}))
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
"""
    for each in (program, again):
        subprocess.run([sys.executable, "-c", each], check=True, env={**os.environ, "KERAS_BACKEND": engine})
