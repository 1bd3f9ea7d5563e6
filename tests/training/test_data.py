"""The kinds of sources that batches may come from."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from training_models import classes, engine, linear, regression  # noqa: F401

import keraslite as keras
from keraslite.backend import registry
from keraslite.errors import ArgumentError, DataError
from keraslite.training.data import conversion
from keraslite.training.data.arrays import ArraySource
from keraslite.training.data.choose import source_for
from keraslite.training.data.pack import pack_x_y_sample_weight, unpack_x_y_sample_weight
from keraslite.training.feed import Feed
from keraslite.utils import PyDataset

QUIET = {"verbose": 0}


def batches_of(size: int = 5, with_weights: bool = False):
    x, y = regression()
    for i in range(0, 20, size):
        part = slice(i, i + size)
        yield (x[part], y[part], np.ones(size)) if with_weights else (x[part], y[part])


class Indexed(PyDataset):
    """20 samples in 4 batches."""

    def __init__(self, **options):
        super().__init__(**options)
        self.events, self.threads = [], set()

    def __len__(self):
        return 4

    def __getitem__(self, index):
        self.threads.add(threading.current_thread().name)
        return list(batches_of())[index]

    def on_epoch_end(self):
        self.events.append("end")


def expected():
    x, y = regression()
    return linear().fit(x, y, batch_size=5, epochs=2, shuffle=False, **QUIET).history["loss"]


def test_lists_of_numbers_are_one_array_and_lists_of_arrays_several():
    assert conversion.to_arrays([[0, 0], [0, 1]], "x").shape == (2, 2)
    assert conversion.to_arrays([1, 2, 3], "x").shape == (3,)
    assert [a.shape for a in conversion.to_arrays([np.ones(3), np.ones((3, 2))], "x")] == [(3,), (3, 2)]
    assert conversion.to_arrays({"a": np.ones(3), "b": None}, "x")["b"] is None


def test_float64_becomes_floatx_and_integers_stay_integers(backend):
    placed = conversion.on_device((np.ones((2, 2)), np.arange(2), np.ones(2, "float16"), np.array([True, False]), None))
    names = [None if x is None else registry.current().dtype_name(x) for x in placed]
    assert names[0] == "float32"
    assert names[1].startswith("int")
    assert names[2:] == ["float16", "bool", None]


def test_tensors_of_the_engine_are_used_as_they_are(differentiating_backend):
    x, y = regression()
    tensors = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(y)
    history = linear().fit(*tensors, batch_size=5, epochs=2, shuffle=False, **QUIET).history
    assert history["loss"] == pytest.approx(expected(), rel=1e-5)
    shuffled = linear().fit(*tensors, batch_size=5, **QUIET).history["loss"]
    assert shuffled == pytest.approx(linear().fit(x, y, batch_size=5, **QUIET).history["loss"], rel=1e-5)


@pytest.mark.parametrize("kind", ["arrays", "generator", "indexed"])
def test_tensors_of_the_engine_are_not_read_on_the_host(differentiating_backend, monkeypatch, kind):
    x, y = map(keras.ops.convert_to_tensor, regression(64))
    engine, read = registry.current(), []  # noqa: F811
    original = engine.to_numpy

    def to_numpy(tensor):
        read.append(tuple(tensor.shape))
        return original(tensor)

    class Parts(PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return x[16 * index : 16 * index + 16], y[16 * index : 16 * index + 16]

    monkeypatch.setattr(engine, "to_numpy", to_numpy)
    data = {"arrays": (x, y), "generator": (Parts()[i % 4] for i in range(8)), "indexed": Parts()}[kind]
    data = data if kind == "arrays" else (data,)
    linear().fit(*data, batch_size=16 if kind == "arrays" else None, steps_per_epoch=4, epochs=2, **QUIET)
    assert not [shape for shape in read if shape and shape[0] in (16, 64)]


def test_generators_with_and_without_weights(differentiating_backend):
    for with_weights in (False, True):

        def endless(with_weights=with_weights):
            while True:
                yield from batches_of(with_weights=with_weights)

        history = linear().fit(endless(), steps_per_epoch=4, epochs=2, **QUIET).history
        assert history["loss"] == pytest.approx(expected(), rel=1e-5)


def test_a_generator_that_ends_early_is_a_clear_warning(engine):  # noqa: F811
    with pytest.warns(UserWarning, match=r"`fit`: the data ended early.*of 3 batches.*repeat"):
        history = linear().fit(batches_of(), steps_per_epoch=3, epochs=2, **QUIET)
    assert history.epoch == [0, 1]  # 3 batches, then 1
    with pytest.warns(UserWarning, match="ended early"):
        history = linear().fit(batches_of(), epochs=3, **QUIET)
    assert history.epoch == [0]
    assert len(linear().fit(batches_of(), **QUIET).epoch) == 1


def test_a_generator_is_not_read_further_than_its_steps(engine):  # noqa: F811
    taken = []

    def counting():
        for batch in batches_of():
            taken.append(1)
            yield batch

    linear().fit(counting(), steps_per_epoch=2, **QUIET)
    assert len(taken) == 2


def test_py_dataset(differentiating_backend):
    dataset = Indexed()
    history = linear().fit(dataset, epochs=2, shuffle=False, **QUIET).history
    assert history["loss"] == pytest.approx(expected(), rel=1e-5)
    assert dataset.events == ["end", "end"]
    assert linear().predict(dataset, **QUIET).shape == (20, 3)
    assert keras.utils.Sequence is PyDataset


def test_py_dataset_with_workers_keeps_the_order(engine):  # noqa: F811
    dataset = Indexed(workers=3, max_queue_size=2)
    history = linear().fit(dataset, epochs=2, shuffle=False, **QUIET).history
    assert history["loss"] == pytest.approx(expected(), rel=1e-5)
    assert all(name.startswith("keraslite-data") for name in dataset.threads - {threading.current_thread().name})
    assert any(name.startswith("keraslite-data") for name in dataset.threads)


def test_py_dataset_without_super_init_and_shuffled(engine):  # noqa: F811
    class Plain(PyDataset):
        def __init__(self):
            pass

        def __len__(self):
            return 4

        def __getitem__(self, index):
            return np.full((1, 4), index, "float32"), np.zeros((1, 3), "float32")

    source = source_for(Plain(), shuffle=True)
    seen = [[int(batch[0][0, 0]) for batch in source.batches()] for _ in range(6)]
    assert all(sorted(order) == [0, 1, 2, 3] for order in seen)
    assert len({tuple(order) for order in seen}) > 1


def test_tf_data(differentiating_backend):
    if "tensorflow" not in registry.installed():
        pytest.skip("needs tensorflow")
    import tensorflow as tf

    x, y = regression()
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(5)
    model = linear()
    assert model.fit(dataset, epochs=2, **QUIET).history["loss"] == pytest.approx(expected(), rel=1e-5)
    assert model.predict(dataset, **QUIET).shape == (20, 3)
    history = linear().fit(dataset.repeat(), steps_per_epoch=4, epochs=2, validation_data=dataset, **QUIET).history
    assert history["loss"] == pytest.approx(expected(), rel=1e-5)
    assert len(history["val_loss"]) == 2


def test_torch_data_loader(differentiating_backend):
    if "torch" not in registry.installed():
        pytest.skip("needs torch")
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    x, y = regression()
    loader = DataLoader(TensorDataset(torch.from_numpy(x), torch.from_numpy(y)), batch_size=5)
    assert linear().fit(loader, epochs=2, **QUIET).history["loss"] == pytest.approx(expected(), rel=1e-5)
    assert linear().evaluate(loader, **QUIET) == pytest.approx(linear().evaluate(x, y, **QUIET), rel=1e-5)


def test_tables_of_pandas(engine):  # noqa: F811
    pandas = pytest.importorskip("pandas")
    x, y = regression()
    table, targets = pandas.DataFrame(x, index=np.arange(20)[::-1]), pandas.DataFrame(y)
    ones = pandas.Series(np.ones(20))
    history = linear().fit(table, targets, 5, 2, sample_weight=ones, shuffle=False, **QUIET).history
    assert history["loss"] == pytest.approx(expected(), rel=1e-5)
    assert linear().predict(table, **QUIET).shape == (20, 3)
    source = ArraySource(table, targets[0], None, 8, False, "fit")
    assert [part.shape for part in next(iter(source.batches()))] == [(8, 4), (8, 1)]


def test_columns_of_several_dtypes_are_read_by_the_one_they_have_in_common():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({
        "age": pandas.array([3, 4], dtype="Int64"), "old": [True, False], "size": [0.5, 2.0],
        "name": ["a", "b"], "kind": pandas.Categorical(["u", "v"]),
    })  # fmt: skip
    found = conversion.to_arrays(table[["age", "old", "size"]], "x")
    assert found.tolist() == [[3, 1, 0.5], [4, 0, 2]]
    with pytest.raises(DataError, match=r"`x` to hold numbers.*columns \['name', 'kind'\] hold something else"):
        conversion.to_arrays(table, "x")


class Samples:
    """A data set of PyTorch's kind."""

    def __init__(self, sample):
        self.sample = sample

    def __len__(self):
        return 20

    def __getitem__(self, index):
        assert type(index) is int
        return self.sample(index)


