"""Compiled `model(x)`: numbers, gradients, masks and errors are the same, and a changed model is compiled again."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import config, initializers, layers, masking, ops, transforms
from keraslite.backend import registry
from keraslite.models import Model, Sequential
from keraslite.random import SeedGenerator
from keraslite.utils import set_random_seed

G = np.random.default_rng(3)
X = G.normal(size=(5, 12)).astype("float32")
TOKENS = G.integers(0, 20, (5, 6))
CALLS = 6

pytestmark = pytest.mark.usefixtures("fast")


@pytest.fixture
def fast(differentiating_backend):
    config.enable_fast_paths()


def dense():
    return Sequential([layers.Input((12,)), layers.Dense(8, "gelu"), layers.BatchNormalization(), layers.Dropout(0.3),
                       layers.Dense(3)])  # fmt: skip


def deferred():
    return Sequential([layers.Dense(8, "relu"), layers.LayerNormalization(), layers.Dense(3)])


def two():
    a, b = layers.Input((12,)), layers.Input((12,))
    x = layers.Concatenate()([layers.Dense(4, "tanh")(a), layers.Dense(4)(b)])
    return Model([a, b], {"sum": layers.Dense(2)(x), "mean": ops.mean(x, 1)})


def half():
    return Sequential([layers.Input((12,)), layers.Dense(8, "relu"), layers.Dense(3)])


def text():
    return Sequential([layers.Input((6,)), layers.Embedding(20, 8, mask_zero=True),
                       layers.Bidirectional(layers.LSTM(4, return_sequences=True)), layers.GRU(5)])  # fmt: skip


def recurrent():
    return Sequential([layers.Input((12,)), layers.Reshape((4, 3)), layers.LSTM(5, return_sequences=True),
                       layers.LSTM(4), layers.Dense(2)])  # fmt: skip


def transformer():
    x = inputs = layers.Input((6,))
    x = layers.Embedding(20, 8)(x)
    x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 4, dropout=0.1)(x, x)]))
    return Model(inputs, layers.Dense(3)(ops.mean(x, 1)))


MODELS = {"dense": (dense, X), "deferred": (deferred, X), "two": (two, [X, X + 1]), "half": (half, X),
          "recurrent": (recurrent, X), "text": (text, TOKENS), "transformer": (transformer, TOKENS)}  # fmt: skip


def made(name):
    set_random_seed(2)
    make, x = MODELS[name]
    model = make()
    tensors = [ops.convert_to_tensor(a) for a in x] if isinstance(x, list) else ops.convert_to_tensor(x)
    return model, tensors


def host(nest):
    return (
        {k: ops.convert_to_numpy(v) for k, v in nest.items()} if isinstance(nest, dict) else ops.convert_to_numpy(nest)
    )


def compiled(model) -> bool:
    return model._own.calls._run is not None and len(model._own.calls._run.programs) > 0


def called(model, x, times=CALLS, **options):
    return [model(x, **options) for _ in range(times)][-1]


def plain(model, x):
    config.enable_fast_paths(False)
    try:
        return model(x)
    finally:
        config.enable_fast_paths(True)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_numbers_are_the_same(name):
    model, x = made(name)
    expected = host(plain(model, x))
    for found in (host(called(model, x)), host(called(model, x, training=False))):
        for key in expected if isinstance(expected, dict) else [...]:
            np.testing.assert_allclose(found[key], expected[key], rtol=1e-5, atol=1e-6)
    assert compiled(model)


def test_the_first_calls_run_in_python():
    model, x = made("dense")
    called(model, x, 3)
    assert not compiled(model)
    called(model, x, 1)
    assert compiled(model)


def test_new_values_of_weights_count():
    model, x = made("dense")
    called(model, x)
    program = model._own.calls._run
    model.layers[-1].kernel.assign(np.zeros((8, 3)))
    model.layers[-1].bias.assign([1.0, 2.0, 3.0])
    np.testing.assert_allclose(host(model(x)), np.tile([1.0, 2.0, 3.0], (5, 1)))
    assert model._own.calls._run is program


def test_it_follows_training():
    model, x = made("dense")
    model.compile("sgd", "mse")
    before = host(called(model, x))
    model.fit(X, G.normal(size=(5, 3)).astype("float32"), epochs=2, verbose=0)
    after = host(called(model, x))
    assert np.abs(after - before).max() > 1e-4
    np.testing.assert_allclose(after, host(plain(model, x)), rtol=1e-5, atol=1e-6)


CHANGES = {
    "activation": lambda model: setattr(model.layers[0], "activation", ops.tanh),
    "policy": lambda model: setattr(model.layers[0], "dtype_policy", "float16"),
    "trainable": lambda model: setattr(model.layers[0].kernel, "trainable", False),
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_changes_drop_it(name):
    model, x = made("dense")
    before = host(called(model, x))
    CHANGES[name](model)
    after = host(model(x))
    assert not compiled(model)
    np.testing.assert_allclose(after, host(plain(model, x)), rtol=1e-3, atol=1e-3)
    assert name == "trainable" or np.abs(after - before).max() > 1e-5
    np.testing.assert_allclose(host(called(model, x)), after, rtol=1e-3, atol=1e-3)
    assert compiled(model)


def test_changes_elsewhere_do_not():
    model, x = made("dense")
    called(model, x)
    program = model._own.calls._run
    dense().layers[0].activation = ops.tanh
    model(x)
    assert model._own.calls._run is program


def test_one_that_always_changes_stays_in_python():
    model, x = made("half")
    expected = host(plain(model, x))
    for _ in range(12):
        called(model, x)
        model.layers[0].activation = lambda value: ops.relu(value)
        model.layers[0].activation = ops.relu
    np.testing.assert_allclose(host(called(model, x)), expected, rtol=1e-5, atol=1e-6)
    assert not compiled(model)


def test_gradients_of_weights():
    model, x = made("dense")

    def loss():
        return ops.sum(ops.square(model(x)))

    expected = [host(g) for g in transforms.value_and_grad(loss, model.trainable_variables)()[1]]
    called(model, x)
    for found in (_own_gradients(model, x), [host(g) for g in transforms.grad(loss, model.trainable_variables)()]):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def _own_gradients(model, x):
    """By the engine's own means, as a user of it would write."""
    engine = registry.current().name
    if engine == "torch":
        ops.sum(ops.square(model(x))).backward()
        return [v.value.grad.numpy() for v in model.trainable_variables]
    if engine == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(model(x)))
        return [g.numpy() for g in tape.gradient(loss, [v.storage for v in model.trainable_variables])]
    import jax

    def loss(weights):
        rest = [v.value for v in model.non_trainable_variables]
        return (model.stateless_call(weights, rest, x)[0] ** 2).sum()

    return [np.asarray(g) for g in jax.grad(loss)([v.value for v in model.trainable_variables])]


