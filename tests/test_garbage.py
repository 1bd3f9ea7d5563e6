"""Unused objects are freed: models, their classes, and everything that was computed in them."""

from __future__ import annotations

import copy
import gc
import weakref

import numpy as np
import pytest

from keraslite import callbacks, layers, losses, masking, metrics, models, ops, optimizers, transforms
from keraslite.backend import registry

X, Y = np.arange(40).reshape(8, 5) % 9, np.arange(8) % 3


def own_classes(alive):
    """Classes that are made anew at each call, as in a notebook or a search. `alive` gets weak references."""

    class Watching(layers.Layer):
        def __init__(self, rate=0.5, **options):
            super().__init__(**options)
            self.rate = rate
            self.supports_masking = True

        def call(self, x):
            y = x * self.rate
            if not isinstance(y, np.ndarray):
                alive.append(weakref.ref(y))
            return y

    class Own(models.Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return super().compute_loss(x, y, y_pred, sample_weight, training)

        def train_step(self, data):
            return super().train_step(data)

    class OwnLoss(losses.Loss):
        def call(self, y_true, y_pred):
            return ops.mean(ops.abs(y_pred), -1)

    class OwnAdam(optimizers.Adam):
        pass

    class OwnAccuracy(metrics.SparseCategoricalAccuracy):
        pass

    class OwnCallback(callbacks.Callback):
        pass

    alive += map(weakref.ref, (Watching, Own, OwnLoss, OwnAdam, OwnAccuracy, OwnCallback))
    return Watching, Own, OwnLoss, OwnAdam, OwnAccuracy, OwnCallback


def determinant(x):
    return ops.det(ops.matmul(x, ops.transpose(x, (0, 2, 1))))[:, None]


MIDDLES = {
    "dense": lambda: [layers.Flatten(), layers.BatchNormalization(), layers.Dropout(0.2)],
    "lstm": lambda: [layers.LSTM(3)],
    "gru": lambda: [layers.GRU(3)],
    "det": lambda: [layers.Lambda(determinant)],
}


def used(middle, alive):
    watching, own, loss, adam, accuracy, callback = own_classes(alive)
    masked = middle in ("lstm", "gru")
    model = own([layers.Embedding(10, 4, mask_zero=masked), watching(), *MIDDLES[middle](), layers.Dense(3)])
    engine = registry.current()
    if "gradients" in engine.capabilities:
        model.compile(adam(), loss(), metrics=[accuracy()])
        model.fit(X, Y, batch_size=4, epochs=1, verbose=0, callbacks=[callback()])
        model.layers[1].rate = 0.25
        model.fit(X, Y, batch_size=4, epochs=1, verbose=0)
    model.predict(X, verbose=0)
    for _ in range(5):
        model(X)
    copies = models.clone_model(model), copy.deepcopy(model)
    alive += map(weakref.ref, [model, *copies, *model.layers, *model.weights])


@pytest.mark.parametrize("middle", MIDDLES)
def test_a_model_that_was_used_and_its_classes_are_let_go(backend, middle):
    used(middle, [])  # what the engine keeps once and for all
    alive = []
    used(middle, alive)
    gc.collect()
    assert len(alive) > 15
    assert not [reference() for reference in alive if reference() is not None]


def test_a_tensor_is_let_go_whatever_its_mask_is(backend):
    before = set(masking.table)
    for mask in (lambda x: x, lambda x: ops.logical_not(x)):
        x = ops.convert_to_tensor(np.array([[True, False]]))
        masking.set_mask(x, mask(x))
        assert masking.get_mask(x).shape == (1, 2)
        reference = weakref.ref(x)
        del x
        assert reference() is None
    assert masking.table.keys() <= before


def test_a_compiled_function_with_gradients_of_its_own_is_let_go(differentiating_backend):
    alive = []

    def function():
        @ops.custom_gradient
        def tripled(x):
            y = x * 3
            alive.append(weakref.ref(y))
            return y, lambda cotangent: cotangent * 5

        program = transforms.jit(transforms.grad(lambda x: ops.sum(tripled(x) * ops.det(x))))
        return np.asarray(ops.convert_to_numpy(program(np.eye(2, dtype="float32"))))

    function()
    assert len(alive) > 0
    np.testing.assert_allclose(function(), [[11, 5], [5, 11]])
    gc.collect()
    assert not [reference() for reference in alive if reference() is not None]
