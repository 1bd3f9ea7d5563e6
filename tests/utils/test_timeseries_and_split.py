"""Windows of time series, and data split in two."""

from __future__ import annotations

import keras_peer
import numpy as np
import pytest

from keraslite import ops
from keraslite.errors import ArgumentError, DataError
from keraslite.utils import PyDataset, split_dataset, text_dataset_from_directory, timeseries_dataset_from_array

needs_keras = pytest.mark.skipif(not keras_peer.available(), reason="needs Keras")
SERIES = np.random.default_rng(0).normal(size=(50, 2)).astype("float32")


def elements(dataset):
    return [element if isinstance(element, tuple) else (element,) for element in dataset]


@needs_keras
@pytest.mark.parametrize("with_targets", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {"sequence_length": 5},
        {"sequence_length": 5, "batch_size": 7},
        {"sequence_length": 5, "batch_size": None},
        {"sequence_length": 4, "sequence_stride": 3, "sampling_rate": 2, "batch_size": 5},
        {"sequence_length": 6, "sampling_rate": 4, "start_index": 7, "end_index": 45, "batch_size": 4},
        {"sequence_length": 1, "start_index": 49},
    ],
)
def test_windows_are_those_of_keras(options, with_targets):
    targets = np.arange(50) * 10 if with_targets else None
    expected = keras_peer.call(
        "utils.files_on_keras:timeseries", "tensorflow", data=SERIES, targets=targets, options=options
    )
    found = elements(timeseries_dataset_from_array(SERIES, targets, **options))
    assert len(found) == len(expected)
    for element, other in zip(found, expected, strict=True):
        for part, there in zip(element, other, strict=True):
            assert (part.shape, part.dtype) == (there.shape, there.dtype)
            np.testing.assert_array_equal(part, there)


def test_fewer_targets_than_steps():
    data = timeseries_dataset_from_array(np.arange(20), np.arange(9) * 10, 3, 2, 2, start_index=2, end_index=18)
    ((windows, targets),) = data
    assert windows.tolist() == [[2, 4, 6], [4, 6, 8], [6, 8, 10], [8, 10, 12]]
    assert targets.tolist() == [20, 40, 60, 80]


def test_windows_in_another_order(backend):
    series = ops.convert_to_tensor(np.arange(30, dtype="float32"))
    one, other = (timeseries_dataset_from_array(series, None, 3, batch_size=4, shuffle=True, seed=1) for _ in range(2))
    firsts = [np.concatenate([windows[:, 0] for windows in data]).tolist() for data in (one, other, one)]
    assert firsts[0] == firsts[1] != firsts[2]
    assert sorted(firsts[0]) == sorted(firsts[2]) == list(range(28))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sequence_length": 0}, ArgumentError, "sequence_length"),
        ({"sequence_stride": 0}, ArgumentError, "sequence_stride"),
        ({"sampling_rate": 0}, ArgumentError, "sampling_rate"),
        ({"batch_size": 0}, ArgumentError, "batch_size"),
        ({"start_index": -1}, ArgumentError, "start_index"),
        ({"end_index": 51}, ArgumentError, "end_index"),
        ({"start_index": 9, "end_index": 5}, ArgumentError, "start_index=9"),
        ({"sequence_length": 60}, DataError, "50 steps and 50 targets for windows over 60"),
        ({"targets": []}, DataError, "0 targets"),
        ({"format": "x"}, ArgumentError, "format"),
    ],
)
def test_bad_windows(options, error, message):
    with pytest.raises(error, match=message):
        timeseries_dataset_from_array(**{"data": SERIES, "targets": np.arange(50), "sequence_length": 3, **options})


@pytest.mark.parametrize("native", ["tf", "grain"])
def test_native_windows(native):
    pytest.importorskip({"tf": "tensorflow", "grain": "grain"}[native])
    (element,) = timeseries_dataset_from_array(SERIES, np.arange(50), 5, format=native)
    ((windows, targets),) = timeseries_dataset_from_array(SERIES, np.arange(50), 5)
    np.testing.assert_array_equal(np.asarray(element[0]), windows)
    np.testing.assert_array_equal(np.asarray(element[1]), targets)