class Rows(Samples):
    """A data set of Hugging Face's kind."""

    column_names = ("a", "b")
    shape = 20, 2

    def __iter__(self):
        return map(self.sample, range(20))


def test_samples_by_index(differentiating_backend):
    x, y = regression()
    data = Samples(lambda i: (x[i], y[i].tolist()))
    history = linear().fit(data, batch_size=5, epochs=2, shuffle=False, validation_data=data, **QUIET).history
    assert history["loss"] == pytest.approx(expected(), rel=1e-5)
    assert linear().predict(data, batch_size=7, **QUIET).shape == (20, 3)
    one = linear().fit(data, batch_size=5, epochs=2, **QUIET).history["loss"]
    assert one == linear().fit(data, batch_size=5, epochs=2, **QUIET).history["loss"]
    assert one != history["loss"]


def test_rows_by_index_beside_targets_are_one_array(engine):  # noqa: F811
    x, y = regression()
    rows, targets = Samples(lambda i: x[i] if i < 20 else x[20]), Samples(lambda i: y[i] if i < 20 else y[20])
    history = linear().fit(rows, targets, batch_size=5, epochs=2, shuffle=False, **QUIET).history
    assert history["loss"] == pytest.approx(expected(), rel=1e-5)
    with pytest.raises(ArgumentError, match="`validation_split`. Received Samples. Use `validation_data`"):
        linear().fit(rows, validation_split=0.5, **QUIET)


