"""`Dataset`: what `map`, `take`, `batch` and the others give, and how it is read."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

from keraslite import layers, losses, models, ops, optimizers
from keraslite.backend import registry
from keraslite.errors import ArgumentError, DataError
from keraslite.training.data.dataset import Dataset
from keraslite.training.data.plans import Items
from keraslite.utils import timeseries_dataset_from_array


class Numbers:
    """Samples that count how often each is read, and by which thread."""

    def __init__(self, size: int, is_quick: bool = False):
        self.size, self.is_quick = size, is_quick
        self.read: list[int] = []
        self.threads: set[int] = set()

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index):
        self.read.append(index)
        self.threads.add(threading.get_ident())
        return np.float32(index), np.int32(index % 2)

    def batch(self, indices):
        self.read += indices.tolist()
        self.threads.add(threading.get_ident())
        return indices.astype("float32")[:, None], (indices % 2).astype("int32")


def numbers(size: int = 10, batch_size: int | None = 4, seed: int | None = None, is_quick: bool = False):
    samples = Numbers(size, is_quick)
    return Dataset(Items(samples, batch_size, seed), ["even", "odd"], [str(i) for i in range(size)]), samples


def inputs(dataset) -> list:
    return [np.asarray(x).reshape(-1).tolist() for x, _ in dataset]


def flat(rows: list) -> list:
    return [each for row in rows for each in row]


WHOLE = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@pytest.mark.parametrize("is_quick", [True, False])
def test_it_can_be_read_again_and_again(is_quick):
    data, samples = numbers(is_quick=is_quick)
    for _ in range(2):
        assert inputs(data) == WHOLE
    assert len(data) == data.num_batches == data.cardinality() == 3
    assert (threading.get_ident() in samples.threads) is is_quick
    assert next(iter(data.as_numpy_iterator()))[1].tolist() == [0, 1, 0, 1]


def unbatched(size: int = 10):
    return numbers(size, None)[0]


CHAINS = {
    "take": (lambda d: d.take(2), WHOLE[:2]),
    "take_all": (lambda d: d.take(-1), WHOLE),
    "take_more": (lambda d: d.take(9), WHOLE),
    "skip": (lambda d: d.skip(1), WHOLE[1:]),
    "skip_take": (lambda d: d.skip(1).take(1), WHOLE[1:2]),
    "repeat": (lambda d: d.repeat(2), WHOLE * 2),
    "repeat_endless": (lambda d: d.repeat().take(4), [*WHOLE, WHOLE[0]]),
    "concatenate": (lambda d: d.take(1).concatenate(d.skip(2)), [WHOLE[0], WHOLE[2]]),
    "cache": (lambda d: d.cache(), WHOLE),
    "prefetch": (lambda d: d.prefetch(5), WHOLE),
    "autotune": (lambda d: d.prefetch(-1), WHOLE),
    "unbatch": (lambda d: d.unbatch(), [[i] for i in range(10)]),
    "rebatch": (lambda d: d.unbatch().batch(6), [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9]]),
    "drop": (lambda d: d.unbatch().batch(6, drop_remainder=True), [[0, 1, 2, 3, 4, 5]]),
    "batch_samples": (lambda d: unbatched(3).batch(2), [[0, 1], [2]]),
    "map": (lambda d: d.map(lambda x, y: (x * 2, y)).take(1), [[0, 2, 4, 6]]),
    "map_parallel": (lambda d: d.map(lambda x, y: (x * 2, y), num_parallel_calls=-1).skip(2), [[16, 18]]),
    "map_batch": (lambda d: unbatched(3).map(lambda x, y: (x + 1, y)).batch(3, num_parallel_calls=2), [[1, 2, 3]]),
    "map_map": (lambda d: d.map(lambda x, y: (x + 1, y)).map(lambda x, y: (x * 2, y)).take(1), [[2, 4, 6, 8]]),
    "map_repeat": (lambda d: d.map(lambda x, y: (x, y)).repeat(2), WHOLE * 2),
    "map_concatenate": (lambda d: d.skip(2).concatenate(d.map(lambda x, y: (-x, y)).skip(2)), [[8, 9], [-8, -9]]),
}  # fmt: skip


@pytest.mark.parametrize("chain", CHAINS)
def test_chains(chain):
    change, expected = CHAINS[chain]
    data = change(numbers()[0])
    for _ in range(2):
        assert inputs(data) == expected
    assert data.cardinality() in (len(expected), -2)
    assert data.class_names == ["even", "odd"] or chain.endswith("samples")


def test_lengths_that_are_not_known():
    data = numbers()[0]
    assert data.repeat().cardinality() == -1
    with pytest.raises(TypeError, match="no end"):
        len(data.repeat())
    assert data.map(lambda x, y: x).unbatch().cardinality() == -2
    assert data.unbatch().cardinality() == 10
    assert bool(data.take(0))
    assert list(data.take(0)) == []


def test_what_is_skipped_or_not_taken_is_not_read():
    data, samples = numbers(100, 4)
    assert inputs(data.skip(24)) == [[96, 97, 98, 99]]
    assert samples.read == [96, 97, 98, 99]
    assert inputs(data.take(1)) == [[0, 1, 2, 3]]
    assert sorted(samples.read) == [0, 1, 2, 3, 96, 97, 98, 99]


def test_it_reads_a_few_elements_ahead_and_no_more():
    data, samples = numbers(4000, 4)
    reading = iter(data)
    next(reading)
    del reading
    gc.collect()
    assert len(samples.read) < 200


def test_orders():
    first, second = numbers(40, 4, seed=1)[0], numbers(40, 4, seed=1)[0]
    passes = [inputs(first) for _ in range(2)]
    assert passes == [inputs(second) for _ in range(2)]
    assert passes[0] != passes[1]
    assert sorted(flat(passes[0])) == list(range(40))
    plain = numbers(40, None)[0]
    mixed = [flat(inputs(plain.shuffle(8, seed=3))) for _ in range(2)]
    assert mixed[0] == mixed[1] != sorted(mixed[0])
    assert max(mixed[0].index(i) - i for i in range(40)) < 40
    assert all(mixed[0].index(i) >= i - 8 for i in range(40))
    again = plain.shuffle(40, seed=3)
    assert inputs(again) != inputs(again)
    fixed = plain.shuffle(40, seed=3, reshuffle_each_iteration=False)
    assert inputs(fixed) == inputs(fixed)
    in_order = plain.map(lambda x, y: (x, y)).shuffle(40, seed=3)
    assert inputs(in_order) == inputs(plain.shuffle(40, seed=3))
    repeated = inputs(numbers(8, 2, seed=1)[0].repeat(2))
    assert repeated[:4] != repeated[4:]


def test_a_cache_reads_once():
    data, samples = numbers()
    kept = data.cache()
    next(iter(kept))
    for _ in range(3):
        assert inputs(kept) == WHOLE
    assert len(samples.read) <= 20
    with pytest.raises(ArgumentError, match="filename"):
        data.cache("file")


@pytest.mark.parametrize("parallel", [None, 4])
def test_functions_run_on_the_host(backend, parallel):
    seen = []

    def change(x, y):
        seen.append(registry.current().name)
        return {"a": ops.multiply(x, 2.0), "b": [x]}, ops.one_hot(y, 2)

    (x, y), *_ = numbers()[0].map(change, num_parallel_calls=parallel)
    assert {type(part) for part in (x["a"], x["b"][0], y)} == {np.ndarray}
    assert x["a"].reshape(-1).tolist() == [0, 2, 4, 6]
    assert y.shape == (4, 2)
    assert set(seen) == {registry.host().name}
    assert registry.current().name == backend


def test_functions_run_one_after_the_other_by_default():
    running, most = [], []

    def change(x, y):
        running.append(1)
        most.append(len(running))
        running.pop()
        return x

    assert len(list(numbers(400, 4)[0].map(change))) == 100
    assert set(most) == {1}


@pytest.mark.parametrize("built", [True, False])
def test_a_layer_changes_the_inputs(backend, built):
    layer = layers.Dense(2, kernel_initializer="ones")
    if built:
        layer.build((None, 1))
    for x, y in numbers()[0].map(layer).take(1):
        assert isinstance(x, np.ndarray)
        np.testing.assert_allclose(x, [[0, 0], [1, 1], [2, 2], [3, 3]])
        assert y.tolist() == [0, 1, 0, 1]
    only = numbers()[0].map(lambda x, y: x).map(layer)
    np.testing.assert_allclose(next(iter(only))[3], [3, 3])


@pytest.mark.parametrize("chain", ["layer", "function", "parallel", "in_sequential"])
def test_random_layers_draw_by_seed_epoch_and_place(backend, chain):
    def passes():
        layer = layers.RandomFlip("horizontal", seed=3)
        if chain == "in_sequential":
            layer = models.Sequential([layer])
        data = timeseries_dataset_from_array(np.arange(64.0), None, 2, batch_size=16).map(lambda x: x[:, None, :, None])
        if chain == "layer":
            data = data.map(layer)
        else:
            data = data.map(lambda x: layer(x, training=True), num_parallel_calls=-1 if chain == "parallel" else None)
        found = [[batch.reshape(-1).tolist() for batch in data] for _ in range(2)]
        assert all(isinstance(batch, np.ndarray) for batch in data)
        return found

    first = passes()
    assert first == passes()
    assert first[0] != first[1]
    assert sorted(flat(first[0])) == sorted(flat(first[1]))


def test_models_in_a_function(backend):
    """As in books: a model makes features, or changes images, while the data is read."""
    model = models.Sequential([layers.Input((1,)), layers.Dense(2, kernel_initializer="ones")])
    data = numbers()[0].map(lambda x, y: (model(x), y))
    (x, _), *_ = data
    np.testing.assert_allclose(x, [[0, 0], [1, 1], [2, 2], [3, 3]])
    if backend != "numpy":
        head = models.Sequential([layers.Input((2,)), layers.Dense(1)])
        head.compile("sgd", "mse")
        assert len(head.fit(data, epochs=2, verbose=0).history["loss"]) == 2


def test_training_is_as_with_arrays(differentiating_backend):
    def trained(fit):
        model = models.Sequential([layers.Input((1,)), layers.Dense(2, kernel_initializer="ones")])
        loss = losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizers.SGD(0.1), loss, metrics=["accuracy"])
        fit(model)
        return model.get_weights(), model

    x, y = np.arange(10, dtype="float32")[:, None], np.arange(10) % 2
    expected, _ = trained(lambda model: model.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0))
    for data in (
        numbers()[0],
        numbers()[0].map(lambda x, y: (x, y)),
        numbers()[0].cache(),
        numbers(10, None)[0].batch(4),
    ):
        found, model = trained(lambda model, data=data: model.fit(data, epochs=3, verbose=0))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.predict(data, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.evaluate(data, verbose=0), model.evaluate(x, y, verbose=0), rtol=1e-5)
    weights = {0: 2.0, 1: 1.0}
    expected, _ = trained(lambda model: model.fit(x, y, batch_size=4, class_weight=weights, shuffle=False, verbose=0))
    found, _ = trained(lambda model: model.fit(numbers()[0], class_weight=weights, verbose=0))
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)
    found, _ = trained(lambda model: model.fit(numbers()[0].repeat(), steps_per_epoch=3, epochs=2, verbose=0))
    expected, _ = trained(lambda model: model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0))
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)


def test_errors_come_where_the_data_is_read():
    def broken(x, y):
        raise KeyError("mine")

    for parallel in (None, 2):
        with pytest.raises(KeyError, match="mine"):
            list(numbers()[0].map(broken, num_parallel_calls=parallel))
    with pytest.raises(DataError, match="Received None"):
        list(numbers()[0].map(lambda x, y: None))
    with pytest.raises(DataError, match="scalar"):
        list(numbers(4, None)[0].unbatch())
    ragged = timeseries_dataset_from_array(np.arange(6), None, 2, batch_size=None)
    with pytest.raises(DataError, match="one shape"):
        list(ragged.map(lambda x: x[: x[0] % 2 + 1]).batch(2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.map(3), "function or a layer"),
        (lambda d: d.take(-2), "count"),
        (lambda d: d.skip(-1), "count"),
        (lambda d: d.batch(0), "batch_size"),
        (lambda d: d.batch(2, padded=True), "padded"),
        (lambda d: d.shuffle(0), "buffer_size"),
        (lambda d: d.shuffle(2, seed=-1), "seed"),
        (lambda d: d.repeat(-3), "count"),
        (lambda d: d.prefetch(-3), "buffer_size"),
        (lambda d: d.concatenate([1]), "another `Dataset`"),
    ],
)
def test_bad_arguments(change, message):
    with pytest.raises(ArgumentError, match=message):
        change(numbers()[0])


def test_a_function_of_another_number_of_arguments():
    pairs = numbers()[0]
    with pytest.raises(ArgumentError, match=r"of 2 arguments, since .* 2 parts\. .*Write it as `lambda x, y: ...`"):
        next(iter(pairs.map(lambda x: x)))
    with pytest.raises(ArgumentError, match=r"of 1 argument, since .* 1 part\. .*Write it as `lambda x: ...`"):
        next(iter(pairs.map(lambda x, y: x).map(lambda x, y: x)))
    with pytest.raises(TypeError, match="not callable"):  # the function's own error
        next(iter(pairs.map(lambda x, y: x())))


def test_an_abandoned_pass_leaves_nothing():
    class Array(np.ndarray):
        """An array that can be referred to weakly."""

    data = numbers(400, 4)[0].map(lambda x, y: x.view(Array))
    reading = iter(data)
    found = weakref.ref(next(reading))
    del reading
    gc.collect()
    assert found() is None