@needs_keras
@pytest.mark.parametrize("kind", ["array", "tuple"])
@pytest.mark.parametrize(
    "options",
    [{"left_size": 0.8}, {"left_size": 0.25}, {"right_size": 0.25}, {"right_size": 0.35}, {"left_size": 3},
     {"left_size": 3, "right_size": 2}, {"left_size": 0.5, "right_size": 0.3},
     {"left_size": 0.7, "shuffle": True, "seed": 1}],
)  # fmt: skip
def test_parts_are_those_of_keras(kind, options):
    x = np.arange(10, dtype="float32")
    data = x if kind == "array" else (x, np.arange(10) * 2)
    expected = keras_peer.call("utils.files_on_keras:split", "tensorflow", data=data, options=options)
    for part, other in zip(split_dataset(data, **options), expected, strict=True):
        found = [[np.asarray(leaf).tolist() for leaf in element] for element in elements(part)]
        assert found == [[leaf.tolist() for leaf in element] for element in other]


class Pairs(PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return np.full((2, 1), index), np.full(2, index)


def sources(tmp_path):
    for i in range(4):
        (tmp_path / f"{i}.txt").write_text(str(i))
    return {
        "array": np.arange(4),
        "list": [0, 1, 2, 3],
        "dict": {"a": np.arange(4), "b": np.arange(4)},
        "dataset": timeseries_dataset_from_array(np.arange(4), None, 1, batch_size=1),
        "mapped": timeseries_dataset_from_array(np.arange(4), None, 1, batch_size=1).map(lambda x: x * 1),
        "folder": text_dataset_from_directory(tmp_path, None, batch_size=1, seed=1, verbose=False),
        "py_dataset": Pairs(),
        "iterable": (i for i in range(4)),
    }


@pytest.mark.parametrize("kind", ["array", "list", "dict", "dataset", "mapped", "folder", "py_dataset", "iterable"])
def test_sources_of_every_kind(tmp_path, kind):
    left, right = split_dataset(sources(tmp_path)[kind], left_size=0.75)
    assert (len(left), len(right)) == (3, 1)
    parts = [[int(np.asarray(leaf).reshape(-1)[0]) for leaf in map(first, part)] for part in (left, right)]
    assert sorted(parts[0] + parts[1]) == [0, 1, 2, 3]
    assert parts[0] == [int(np.asarray(first(each)).reshape(-1)[0]) for each in left]  # the same again
    assert len(list(left.batch(2))) == 2


def first(element):
    while isinstance(element, (tuple, dict)):
        element = next(iter(element.values())) if isinstance(element, dict) else element[0]
    return element


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Received None for both"),
        ({"left_size": 1.2}, "left_size"),
        ({"left_size": 11}, "left_size"),
        ({"left_size": "a"}, "left_size"),
        ({"left_size": 0.5, "right_size": 0.7}, "together 10"),
        ({"left_size": 10}, "on both sides"),
        ({"left_size": 0.5, "preferred_backend": "mxnet"}, "preferred_backend"),
    ],
)
def test_bad_sizes(options, message):
    with pytest.raises(ArgumentError, match=message):
        split_dataset(np.arange(10), **options)


def test_what_cannot_be_split():
    with pytest.raises(ArgumentError, match="str"):
        split_dataset("abc", left_size=1)
    endless = timeseries_dataset_from_array(np.arange(4), None, 1).repeat()
    with pytest.raises(ArgumentError, match="take"):
        split_dataset(endless, left_size=1)


def test_parts_in_tensorflows_form():
    pytest.importorskip("tensorflow")
    left, right = split_dataset((np.arange(4.0), np.arange(4)), left_size=3, preferred_backend="tensorflow")
    assert [[float(x) for x in pair] for pair in left] == [[0, 0], [1, 1], [2, 2]]
    assert [[float(x) for x in pair] for pair in right] == [[3, 3]]