@pytest.mark.parametrize(
    ("sample", "batch"),
    [
        (lambda i: {"a": [i, i], "b": "text"}, ({"a": [[0, 0], [1, 1]], "b": ["text", "text"]},)),
        (lambda i: ([float(i)], i, None), ([[0.0], [1.0]], [0, 1], None)),
        (lambda i: ((np.float32(i), [i]),), ([[0, 1], [[0], [1]]],)),
        (lambda i: np.ones(2), ([[1, 1], [1, 1]],)),
        (lambda i: float(i), ([0, 1],)),
    ],
)
def test_samples_as_batches(sample, batch):
    def plain(nest):
        return conversion.map_data(lambda array: array.tolist(), nest)

    for kind in (Samples, Rows):
        source = source_for(kind(sample), batch_size=2)
        assert source.num_batches == 10
        assert plain(next(iter(source.batches()))) == batch


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (lambda i: np.ones(1 + i), r"one shape. Received \[\(1,\), \(2,\)\]"),
        (lambda i: {"a": 1} if i == 0 else {"b": 1}, "same parts. Received one with 'a'"),
        (lambda i: (1, 2) if i == 0 else (1,), "same parts. Received one of 2 parts"),
    ],
)
def test_samples_that_differ(sample, message):
    with pytest.raises(DataError, match=message):
        next(source_for(Samples(sample), batch_size=2).batches())


def test_data_sets_of_grain(engine):  # noqa: F811
    grain = pytest.importorskip("grain")
    x, y = regression()
    by_index = grain.MapDataset.source(list(zip(x, y, strict=True)))
    for data in (by_index.batch(5), by_index.to_iter_dataset().batch(5)):
        history = linear().fit(data, epochs=2, shuffle=False, **QUIET).history
        assert history["loss"] == pytest.approx(expected(), rel=1e-5)
    history = linear().fit(by_index.repeat().batch(5), steps_per_epoch=4, epochs=2, **QUIET).history
    assert history["loss"] == pytest.approx(expected(), rel=1e-5)


