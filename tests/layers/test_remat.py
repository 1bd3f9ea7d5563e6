"""`RematScope` and `remat`: the same results and gradients, with inner results computed again."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers, masking, ops
from keraslite.backend import registry
from keraslite.errors import ArgumentError

X = np.random.default_rng(0).normal(size=(6, 5, 4)).astype("float32")


class Counting(layers.Layer):
    """Counts how often its `call` runs on values."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Dense(3)
        self.runs = []

    def call(self, x):
        self.runs.append(keras.utils.is_keras_tensor(x))
        return ops.tanh(self.inner(x))


@pytest.mark.parametrize(
    ("options", "again"),
    [
        ({"mode": "full"}, True),
        ({"mode": "larger_than", "output_size_threshold": 89}, True),
        ({"mode": "larger_than", "output_size_threshold": 90}, False),
        ({"mode": "list_of_layers", "layer_names": ["counting"]}, True),
        ({"mode": "list_of_layers", "layer_names": ["other"]}, False),
        ({"mode": "activations"}, False),
        ({"mode": None}, False),
    ],
    ids=str,
)
def test_which_layers_are_computed_again(options, again):
    if "torch" not in registry.installed():
        pytest.skip("needs an engine that runs Python again")
    with keras.use_backend("torch"):
        with keras.RematScope(**options):
            made_within = Counting(name="counting")
        made_outside = Counting(name="counting")
        assert backward_runs(made_within) == (2 if again else 1)
        assert backward_runs(made_outside) == 1
        with keras.RematScope(**options):
            assert backward_runs(made_outside) == (2 if again else 1)
            with keras.RematScope(mode=None):
                assert backward_runs(made_outside) == 1


def backward_runs(layer):
    """How often `call` runs for a value and PyTorch's own `.backward()`, in which it may run again."""
    layer(X)
    layer.runs.clear()
    x = ops.convert_to_tensor(X).requires_grad_()
    layer(x).sum().backward()
    assert x.grad is not None
    return layer.runs.count(False)


def model_of(kind):
    x = keras.Input((4, 4))
    y = layers.Masking()(x)
    y = layers.LSTM(3, return_sequences=True, name="lstm")(y)
    y = layers.Dropout(0.3, seed=1)(y)
    y = layers.BatchNormalization()(y)
    y = layers.Dense(4, activation="tanh", kernel_regularizer="l2", activity_regularizer="l1")(y)
    y = layers.GlobalAveragePooling1D()(y)
    return keras.Model(x, layers.Dense(1, name=kind)(y))


def trained(scope):
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    x = X[:, :4].copy()
    x[:2, 2:] = 0
    with scope:
        model = model_of("out")
    model.compile("sgd", "mse")
    losses = model.fit(x, np.ones((6, 1), "float32"), epochs=2, batch_size=3, shuffle=False, verbose=0).history["loss"]
    return losses, model.predict(x, verbose=0)


SCOPES = [{"mode": "full"}, {"mode": "activations"}, {"mode": "larger_than", "output_size_threshold": 20}]


@pytest.mark.one_engine
def test_training_is_the_same(differentiating_backend):
    expected, outputs = trained(keras.RematScope(mode=None))
    for options in SCOPES:
        losses, found = trained(keras.RematScope(**options))
        np.testing.assert_allclose(losses, expected, rtol=1e-4, err_msg=options["mode"])
        np.testing.assert_allclose(found, outputs, rtol=1e-3, atol=1e-5, err_msg=options["mode"])


def test_losses_and_masks_come_out(differentiating_backend):
    class Whole(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.embedding = layers.Embedding(4, 2, mask_zero=True)
            self.dense = layers.Dense(1, activity_regularizer="l2")

        def call(self, ids):
            x = self.embedding(ids)
            self.add_loss(ops.sum(x))
            return self.dense(x)

    keras.utils.set_random_seed(1)
    layer = Whole()
    ids = np.array([[1, 2, 0], [3, 0, 0]])
    outputs = layer(ids)
    expected = [float(ops.convert_to_numpy(loss)) for loss in layer.losses]
    mask = ops.convert_to_numpy(masking.get_mask(outputs))
    assert len(expected) == 2
    with keras.RematScope():
        for _ in range(2):
            outputs = layer(ids)
            found = [float(ops.convert_to_numpy(loss)) for loss in layer.losses]
            np.testing.assert_allclose(sorted(found), sorted(expected), rtol=1e-5)
            np.testing.assert_array_equal(ops.convert_to_numpy(masking.get_mask(outputs)), mask)


def test_a_mask_goes_in(backend):
    class Whole(layers.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True
            self.lstm = layers.LSTM(2)

        def call(self, x):
            return self.lstm(x)

    x = X.copy()
    x[:, 3:] = 0
    layer = Whole()
    masked = layers.Masking()(x)
    expected = ops.convert_to_numpy(layer(masked))
    with keras.RematScope():
        found = ops.convert_to_numpy(layer(masked))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_state_is_changed_once(differentiating_backend):
    layer = layers.BatchNormalization(momentum=0.5)
    layer(X)
    with keras.RematScope():
        keras.transforms.value_and_grad(lambda: ops.sum(layer(X, training=True)), layer.trainable_variables)()
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.5 * X.mean((0, 1)), rtol=1e-4, atol=1e-6)


def test_an_activation_is_as_it_was(backend):
    layer = layers.Dense(3, activation="tanh")
    layer(X)
    with keras.RematScope("activations"):
        layer(X)
    assert layer.activation is keras.activations.tanh
    assert layer.get_config()["activation"] == "tanh"


def test_a_copy_of_a_layer_keeps_its_scope():
    with keras.RematScope("list_of_layers", layer_names=["a"]):
        layer = layers.Dense(3, name="a")
    again = copy.deepcopy(layer)
    assert again._own.remat.layer_names == ("a",)


def test_a_function(differentiating_backend):
    def cubes(x):
        return ops.sum(x * x * x)

    x = ops.convert_to_tensor(X)
    np.testing.assert_allclose(ops.convert_to_numpy(keras.remat(cubes)(x)), (X**3).sum(), rtol=1e-4)
    np.testing.assert_allclose(ops.convert_to_numpy(keras.transforms.grad(keras.remat(cubes))(x)), 3 * X**2, rtol=1e-4)
    with pytest.raises(ArgumentError, match="`remat` needs a function as `f`"):
        keras.remat(3)


def test_modes_that_make_no_sense():
    with pytest.raises(ArgumentError, match="`RematScope` needs `mode` to be one of 'full', 'activations'"):
        keras.RematScope("foo")


def test_a_call_that_a_layer_recomputes_by_itself(differentiating_backend):
    class Whole(layers.Layer):
        def __init__(self):
            super().__init__()
            self.embedding = layers.Embedding(4, 2, mask_zero=True)
            self.dense = layers.Dense(1, activity_regularizer="l2")

        def call(self, ids):
            return self.rematerialized_call(lambda given: self.dense(self.embedding(given)), ids)

    layer = Whole()
    outputs = layer(np.array([[1, 2, 0]]))
    assert len(layer.losses) == 1
    assert float(ops.convert_to_numpy(layer.losses[0])) > 0
    assert ops.convert_to_numpy(masking.get_mask(outputs)).tolist() == [[True, True, False]]
