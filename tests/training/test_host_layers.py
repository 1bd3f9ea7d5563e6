"""Layers on the host: texts in `fit`, `evaluate` and `predict`, and layers within data sets."""

from __future__ import annotations

import importlib.util
import time

import numpy as np
import pytest

from keraslite import Input, Model, Sequential, config, layers, ops, saving, utils
from keraslite.backend import registry
from keraslite.errors import DataError, NotBuiltError, StateError

WORDS = np.array(list("abcd"))
X = np.random.default_rng(0).choice(WORDS, (48, 3))
Y = (X == "a").sum(axis=1, keepdims=True).astype("float32")
PLACES = np.select([X == "a", X == "b", X == "c"], [1, 2, 3], 0)  # what the layer makes of them


def lookup():
    return layers.StringLookup(vocabulary=["a", "b", "c"], name="look")


@saving.register_keras_serializable("host_layers")
def kernel(shape, dtype=None):
    return ops.convert_to_tensor(np.linspace(-0.5, 0.5, 6).reshape(6, 1), dtype)


def rest():
    table = np.linspace(-1, 1, 8).reshape(4, 2)
    return [
        layers.Embedding(4, 2, weights=table, name="table"),
        layers.Flatten(name="flat"),
        layers.Dense(1, name="dense", kernel_initializer=kernel),
    ]


def functional():
    x = h = Input((3,), dtype="string", name="x")
    for layer in [lookup(), *rest()]:
        h = layer(h)
    return Model(x, h, name="net")


MODELS = {
    "functional": functional,
    "sequential": lambda: Sequential([Input((3,), dtype="string"), lookup(), *rest()]),
    "from_first_data": lambda: Sequential([lookup(), *rest()]),
    "numbers": lambda: Sequential([Input((3,), dtype="int32"), *rest()]),
}


def fitted(kind, x, **options):
    model = MODELS[kind]()
    model.compile("sgd", "mse")
    return model, model.fit(x, Y, batch_size=16, epochs=2, shuffle=False, verbose=0, **options).history["loss"]


@pytest.mark.parametrize("kind", ["functional", "sequential", "from_first_data"])
def test_texts_train_as_their_indices(kind, differentiating_backend):
    model, losses = fitted(kind, X)
    plain, expected = fitted("numbers", PLACES)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict(X, verbose=0), plain.predict(PLACES, verbose=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model.evaluate(X, Y, verbose=0), plain.evaluate(PLACES, Y, verbose=0), rtol=1e-4)
    np.testing.assert_allclose(model.train_on_batch(X, Y), plain.train_on_batch(PLACES, Y), rtol=1e-4)
    np.testing.assert_allclose(model.test_on_batch(X, Y), plain.test_on_batch(PLACES, Y), rtol=1e-4)


@pytest.mark.parametrize("kind", ["functional", "sequential", "from_first_data"])
def test_texts_in_calls(kind, backend):
    model = MODELS[kind]()
    plain = MODELS["numbers"]()
    expected = ops.convert_to_numpy(plain(PLACES))
    for _ in range(5):  # from the fourth on a compiled program runs
        np.testing.assert_allclose(ops.convert_to_numpy(model(X)), expected, rtol=1e-5, atol=1e-6)
    for given in (X, X.tolist(), X.astype(object), X.astype("S")):
        np.testing.assert_allclose(model.predict(given, verbose=0), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.predict(X, batch_size=5, verbose=0), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.predict_on_batch(X), expected, rtol=1e-5, atol=1e-6)


def test_calls_are_compiled(backend):
    model = functional()
    for _ in range(5):
        model(X)
    if not registry.load(backend).capabilities.isdisjoint(("compile", "replays")):
        assert not config.fast_paths() or model._own.calls.reason == ""


def test_options_of_fit_take_texts(differentiating_backend):
    model = functional()
    model.compile("sgd", "mse")
    model.fit(X, Y, validation_split=0.25, verbose=0)
    history = model.fit(X, Y, validation_data=(X, Y), class_weight=None, sample_weight=np.ones(48), verbose=0)
    assert np.isfinite(history.history["val_loss"]).all()
    model.fit({"x": X}, Y, verbose=0)
    model.fit(((X[i : i + 8], Y[i : i + 8]) for i in range(0, 48, 8)), verbose=0)
    assert model.predict(iter([X, X]), verbose=0).shape == (96, 1)


def test_a_changed_vocabulary_counts_from_the_next_batch(differentiating_backend):
    model, _ = fitted("functional", X)
    before = model.predict(X, verbose=0)
    model.get_layer("look").set_vocabulary(["c", "b", "a"])
    swapped = np.where(X == "a", "c", np.where(X == "c", "a", X))
    np.testing.assert_allclose(model.predict(swapped, verbose=0), before, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(model(swapped)), before, rtol=1e-5, atol=1e-6)