def test_a_py_dataset_hears_of_epochs_before_their_first_batch(engine):  # noqa: F811
    class Told(Indexed):
        def on_epoch_begin(self):
            self.events.append("begin")

        def __getitem__(self, index):
            self.events.append(index)
            return super().__getitem__(index)

    epoch = ["begin", 0, 1, 2, 3, "end"]
    data, validation = Told(), Told()
    model = linear()
    model.fit(data, epochs=2, shuffle=False, validation_data=validation, **QUIET)
    assert data.events == validation.events == 2 * epoch
    for run in (model.evaluate, model.predict):
        data = Told()
        run(data, **QUIET)
        assert data.events == epoch


def test_the_last_batch_is_smaller_and_steps_are_known():
    source = ArraySource(np.arange(10), None, None, 4, False, "fit")
    assert source.num_batches == 3
    assert [len(batch) for batch in source.batches()] == [4, 4, 2]
    assert ArraySource(np.arange(10), None, None, None, False, "fit").batch_size == 32


def test_batches_go_to_the_device_ahead_of_their_step(engine):  # noqa: F811
    order = []

    class Watched(ArraySource):
        def batches(self):
            for i, batch in enumerate(super().batches()):
                order.append(f"read {i}")
                yield batch

    feed = Feed(Watched(np.arange(8.0), None, None, 2, False, "fit"))
    for i, _ in enumerate(feed.epoch()):
        order.append(f"step {i}")
    assert order == ["read 0", "read 1", "step 0", "read 2", "step 1", "read 3", "step 2", "step 3"]


def test_small_batches_are_sent_together(engine, monkeypatch):  # noqa: F811
    feed = Feed(ArraySource(np.arange(70.0), None, None, 2, False, "fit"))
    sizes, ends = zip(*((len(batches), feed.at_end) for batches in feed.sent()), strict=True)
    assert sizes == (16, 16, 3)
    assert ends == (False, False, True)
    monkeypatch.setattr("keraslite.training.feed._SMALL", 40)  # bytes; a batch has 16
    assert [len(batches) for batches in feed.sent()] == [2] * 17 + [1]
    monkeypatch.setattr("keraslite.training.feed._SMALL", 8)
    assert [len(batches) for batches in feed.sent()] == [1] * 35


@pytest.mark.parametrize("where", ["fit", "evaluate"])
def test_silent_steps_are_the_same_steps(engine, where):  # noqa: F811
    """With a callback that looks at each batch they go one by one."""

    class Watching(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)

        on_test_batch_end = on_train_batch_end

    x, y = regression(70)
    results, seen = [], []
    for callbacks in ([], [Watching()]):
        model = linear()
        if where == "fit":
            history = model.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0, callbacks=callbacks).history
            results.append([*history["loss"], *model.get_weights()[0].ravel()])
        else:
            results.append([model.evaluate(x, y, batch_size=4, verbose=0, callbacks=callbacks)])
    assert len(seen) == (54 if where == "fit" else 18)
    np.testing.assert_allclose(*results, rtol=1e-6)


def test_peeking_loses_no_batch(engine):  # noqa: F811
    feed = Feed(source_for(batches_of()))
    feed.peek()
    assert len(list(feed.epoch())) == 4


def test_pack_and_unpack():
    assert pack_x_y_sample_weight(1) == 1
    assert pack_x_y_sample_weight({"a": 1}) == {"a": 1}
    assert pack_x_y_sample_weight([1, 2]) == ([1, 2],)
    assert pack_x_y_sample_weight((1, 2)) == ((1, 2),)
    assert pack_x_y_sample_weight(1, None, 3) == (1, None, 3)
    assert pack_x_y_sample_weight(1, 2) == (1, 2)
    assert pack_x_y_sample_weight(1, 2, 3) == (1, 2, 3)
    assert unpack_x_y_sample_weight((1, 2)) == (1, 2, None)
    assert unpack_x_y_sample_weight([1, 2]) == ([1, 2], None, None)
    with pytest.raises(ValueError, match="A batch needs"):
        unpack_x_y_sample_weight((1, 2, 3, 4))


def test_batch_size_beside_a_dataset_is_not_used(engine):  # noqa: F811
    with pytest.warns(UserWarning, match="`batch_size` is not used"):
        linear().fit(batches_of(), batch_size=3, **QUIET)


def test_integer_labels_as_tensors_are_not_read_back(engine):  # noqa: F811
    x, y = classes()
    from training_models import classifier

    model = classifier()
    labels = keras.ops.convert_to_tensor(y)
    assert np.isfinite(model.fit(x, labels, class_weight={0: 2.0}, **QUIET).history["loss"][0])