def test_gradients_of_inputs():
    model, x = made("dense")
    called(model, x)
    expected = host(ops.grad(lambda x: ops.sum(ops.square(model(x))))(x))
    engine = registry.current().name
    if engine == "torch":
        x.requires_grad_()
        ops.sum(ops.square(model(x))).backward()
        found = x.grad.numpy()
    elif engine == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.square(model(x)))
        found = tape.gradient(loss, x).numpy()
    else:
        import jax

        found = np.asarray(jax.grad(lambda x: (model(x) ** 2).sum())(x))
    assert compiled(model)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


class Doubled(layers.Layer):
    def call(self, inputs):
        return inputs * 2


OWN = {
    "layer": lambda: Doubled(),
    "activation": lambda: layers.Activation(lambda x: x * 2),
    "function": lambda: layers.Lambda(lambda x: x * 2),
}


@pytest.mark.parametrize("name", sorted(OWN))
def test_code_of_the_user_runs_at_each_call(name):
    model = Sequential([layers.Input((12,)), layers.Dense(3), OWN[name]()])
    called(model, ops.convert_to_tensor(X))
    assert not compiled(model)


def test_a_layer_that_adds_a_loss_runs_at_each_call():
    model = Sequential([layers.Input((12,)), layers.Dense(3, activity_regularizer="l2")])
    called(model, ops.convert_to_tensor(X))
    assert not compiled(model)
    assert len(model.losses) == 1


def test_training_is_not_compiled():
    model, x = made("dense")
    called(model, x)
    a, b = host(model(x, training=True)), host(model(x, training=True))
    assert np.abs(a - b).max() > 1e-3


def test_masks_go_on():
    model = Sequential([layers.Input((6,)), layers.Embedding(20, 8, mask_zero=True), layers.Dense(3)])
    x = ops.convert_to_tensor(TOKENS)
    y = called(model, x)
    assert compiled(model)
    np.testing.assert_array_equal(host(masking.get_mask(y)), TOKENS != 0)


def test_masked_inputs_run_in_python():
    x = ops.convert_to_tensor(G.normal(size=(2, 4, 3)).astype("float32"))
    model = Sequential([layers.Input((4, 3)), layers.LSTM(2)])
    unmasked = host(called(model, x))
    masking.set_mask(x, ops.convert_to_tensor(np.array([[True, False, False, False]] * 2)))
    assert np.abs(host(model(x)) - unmasked).max() > 1e-4


def test_state_goes_on():
    inputs = layers.Input(batch_shape=(2, 4, 3))
    model = Model(inputs, layers.LSTM(2, stateful=True)(inputs))
    x = ops.convert_to_tensor(G.normal(size=(2, 4, 3)).astype("float32"))
    expected = [host(plain(model, x)) for _ in range(8)]
    model.layers[-1].reset_state()
    found = [host(model(x)) for _ in range(8)]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_an_error_names_the_layer():
    model = Sequential([layers.Dense(3, name="first")])
    called(model, ops.convert_to_tensor(X))
    with pytest.raises(ValueError, match="first"):
        model(ops.convert_to_tensor(X[:, :5]))


def test_only_some_kinds_are_compiled():
    model, _ = made("dense")
    for n in range(1, 13):
        x = ops.convert_to_tensor(G.normal(size=(n, 12)).astype("float32"))
        called(model, x, 5)
    assert len(model._own.calls._run.programs) <= 8


def test_inside_a_transform():
    model, x = made("dense")
    expected = host(called(model, x))
    np.testing.assert_allclose(host(transforms.jit(lambda x: model(x))(x)), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        host(ops.vectorized_map(lambda row: model(row[None])[0], x)), expected, rtol=1e-5, atol=1e-6
    )


def test_copies_compile_for_themselves():
    import copy

    model, x = made("half")
    called(model, x)
    other = copy.deepcopy(model)
    other.layers[-1].kernel.assign(initializers.Zeros()((8, 3)))
    assert np.abs(host(called(other, x))).max() == 0
    assert compiled(other)
    assert np.abs(host(model(x))).max() > 0


def test_random_layers_draw_anew():
    inputs = layers.Input((12,))
    model = Model(inputs, layers.GaussianNoise(1.0, seed=3)(inputs, training=True))
    x = ops.convert_to_tensor(X)
    outputs = [host(model(x)) for _ in range(CALLS)]
    assert all(np.abs(a - b).max() > 0.1 for i, a in enumerate(outputs) for b in outputs[:i])
    assert isinstance(model.layers[-1].seed_generator, SeedGenerator)