def test_several_inputs_of_which_some_are_texts(differentiating_backend):
    words, numbers = Input((3,), dtype="string", name="words"), Input((2,), name="numbers")
    ids = lookup()(words)
    h = layers.Concatenate()([layers.Flatten()(layers.Embedding(4, 2)(ids)), numbers])
    model = Model({"words": words, "numbers": numbers}, [layers.Dense(1, name="out")(h), ids], name="net")
    data = {"words": X, "numbers": np.ones((48, 2))}
    model.compile("sgd", ["mse", None])
    model.fit(data, [Y, None], verbose=0)
    outputs, places = model.predict(data, verbose=0)
    assert outputs.shape == (48, 1)
    np.testing.assert_array_equal(places, PLACES)


def inside(outer, **options):
    x = Input((3,), dtype="string", name="x")
    return Model(x, outer(functional()(x, **options)))


def front():
    x = Input((3,), dtype="string")
    return Model(x, lookup()(x))


NESTED = {
    "functional in functional": lambda: inside(lambda h: h),
    "with training": lambda: inside(lambda h: h, training=False),
    "sequential in functional": lambda: Sequential([Input((3,), dtype="string"), MODELS["sequential"]()]),
    "functional in sequential": lambda: Sequential([functional()]),
    "three deep": lambda: Sequential([Input((3,), dtype="string"), Sequential([Sequential([lookup(), *rest()])])]),
    "only the lookup": lambda: Sequential([front(), *rest()]),
}


@pytest.mark.parametrize("kind", NESTED)
def test_in_models_within_models(kind, differentiating_backend, tmp_path):
    model = NESTED[kind]()
    plain, expected = fitted("numbers", PLACES)
    model.compile("sgd", "mse")
    losses = model.fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    wanted = plain.predict(PLACES, verbose=0)
    np.testing.assert_allclose(model.predict(X, verbose=0), wanted, rtol=1e-4, atol=1e-6)
    for _ in range(5):
        np.testing.assert_allclose(ops.convert_to_numpy(model(X)), wanted, rtol=1e-4, atol=1e-6)
    model.save(tmp_path / "net.keras")
    again = saving.load_model(tmp_path / "net.keras")
    np.testing.assert_allclose(again.predict(X, verbose=0), wanted, rtol=1e-4, atol=1e-6)


def test_several_in_a_row_and_behind_ops(differentiating_backend):
    x = Input((3,), dtype="int32")
    h = layers.Discretization([5.0, 15.0])(x * 10)
    ids = layers.IntegerLookup(vocabulary=[1, 2])(layers.Hashing(50)(h) * 0 + h)
    model = Model(x, layers.Dense(1)(layers.Flatten()(layers.Embedding(3, 2)(ids))))
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit(PLACES, Y, verbose=0).history["loss"]).all()
    np.testing.assert_allclose(model.predict(PLACES, verbose=0), ops.convert_to_numpy(model(PLACES)), rtol=1e-5)


def test_behind_trained_weights_where_these_have_values(differentiating_backend):
    x = Input((3,))
    hidden = layers.Dense(3)(x)
    model = Model(x, layers.Dense(1)(ops.cast(layers.IntegerLookup(vocabulary=[1, 2])(hidden), "float32") + hidden))
    assert model(PLACES).shape == (48, 1)
    model.compile("sgd", "mse")
    if "adopts" in registry.load(differentiating_backend).capabilities:  # gradients are traced
        with pytest.raises(StateError, match="runs on the host and needs values"):
            model.fit(PLACES, Y, verbose=0)
    else:
        assert np.isfinite(model.fit(PLACES, Y, verbose=0).history["loss"]).all()


def test_texts_without_such_a_layer_are_refused(differentiating_backend):
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(DataError, match="StringLookup"):
        model.fit(X, Y, verbose=0)
    wrong = functional()
    wrong.compile("sgd", "mse")
    with pytest.raises(DataError, match="to hold numbers"):
        wrong.fit(X, X, verbose=0)  # texts as targets


# ---- layers within data sets ----------------------------------------------------------------------------------------


def small_layer():
    layer = layers.BatchNormalization(name="norm")
    layer.build((None, 3))
    layer.set_weights([np.full(3, 2.0), np.full(3, 0.5), np.full(3, 1.0), np.full(3, 4.0)])
    return layer


class Holding(layers.Layer):
    """A layer with a model in it."""

    def __init__(self):
        super().__init__()
        self.inner = Sequential([Input((3,)), layers.Dense(2)])
        self.last = layers.Dense(1)

    def call(self, x):
        return self.last(self.inner(x))


@pytest.mark.parametrize("make", [
    lambda: (layers.Dense(2, activation="tanh"), np.ones((4, 3), "float32")),
    lambda: (small_layer(), np.ones((4, 3), "float32")),
    lambda: (layers.Embedding(5, 2), np.array([[1, 4]])),
    lambda: (layers.Bidirectional(layers.LSTM(2)), np.ones((2, 3, 4), "float32")),
    lambda: (layers.Dropout(0.5), np.ones((4, 3), "float32")),
    lambda: (Sequential([Input((3,)), layers.Dense(2), layers.LayerNormalization()]), np.ones((4, 3), "float32")),
    lambda: (lookup(), X),
    lambda: (Holding(), np.ones((4, 3), "float32")),
])  # fmt: skip
def test_on_the_host_the_outputs_are_the_same(make, backend):
    layer, data = make()
    expected = ops.convert_to_numpy(layer(data))
    on_host = layer.on_host()
    found = on_host(data)
    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(on_host(ops.convert_to_tensor(data) if data.dtype.kind != "U" else data), found)


