"""Many texts at once are looked up and hashed by NumPy: the results are those of few, which the other tests hold."""

import numpy as np
import pytest

from keraslite import layers
from keraslite.errors import ArgumentError
from keraslite.layers.preprocessing.hashes import fingerprints, siphashes
from keraslite.layers.preprocessing.packed import Packed
from keraslite.layers.preprocessing.texts import encoded_texts
from keraslite.layers.preprocessing.word_table import Slots, WordTable

PLAIN = ["", "a", "ab", "house", "eightchr", "nine char", "x" * 16, "y" * 17, "z" * 64, "long" * 30, "A house."]
OTHERS = [
    "é",
    "größer",
    "漢字",
    "😀 smile",
    "a\0b",
    "end\0",
    "\0",
    "tab\tand\nnewline\x0b\x0c\r",
    "\x1c\x85\u3000",
    "'\"!",
]
LOWEST, HIGHEST = -(2**63), 2**63 - 1


def encoded(texts):
    return [text.encode() for text in texts]


ARRAYS = {
    "str": np.array(PLAIN),
    "str of other characters": np.array([text.rstrip("\0") for text in PLAIN + OTHERS]),
    "str with zeros": np.array(["a\0b", "c"]),
    "str of the other byte order": np.array(PLAIN).astype(np.dtype(f"U{len(max(PLAIN, key=len))}").newbyteorder(">")),
    "bytes": np.array(encoded(PLAIN)),
    "bytes of one width": np.array([b"\xff\xfe", b"\0a"]),
    "StringDType": np.array(PLAIN + OTHERS, np.dtypes.StringDType()),
    "objects": np.array(PLAIN, object),
    "objects with zeros": np.array(PLAIN + OTHERS, object),
    "objects of bytes": np.array([*encoded(PLAIN + OTHERS), b"\xff"], object),
    "objects of both": np.array([*PLAIN, *encoded(OTHERS)], object),
    "every second": np.array(PLAIN)[::2],
    "none": np.array([], str),
    "integers": np.array([0, 7, -1, 10, 99, 100, -12345, LOWEST, HIGHEST]),
    "small integers": np.array([0, 255], "uint8"),
    "booleans": np.array([True, False]),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS.keys())
def test_arrays_in_one_buffer(array):
    packed, expected = Packed.of_array(array), encoded_texts(array)
    assert packed.texts() == expected
    assert not packed.is_plain or not any(b"\0" in text for text in expected)
    assert fingerprints(packed).tolist() == fingerprints(expected).tolist()
    assert siphashes(packed, (3, 4)).tolist() == siphashes(expected, (3, 4)).tolist()
    known = {text: place for place, text in enumerate(dict.fromkeys([*expected[::2], b"other"]))}
    assert WordTable(known).find(packed).tolist() == [known.get(text, -1) for text in expected]


def test_surrogates_have_no_utf_8():
    assert Packed.of_array(np.array(["a", "\udcff"], object)) is None
    assert Packed.of_array(np.array(["a", "\udcff"])) is None


@pytest.mark.parametrize("count", [1, 2, 1000, 70_000])
def test_tables_of_many_words(count):
    words = [b"%d" % (number * 7919) for number in range(count)]
    table = WordTable({word: place for place, word in enumerate(words)})
    assert (table.find(Packed.of_array(np.array(words))) == np.arange(count)).all()
    assert (table.find(Packed.of_array(np.array([word + b"x" for word in words]))) == -1).all()


class Crowded(Slots):
    """A table where all rows belong into the first slot."""

    def _at(self, keys):
        return np.zeros(len(keys[0]), np.int64)


def test_tables_of_words_with_one_hash():
    slots = Crowded([np.arange(1, 20, dtype=np.uint64)], np.arange(19))
    assert slots.find([np.arange(25, dtype=np.uint64)]).tolist() == [-1, *range(19), *[-1] * 5]


# ---- layers ---------------------------------------------------------------------------------------------------------


def texts_of(rng, count):
    parts = [text for text in PLAIN + OTHERS if "\0" not in text] + ["the", "The", "a b", "unknown", " ", "..."]
    return [" ".join(rng.choice(parts, rng.integers(0, 7))) for _ in range(count)]


VECTORIZATIONS = [
    {},
    {"standardize": None},
    {"standardize": "lower"},
    {"standardize": "strip_punctuation"},
    {"output_sequence_length": 5},
    {"output_mode": "count"},
    {"ngrams": 2},
    {"ngrams": (3, 1)},
    {"ngrams": (2,), "output_mode": "multi_hot"},
]


@pytest.mark.parametrize("as_bytes", [False, True])
@pytest.mark.parametrize("kwargs", VECTORIZATIONS, ids=str)
def test_vectorization_of_many_texts(kwargs, as_bytes):
    rng = np.random.default_rng(0)
    texts = texts_of(rng, 3000)
    layer = layers.TextVectorization(**kwargs).on_host()
    layer._copy.adapt(texts[:700])
    texts[2500] += " with\0zero"
    array = np.array(encoded(texts) if as_bytes else texts, object)
    found = layer(array)
    assert layer._copy._lookup_layer._vocabulary._table or layer._copy._lookup_layer._vocabulary._runs
    for start in range(0, len(texts), 250):  # so few are looked up one by one
        few = layer(array[start : start + 250])
        assert (found[start : start + 250, : few.shape[1]] == few).all()
        assert not found[start : start + 250, few.shape[1] :].any()


@pytest.mark.parametrize("kind", ["str", "str of other characters", "objects with zeros", "objects of both"])
@pytest.mark.parametrize("kwargs", [{}, {"mask_token": ""}, {"num_oov_indices": 3}, {"num_oov_indices": 2, "salt": 5}])
def test_lookup_of_many_texts(kind, kwargs):
    array = ARRAYS[kind][np.random.default_rng(0).integers(0, len(ARRAYS[kind]), (2, 5000))]
    layer = layers.StringLookup(vocabulary=[*PLAIN[2:], *OTHERS[::2]], **kwargs).on_host()
    found = layer(array)
    assert layer._copy._vocabulary._table is not None
    assert found.shape == array.shape
    assert found[:, :100].tolist() == layer(array[:, :100]).tolist()
    with pytest.raises(ArgumentError, match="needs texts"):
        layer(np.array([None] * 5000, object))
