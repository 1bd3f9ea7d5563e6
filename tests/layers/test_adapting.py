"""Weights behind adapters, new weights in built layers, and low-rank adapters as Keras has them."""

from __future__ import annotations

import copy
import pickle

import keras_peer
import lora_models
import numpy as np
import pytest

import keraslite
from keraslite import Input, Sequential, layers, losses, models, ops, optimizers
from keraslite.errors import ArgumentError, NotBuiltError, StateError, WeightsMismatchError
from keraslite.layers.adapting import AdaptedWeight, Adapter
from keraslite.variable import Variable

X = np.random.default_rng(0).normal(size=(24, 4)).astype("float32")
Y = np.random.default_rng(1).normal(size=(24, 3)).astype("float32")


class Product(Adapter):
    """`weight + a @ b`; files hold weight, a and b."""

    def __init__(self, layer, name="kernel", rank=2):
        weight = getattr(layer, name)
        with layer.unlocked():
            self.a = layer.add_weight(name="a", shape=(weight.shape[0], rank), initializer="ones")
            self.b = layer.add_weight(name="b", shape=(rank, weight.shape[1]), initializer="zeros")
        self.variables = (self.a, self.b)

    def __call__(self, weight):
        return weight + ops.matmul(self.a, self.b)


class Scaled(Adapter):
    """`weight * factor`, a number that programs have built in."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, weight):
        return weight * self.factor


def drawn():
    return Sequential([Input((4,)), layers.Dense(5, name="first"), layers.Dense(3, name="last")])


def adapted():
    """A model whose layers are adapted, so that only `a` and `b` of each are trained."""
    model = drawn()
    for layer in model.layers:
        layer.adapt_weight("kernel", Product(layer))
        layer.bias.trainable = False
    return model


def host(x):
    return ops.convert_to_numpy(x)


def expected(model, x):
    for layer in model.layers:
        kernel, bias, a, b = (w.numpy() for w in layer.weights)
        x = x @ (kernel + a @ b) + bias
    return x


# ---- adapters of any kind ---------------------------------------------------------------------------------------


def test_a_built_and_trained_model_is_adapted(differentiating_backend, tmp_path):
    model = drawn()
    model.compile("sgd", "mse")
    model.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    before = model.predict(X, verbose=0)
    for layer in model.layers:
        layer.adapt_weight("kernel", Product(layer))
        layer.bias.trainable = False
    names = ["first/a", "first/b", "last/a", "last/b"]
    assert [w.path for w in model.trainable_weights] == [f"{model.name}/{name}" for name in names]
    np.testing.assert_allclose(model.predict(X, verbose=0), before, rtol=1e-5, atol=1e-6)
    fixed = [w.numpy() for layer in model.layers for w in layer.weights[:2]]

    model.compile(optimizers.SGD(0.05), "mse")
    first = model.evaluate(X, Y, verbose=0)
    model.fit(X, Y, epochs=12, batch_size=8, verbose=0)
    assert model.evaluate(X, Y, verbose=0) < first
    for one, other in zip(fixed, [w for layer in model.layers for w in layer.weights[:2]], strict=True):
        np.testing.assert_array_equal(one, other.numpy())
    assert all(np.any(layer.weights[3].numpy()) for layer in model.layers)
    np.testing.assert_allclose(model.predict(X, verbose=0), expected(model, X), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(host(model(X)), expected(model, X), rtol=1e-4, atol=1e-5)

    path = str(tmp_path / "adapted.weights.h5")
    model.save_weights(path)
    again = adapted()
    again.load_weights(path)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    with pytest.raises(WeightsMismatchError, match="unexpected: layers/dense/vars/2"):
        drawn().load_weights(path)


def test_without_gradients(backend):
    model = adapted()
    for w in model.trainable_weights:
        w.assign(np.linspace(-1, 1, w.size).reshape(w.shape))
    np.testing.assert_allclose(host(model(X)), expected(model, X), rtol=1e-4, atol=1e-5)


def test_programs_notice(differentiating_backend):
    """Predictions, calls and steps that were compiled or recorded before are not used again."""
    model = drawn()
    model.compile(optimizers.SGD(0.0), losses.MeanSquaredError())
    last = model.layers[1]
    bare = model.predict(X, verbose=0)

    def seen():
        with_steps = model.fit(X, Y, epochs=3, batch_size=24, verbose=0).history["loss"][-1]
        for _ in range(4):
            called = host(model(X))
        return model.predict(X, verbose=0), called, with_steps

    def check(factor):
        for outputs in (outs := seen())[:2]:
            np.testing.assert_allclose(outputs, factor * bare, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(outs[2], np.mean((factor * bare - Y) ** 2), rtol=1e-4)

    check(1.0)
    adapter = Scaled(2.0)
    last.adapt_weight("kernel", adapter, train_weight=True)
    check(2.0)
    last.adapt_weight("kernel", Scaled(3.0), train_weight=True)
    check(3.0)
    last.adapt_weight("kernel", None)
    assert isinstance(last.kernel, Variable)
    check(1.0)


def test_frozen_by_an_adapter_stays_frozen():
    model = adapted()
    layer = model.layers[0]
    model.trainable = False
    assert model.trainable_weights == []
    model.trainable = True
    assert not layer.kernel.variable.trainable
    layer.adapt_weight("kernel", None)
    assert layer.kernel.trainable


def test_an_adapted_weight_stands_for_a_tensor(backend):
    layer = layers.Dense(3)
    layer.build((None, 4))
    kernel = layer.kernel.numpy()
    layer.adapt_weight("kernel", lambda w: ops.concatenate([w, w], axis=0))
    weight = layer.kernel
    assert isinstance(weight, AdaptedWeight)
    twice = np.concatenate([kernel, kernel])
    assert (weight.shape, weight.ndim, len(weight), weight.dtype) == ((8, 3), 2, 8, "float32")
    assert (weight.path, weight.name) == (f"{layer.name}/kernel", "kernel")
    found = [weight.numpy(), np.asarray(weight), host(weight + 0), host(weight[:]), host(ops.abs(weight) * 0 + weight)]
    for each in found:
        np.testing.assert_array_equal(each, twice)
    assert weight.path in repr(weight)
    with pytest.raises(StateError, match="below its adapter"):
        weight.assign(twice)


@pytest.mark.parametrize("way", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
def test_layers_with_adapters_are_copied(way):
    layer = layers.Dense(3)
    layer.build((None, 4))
    layer.adapt_weight("kernel", Product(layer))
    layer.weights[3].assign(np.ones((2, 3)))
    again = way(layer)
    np.testing.assert_allclose(host(again(X)), host(layer(X)), rtol=1e-6)
    assert [w.trainable for w in again.weights] == [False, True, True, True]
    again.weights[3].assign(np.zeros((2, 3)))
    assert not np.allclose(host(again(X)), host(layer(X)))


class Twice(Adapter):
    """It knows its layer."""

    def __init__(self, layer):
        self.layer = layer

    def __call__(self, weight):
        return weight * 2.0 + self.layer.bias


class Subclassed(keraslite.Model):
    def __init__(self):
        super().__init__()
        self.first, self.last = layers.Dense(5, name="first"), layers.Dense(3, name="last")

    def call(self, x):
        return self.last(self.first(x))


def functional():
    x = Input((4,))
    return keraslite.Model(x, layers.Dense(3)(layers.Dense(5)(x)))


WAYS = {
    "deepcopy": copy.deepcopy, "copy": copy.copy, "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "to_backend": lambda x: x.to_backend(keraslite.backend.backend()),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("adapter", [Product, lambda layer: Scaled(3.0), Twice], ids=["variables", "factor", "layer"])
@pytest.mark.parametrize("make", [drawn, functional, Subclassed])
def test_models_with_adapters_are_copied(differentiating_backend, make, adapter, way):
    if adapter is Twice and way == "pickle":
        pytest.skip("a pickled adapter takes the layer that it knows along")
    model = make()
    model(X)
    model.compile("adam", "mse")
    for layer in model.layers[-2:]:
        layer.adapt_weight("kernel", adapter(layer), train_weight=layer is model.layers[-1])
        for weight in layer.weights:
            weight.assign(np.random.default_rng(3).normal(size=weight.shape))
    again = WAYS[way](model)
    np.testing.assert_allclose(host(again(X)), host(model(X)), rtol=1e-5)
    assert [w.name for w in again.weights] == [w.name for w in model.weights]
    assert [w.trainable for w in again.weights] == [w.trainable for w in model.weights]
    assert not any(v is w for v, w in zip(again.weights, model.weights, strict=True))
    before = host(model(X))
    for weight in again.weights:
        weight.assign(weight * 0)
    assert not host(again(X)).any()
    np.testing.assert_array_equal(host(model(X)), before)


def test_a_model_moves_to_another_engine_with_its_adapters(differentiating_backend):
    model = adapted()
    for layer in model.layers:
        layer.weights[3].assign(np.ones(layer.weights[3].shape))
    moved = model.to_backend("numpy")
    assert {v.engine.name for v in moved.variables} == {"numpy"}
    np.testing.assert_allclose(moved(X), host(model(X)), rtol=1e-5)


def test_mixed_precision(differentiating_backend):
    layer = layers.Dense(3, dtype="mixed_bfloat16")
    layer.build((None, 4))
    layer.adapt_weight("kernel", Product(layer))
    layer.weights[3].assign(np.ones((2, 3)))
    assert ops.dtype(layer(X)) == "bfloat16"
    assert layer.kernel.dtype == "float32"
    wanted = X @ layer.kernel.numpy()
    np.testing.assert_allclose(host(ops.cast(layer(X), "float32")), wanted, rtol=0.05, atol=0.1)


# ---- new weights in built layers --------------------------------------------------------------------------------


def test_a_built_layer_takes_weights_while_it_is_unlocked(backend):
    class Outer(layers.Layer):
        def __init__(self):
            super().__init__(name="outer")
            self.inner = layers.Dense(2, name="inner", trainable=False)

        def call(self, x):
            return self.inner(x)

    outer = Outer()
    outer(X)
    inner = outer.inner
    with pytest.raises(StateError, match="is built and takes no more weights"):
        inner.add_weight(shape=(2,), name="more")
    with inner.unlocked():
        more = inner.add_weight(shape=(2,), name="more")
    assert more.path == "outer/inner/more"
    assert not more.trainable  # as the layer
    assert [w.name for w in outer.weights] == ["kernel", "bias", "more"]
    with pytest.raises(StateError, match="is built and takes no more weights"):
        inner.add_weight(shape=(2,), name="again")
    assert ops.shape(outer(X)) == (24, 2)


def test_weights_are_made_on_the_engine_of_the_layer(backend):
    layer = layers.Dense(2)
    layer(X)
    with keraslite.use_backend("numpy"), layer.unlocked():
        more = layer.add_weight(shape=(2,))
    assert more.engine is layer.bias.engine


def test_only_weights_are_adapted():
    layer = layers.Dense(2)
    with pytest.raises(ArgumentError, match="the name of a weight of .* none, since it is not built"):
        layer.adapt_weight("kernel", Scaled(1.0))
    layer.build((None, 4))
    with pytest.raises(ArgumentError, match="Received 'units'. Its weights: kernel, bias"):
        layer.adapt_weight("units", Scaled(1.0))


# ---- low-rank adapters ------------------------------------------------------------------------------------------


def test_errors_of_enable_lora():
    layer = layers.Dense(3)
    with pytest.raises(NotBuiltError, match="Call or build it before `enable_lora`"):
        layer.enable_lora(2)
    layer.build((None, 4))
    with pytest.raises(ArgumentError, match="`rank` to be a positive integer"):
        layer.enable_lora(0)
    layer.enable_lora(2)
    with pytest.raises(StateError, match="no adapter yet"):
        layer.enable_lora(2)
    held = layers.Dense(3, kernel_constraint="max_norm")
    held.build((None, 4))
    with pytest.raises(ArgumentError, match="no constraint on its kernel"):
        held.enable_lora(2)
    with pytest.raises(ArgumentError, match="`lora_rank` to be"):
        layers.Dense(3, lora_rank=0)


@pytest.mark.parametrize("name", sorted(lora_models.LAYERS))
@pytest.mark.parametrize("way", lora_models.WAYS)
def test_lora_is_trained_saved_and_restored(differentiating_backend, name, way, tmp_path):
    model, x = lora_models.made(keraslite, name, way), lora_models.data(name)
    model.layers[-1].variables[-1].assign(np.ones(model.layers[-1].variables[-1].shape))
    y = np.zeros(model.compute_output_shape(x.shape), "float32")
    model.compile(optimizers.Adam(0.01), "mse")
    base = model.layers[-1].weights[0].numpy()
    losses = model.fit(x, y, epochs=6, batch_size=2, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(model.layers[-1].weights[0].numpy(), base)
    outputs = model.predict(x, verbose=0)
    path = str(tmp_path / "lora")
    model.save(f"{path}.keras")
    model.save_weights(f"{path}.weights.h5")

    again = models.load_model(f"{path}.keras")
    np.testing.assert_allclose(again.predict(x, verbose=0), outputs, rtol=1e-4, atol=1e-5)
    assert lora_models.describe(again) == lora_models.describe(model)
    again.fit(x, y, batch_size=2, verbose=0)
    assert np.any(again.layers[-1].variables[-1].numpy())  # it has a gradient
    cls, options, shape = lora_models.LAYERS[name]
    plain = Sequential([Input(shape[1:], dtype=str(x.dtype)), getattr(layers, cls)(**options)])
    plain.load_weights(f"{path}.weights.h5")
    np.testing.assert_allclose(plain.predict(x, verbose=0), outputs, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(copy.deepcopy(model).predict(x, verbose=0), outputs, rtol=1e-4, atol=1e-5)


def test_a_file_that_does_not_fit_leaves_an_adapted_model_alone(tmp_path):
    path = str(tmp_path / "other.weights.h5")
    Sequential([Input((4,)), layers.Dense(6)]).save_weights(path)
    model = lora_models.made(keraslite, "Dense", "later")
    before = model.get_weights()
    with pytest.raises(WeightsMismatchError, match=r"needs shape \(4, 5\)"):
        model.load_weights(path)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


class OfUser(layers.Dense):
    """Its constructor does not take `lora_rank`."""

    def __init__(self, units, name=None):
        super().__init__(units, name=name)


def test_a_users_subclass(tmp_path):
    layer = OfUser(3)
    model = Sequential([Input((4,)), layer])
    layer.enable_lora(2)
    layer.variables[-1].assign(np.ones((2, 3)))
    path = str(tmp_path / "own.keras")
    model.save(path)
    again = models.load_model(path, custom_objects={"OfUser": OfUser})
    np.testing.assert_allclose(again.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-5, atol=1e-6)


@pytest.fixture(scope="module")
def of_keras(tmp_path_factory):
    """What Keras's layers hold, and its files."""
    folder = str(tmp_path_factory.mktemp("theirs"))
    return folder, keras_peer.call("lora_models:keras_made", folder=folder)