def test_new_weights_are_noticed(backend):
    layer = small_layer()
    on_host = layer.on_host()
    before = on_host(np.ones((1, 3), "float32"))
    layer.set_weights([np.ones(3), np.zeros(3), np.zeros(3), np.ones(3)])
    after = on_host(np.ones((1, 3), "float32"))
    np.testing.assert_allclose(after, ops.convert_to_numpy(layer(np.ones((1, 3), "float32"))), rtol=1e-6)
    assert np.abs(after - before).max() > 0.1


def test_a_layer_without_weights_yet_is_refused():
    with pytest.raises(NotBuiltError, match="needs a layer with weights"):
        layers.Dense(2).on_host()


def slowly(batches):
    """Batches that take long enough for a thread to pay."""
    for batch in batches:
        time.sleep(2e-3)
        yield batch


class Slow(utils.PyDataset):
    """Batches that go through a layer."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def __len__(self):
        return 12

    def __getitem__(self, index):
        time.sleep(2e-3)
        return self.layer(np.full((4, 3), index, "float32")), np.ones((4, 1), "float32")


def verdict(model):
    """Whether a thread fetched, and why."""
    return [(each.taken, each.reason) for each in model._verdicts() if each.path == "fetch_ahead"][-1]


@pytest.mark.parametrize("kind", ["generator", "PyDataset", "lookup"])
def test_reading_ahead_goes_on(kind, differentiating_backend):
    if "fetch_ahead" not in config.fast_paths():
        pytest.skip("switched off")
    on_host = small_layer().on_host()
    model = Sequential([Input((3,)), layers.Dense(1)]) if kind != "lookup" else functional()
    model.compile("sgd", "mse")
    ones = np.ones((4, 1), "float32")
    if kind == "generator":
        model.fit(slowly((on_host(np.full((4, 3), i, "float32")), ones) for i in range(12)), verbose=0)
    elif kind == "lookup":
        model.fit(slowly((X[:4], ones) for _ in range(12)), verbose=0)
    else:
        model.fit(Slow(on_host), verbose=0, epochs=2)
    assert verdict(model)[0] is True


def test_a_layer_called_as_it_is_ends_reading_ahead_and_says_what_helps(differentiating_backend):
    if "fetch_ahead" not in config.fast_paths():
        pytest.skip("switched off")
    layer = small_layer()
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    batches = ((layer(np.ones((4, 3), "float32")), np.ones((4, 1), "float32")) for _ in range(12))
    model.fit(slowly(batches), verbose=0)
    taken, reason = verdict(model)
    assert taken is False
    assert "on_host()" in reason


class Rows:
    """A data set of PyTorch's kind."""

    def __init__(self, words, on_host):
        self.words, self.on_host = words, on_host

    def __len__(self):
        return len(self.words)

    def __getitem__(self, index):
        return self.on_host(self.words[index]), np.float32(1)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs PyTorch")
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.filterwarnings("ignore:.*fork.*", "ignore:.*multi-threaded.*")
def test_in_a_loader_with_workers(workers, differentiating_backend):
    from torch.utils.data import DataLoader

    loader = DataLoader(Rows(X, lookup().on_host()), batch_size=16, num_workers=workers)
    model = MODELS["numbers"]()
    np.testing.assert_allclose(
        model.predict((x for x, _ in loader), verbose=0), model.predict(PLACES, verbose=0), rtol=1e-5, atol=1e-6
    )
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit(loader, verbose=0).history["loss"]).all()


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs PyTorch")
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.filterwarnings("ignore:.*fork.*", "ignore:.*multi-threaded.*")
def test_a_layer_with_weights_in_a_loader(workers, differentiating_backend):
    from torch.utils.data import DataLoader

    layer = small_layer()
    expected = ops.convert_to_numpy(layer(np.ones((6, 3), "float32")))
    loader = DataLoader(Rows(np.ones((6, 3), "float32")[:, None], layer.on_host()), batch_size=3, num_workers=workers)
    found = np.concatenate([x.numpy()[:, 0] for x, _ in loader])
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")
def test_in_a_tf_data_set():
    import tensorflow as tf

    from keraslite import use_backend

    on_host = lookup().on_host()
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)
    found = [on_host(x).tolist() for x, _ in data]
    np.testing.assert_array_equal(np.concatenate(found), PLACES)
    mapped = data.map(lambda x, y: (tf.numpy_function(on_host, [x], tf.int64), y))
    np.testing.assert_array_equal(np.concatenate([x.numpy() for x, _ in mapped]), PLACES)
    with use_backend("tensorflow"):
        model = functional()
        model.compile("sgd", "mse")
        assert np.isfinite(model.fit(data, verbose=0).history["loss"]).all()  # string tensors
        assert model(tf.constant(X)).shape == (48, 1)
        encoded = data.map(lambda x, y: (lookup()(x), y))
        np.testing.assert_array_equal(np.concatenate([x.numpy() for x, _ in encoded]), PLACES)
