"""Layers that prepare texts and tables give the same in a model, on the host, and in four kinds of pipelines."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from keraslite import layers, ops, tree, utils
from keraslite.errors import StateError

TEXTS = np.array(["the cat sat", "a dog", "", "the the mat", "cat É", "dog dog dog", "sat", "on a mat"], object)
NUMBERS = np.arange(24.0, dtype="float32").reshape(8, 3)
ROWS = [{"word": str(text), "size": float(i)} for i, text in enumerate(TEXTS)]


def vectorized():
    layer = layers.TextVectorization(output_sequence_length=4)
    layer.adapt(TEXTS)
    return layer, TEXTS


def looked_up():
    return layers.StringLookup(vocabulary=["a dog", "sat"], output_mode="one_hot"), TEXTS


def hashed():
    return layers.Hashing(7, salt=3), TEXTS


def normalized():
    layer = layers.Normalization()
    layer.adapt(NUMBERS)
    return layer, NUMBERS


def discretized():
    return layers.Discretization([4.0, 9.0], output_mode="multi_hot"), NUMBERS


def encoded():
    return layers.CategoryEncoding(24, "count"), NUMBERS.astype("int64")


class Items:
    """A data set of PyTorch's kind, and of grain's."""

    def __init__(self, data, function):
        self.data, self.function = data, function

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        return self.function(self.data[index : index + 1])[0]


class Batches(utils.PyDataset):
    """Batches of two."""

    def __init__(self, data, function):
        super().__init__()
        self.data, self.function = data, function

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.function(self.data[2 * index : 2 * index + 2]), np.zeros(2)


def loader(data, function, workers):
    from torch.utils.data import DataLoader

    batches = DataLoader(Items(data, function), batch_size=4, num_workers=workers)
    return np.concatenate([np.asarray(batch) for batch in batches])


def grain(data, function):
    source = importlib.import_module("grain").MapDataset.source(list(range(len(data))))
    items = source.map(lambda i: function(data[i : i + 1])[0]).batch(4)
    return np.concatenate([np.asarray(batch) for batch in items])


def tf_data(data, layer):
    import tensorflow as tf

    given = tf.constant(list(data)) if data.dtype == object else data
    mapped = tf.data.Dataset.from_tensor_slices(given).batch(2).map(layer)
    assert mapped.element_spec.shape[1:].is_compatible_with(layer(data).shape[1:])
    return np.concatenate([x.numpy() for x in mapped])


PIPELINES = {
    "loader": lambda data, function: loader(data, function, 0),
    "workers": lambda data, function: loader(data, function, 2),
    "grain": grain,
    "generator": lambda data, function: np.concatenate([function(data[i : i + 3]) for i in range(0, len(data), 3)]),
    "PyDataset": lambda data, function: np.concatenate([Batches(data, function)[i][0] for i in range(4)]),
    "tf.data": tf_data,
}
NEEDS = {"loader": "torch", "workers": "torch", "grain": "grain", "tf.data": "tensorflow"}


@pytest.mark.parametrize("make", [vectorized, looked_up, hashed, normalized, discretized, encoded])
@pytest.mark.parametrize("kind", PIPELINES)
@pytest.mark.filterwarnings("ignore:.*fork.*", "ignore:.*multi-threaded.*")
def test_the_same_in_every_pipeline(kind, make, backend):
    if kind in NEEDS and importlib.util.find_spec(NEEDS[kind]) is None:
        pytest.skip(f"needs {NEEDS[kind]}")
    layer, data = make()
    wanted = np.asarray(ops.convert_to_numpy(layer(data)))
    found = PIPELINES[kind](data, layer if kind == "tf.data" else layer.on_host())
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.filterwarnings("ignore:.*fork.*", "ignore:.*multi-threaded.*")
def test_rows_of_a_table_in_a_loader(workers, backend):
    torch_data = pytest.importorskip("torch.utils.data")
    space = utils.FeatureSpace({"word": "string_categorical", "size": "float_normalized"})
    space.adapt(ROWS)
    function = space.on_host()
    items = torch_data.DataLoader([dict(row) for row in ROWS], batch_size=4, num_workers=workers)
    found = np.concatenate([function({"word": batch["word"], "size": batch["size"].numpy()}) for batch in items])
    columns = {"word": list(TEXTS), "size": np.arange(8.0)}
    np.testing.assert_allclose(found, ops.convert_to_numpy(space(columns)), rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")
@pytest.mark.parametrize("mode", ["concat", "dict"])
def test_rows_of_a_table_in_a_tf_data_set(mode, backend):
    import tensorflow as tf

    columns = {"word": list(TEXTS), "size": np.arange(8.0, dtype="float32")}
    space = utils.FeatureSpace({"word": "string_categorical", "size": "float_normalized"}, output_mode=mode)
    data = tf.data.Dataset.from_tensor_slices(columns)
    space.adapt(data)
    expected = tree.map(ops.convert_to_numpy, space(columns))
    for mapped in (data.map(space).batch(8), data.batch(8).map(space)):
        assert tree.map(lambda spec: spec.shape[1:], mapped.element_spec) == tree.map(lambda x: x.shape[1:], expected)
        tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), next(iter(mapped)), expected)


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")
def test_texts_from_a_tf_data_set():
    import tensorflow as tf

    layer = layers.StringLookup(vocabulary=["a", "b"], invert=True)
    mapped = tf.data.Dataset.from_tensor_slices([[1, 0], [2, 5]]).map(layer, num_parallel_calls=2)
    assert mapped.element_spec == tf.TensorSpec((2,), "string")
    assert [x.numpy().tolist() for x in mapped] == [[b"a", b"[UNK]"], [b"b", b"[UNK]"]]
    unknown = layers.StringLookup(vocabulary=["a"], num_oov_indices=0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="needs tokens of its vocabulary.*Received 'q'"):
        list(tf.data.Dataset.from_tensor_slices(["a", "q"]).map(unknown))
    anything = tf.data.Dataset.from_generator(lambda: ["a"], output_types="string")  # of any rank
    with pytest.raises(StateError, match="needs tensors of known rank"):
        anything.map(unknown)
