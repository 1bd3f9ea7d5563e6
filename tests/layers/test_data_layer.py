"""`DataLayer`: layers that also compute where data is made, on the engine of their inputs."""

from __future__ import annotations

import copy
import importlib.util
import pickle

import numpy as np
import pytest

from keraslite import Input, Sequential, Variable, layers, ops, random, use_backend, utils
from keraslite.backend import registry
from keraslite.random import generators

X = np.ones((4, 3), "float32")
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs PyTorch")
needs_tensorflow = pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")
forking = pytest.mark.filterwarnings("ignore:.*fork.*", "ignore:.*multi-threaded.*")


class Scaled(layers.DataLayer):
    """A layer with weights."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")

    def call(self, inputs):
        return inputs * self.scale


class Jitter(layers.DataLayer):
    """A layer with a generator: each row becomes one random number."""

    def __init__(self, seed=3, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.generator = random.SeedGenerator(seed)
        self.factor = factor

    def call(self, inputs, training=True):
        with generators.portable():
            drawn = random.uniform((ops.shape(inputs)[0], 1), seed=self.generator)
        return ops.zeros_like(inputs) + drawn * self.factor


def scaled():
    layer = Scaled()
    layer(X)
    layer.set_weights([np.array([2.0, 3.0, 4.0])])
    return layer


def first_column(x):
    return np.asarray(ops.convert_to_numpy(x))[..., 0].ravel().tolist()


def test_arrays_become_tensors_of_the_active_engine(backend):
    engine = registry.load(backend)
    for layer in (scaled(), Jitter()):
        assert isinstance(layer(X), engine.tensor_types)
        assert type(layer.on_host()(X)) is np.ndarray


@pytest.mark.parametrize("other", ["jax", "torch", "tensorflow"])
def test_tensors_of_another_engine_stay_there(other, backend):
    if other not in registry.installed():
        pytest.skip(f"needs {other}")
    engine = registry.load(other)
    x = engine.to_tensor(X, "float32", None)
    layer = scaled()
    for _ in range(2):
        found = layer(x)
        assert registry.engine_of(found) is engine
        np.testing.assert_allclose(engine.to_numpy(found)[0], [2, 3, 4])
    layer.set_weights([np.array([5.0, 6.0, 7.0])])
    np.testing.assert_allclose(engine.to_numpy(layer(x))[0], [5, 6, 7])
    jitter = Jitter()
    before = engine.to_numpy(jitter(x))
    assert before.max() < 1
    jitter.factor = 100.0  # a setting that changes counts
    assert engine.to_numpy(jitter(x)).max() > 1
    np.testing.assert_allclose(ops.convert_to_numpy(layer(X))[0], [5, 6, 7])


def test_random_layers_draw_the_same_on_every_engine(backend):
    expected = [0.1843250, 0.9532984]
    np.testing.assert_allclose(first_column(Jitter()(X[:2])), expected, rtol=1e-5)
    np.testing.assert_allclose(first_column(Jitter().on_host()(X[:2])), expected, rtol=1e-5)


def test_copies_and_pickles_have_no_copies_on_other_engines(backend):
    layer = scaled()
    layer.on_host()(X)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert other._own.replicas == {}
        np.testing.assert_allclose(ops.convert_to_numpy(other(X))[0], [2, 3, 4])


@needs_tensorflow
def test_in_a_tf_data_set(backend):
    import tensorflow as tf

    layer, jitter = scaled(), Jitter()
    data = tf.data.Dataset.from_tensor_slices(np.ones((5, 3), "float32")).batch(2)
    found = [x.numpy() for x in data.map(layer)]
    np.testing.assert_allclose(np.concatenate(found), np.broadcast_to([2.0, 3.0, 4.0], (5, 3)))
    drawn = np.concatenate([x.numpy()[:, 0] for x in data.map(jitter)])
    assert len(set(drawn.tolist())) == 5

    def placed(index, x):
        with random.position(index):
            return jitter(x)

    rows = data.unbatch().batch(1).enumerate()
    one, two = (
        np.concatenate([x.numpy()[:, 0] for x in rows.map(placed, num_parallel_calls=count)]).tolist()
        for count in (1, 2)
    )
    expected = []
    for index in range(5):
        with random.position(index):
            expected += first_column(jitter(X[:1]))
    np.testing.assert_allclose(one, expected, rtol=1e-5)
    np.testing.assert_allclose(two, expected, rtol=1e-5)


class Rows:
    """A data set of PyTorch's kind."""

    def __init__(self, layer, placed):
        self.layer, self.placed = layer, placed

    def __len__(self):
        return 8

    def __getitem__(self, index):
        if not self.placed:
            return self.layer(X[:1])[0]
        with random.position(index):
            return self.layer(X[:1])[0]