needs_keras = pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")


@needs_keras
@pytest.mark.parametrize("name", sorted(lora_models.LAYERS))
@pytest.mark.parametrize("way", lora_models.WAYS)
def test_lora_is_that_of_keras(backend, name, way, of_keras):
    folder, theirs = of_keras
    theirs = dict(theirs[f"{name}-{way}"])
    outputs, x = theirs.pop("outputs"), lora_models.data(name)
    model = lora_models.made(keraslite, name, way)
    assert lora_models.describe(model) == theirs
    lora_models.fill(model)
    np.testing.assert_allclose(host(model(x)), outputs, rtol=1e-4, atol=1e-5)
    loaded = models.load_model(f"{folder}/{name}_{way}.keras")
    assert lora_models.describe(loaded) == theirs
    np.testing.assert_allclose(host(loaded(x)), outputs, rtol=1e-4, atol=1e-5)
    model.load_weights(f"{folder}/{name}_{way}.weights.h5")
    np.testing.assert_allclose(host(model(x)), outputs, rtol=1e-4, atol=1e-5)


@needs_keras
@pytest.mark.parametrize("name", sorted(lora_models.LAYERS))
def test_keras_reads_lora(name, tmp_path):
    model, x = lora_models.made(keraslite, name, "later"), lora_models.data(name)
    lora_models.fill(model)
    path = str(tmp_path / "ours")
    model.save(f"{path}.keras")
    model.save_weights(f"{path}.weights.h5")
    theirs = keras_peer.call("lora_models:keras_read", name=name, path=path)
    for outputs in (theirs.pop("outputs"), theirs.pop("again")):
        np.testing.assert_allclose(outputs, host(model(x)), rtol=1e-4, atol=1e-5)
    ours = lora_models.describe(model)
    assert {**theirs, "config": ours["config"]} == ours  # Keras's Dense and Embedding forget `lora_alpha` in files


def test_an_embedding_computes_only_the_rows_that_it_looks_up(differentiating_backend):
    layer = layers.Embedding(1_000_000, 4, lora_rank=2)
    ids = np.array([[5, 999_999], [0, 5]])
    layer(ids)
    layer.lora_embeddings_b.assign(np.arange(8.0).reshape(2, 4))
    calls = []
    matmul = ops.matmul
    try:
        ops.matmul = lambda *args: (calls.append(ops.shape(args[0])), matmul(*args))[1]
        made = host(layer(ids))
    finally:
        ops.matmul = matmul
    assert calls == [(2, 2, 2)]
    a, b = layer.lora_embeddings_a.numpy()[ids], layer.lora_embeddings_b.numpy()
    np.testing.assert_allclose(made, layer.embeddings.variable.numpy()[ids] + a @ b, rtol=1e-5)