def loaded(layer, workers, placed=False):
    import torch
    from torch.utils.data import DataLoader

    generator = torch.Generator()
    generator.manual_seed(1)
    loader = DataLoader(Rows(layer, placed), batch_size=2, num_workers=workers, generator=generator)
    return np.concatenate([x.numpy() for x in loader])


@needs_torch
@forking
def test_in_a_loader_with_workers(backend):
    layer, jitter = scaled(), Jitter()
    np.testing.assert_allclose(loaded(layer, 1), np.broadcast_to([2.0, 3.0, 4.0], (8, 3)))
    layer.set_weights([np.array([5.0, 6.0, 7.0])])
    np.testing.assert_allclose(loaded(layer, 2), np.broadcast_to([5.0, 6.0, 7.0], (8, 3)))
    # Without positions, workers draw other numbers than each other and than the main process.
    assert len(set(loaded(jitter, 2)[:, 0].tolist())) == 8
    placed = [loaded(jitter, workers, placed=True)[:, 0] for workers in (1, 2)]
    on_host = loaded(jitter.on_host(), 0, placed=True)[:, 0]
    np.testing.assert_allclose(placed[0], on_host, rtol=1e-5)
    np.testing.assert_allclose(placed[1], on_host, rtol=1e-5)


@pytest.mark.skipif(importlib.util.find_spec("grain") is None, reason="needs grain")
def test_in_a_grain_data_set(backend):
    import grain

    layer = scaled()
    data = grain.MapDataset.source(X).map(layer.on_host()).batch(2)
    np.testing.assert_allclose(np.concatenate(list(data)), np.broadcast_to([2.0, 3.0, 4.0], (4, 3)))


class Batches(utils.PyDataset):
    """Batches that go through a layer, which are kept as they come."""

    def __init__(self, layer, workers):
        super().__init__(workers=workers)
        self.layer = layer
        self.seen: dict[int, list] = {}

    def __len__(self):
        return 6

    def __getitem__(self, index):
        x = self.layer(X)
        self.seen.setdefault(index, []).append(x)
        return x, np.ones((4, 1), "float32")


@pytest.mark.parametrize("workers", [1, 3])
def test_where_fit_reads_data_numpy_computes(workers, differentiating_backend):
    jitter = Jitter()
    counter = jitter.generator.state.numpy().tolist()
    data = Batches(jitter, workers)
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(data, epochs=2, verbose=0)
    assert all(type(x) is np.ndarray for batches in data.seen.values() for x in batches)
    for index, batches in data.seen.items():
        for epoch, x in enumerate(batches[:2]):
            with random.position(index, epoch):
                np.testing.assert_allclose(x, ops.convert_to_numpy(jitter(X)), rtol=1e-5)
    assert len({x[0, 0].item() for batches in data.seen.values() for x in batches[:2]}) == 12
    assert jitter.generator.state.numpy().tolist() == counter


def test_in_a_model_it_is_a_layer_as_any_other(differentiating_backend):
    model = Sequential([Input((3,)), Jitter(), Scaled(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((16, 3), "float32"), np.ones((16, 1), "float32"), batch_size=4, epochs=2, verbose=0)
    assert model.layers[0].generator.state.numpy()[1] == 8
    assert [verdict for verdict in model._verdicts() if verdict.path == "compiled" and verdict.taken is False] == []


def test_a_weight_goes_to_the_active_engine(backend):
    weight = Variable(np.arange(3.0, dtype="float32"))
    layer = layers.Rescaling(0.5)
    assert layer.convert_weight(weight) is weight
    with use_backend("numpy"):
        found = layer.convert_weight(weight)
        assert backend == "numpy" or type(found) is np.ndarray
        np.testing.assert_array_equal(np.asarray(found), [0.0, 1.0, 2.0])
        np.testing.assert_array_equal(np.asarray(layer.convert_weight(weight.value)), [0.0, 1.0, 2.0])
