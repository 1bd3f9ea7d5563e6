"""Layers on the host that are called within a model's steps: in a subclass's `call`, in a layer, and at the end."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from training.test_host_layers import PLACES, WORDS, X, Y, fitted, functional, lookup, rest

from keraslite import Input, Model, Sequential, layers, ops


class Written(Model):
    """Its `call` calls a layer on the host."""

    def __init__(self):
        super().__init__()
        self.lookup, self.rest = lookup(), rest()

    def call(self, x):
        x = self.lookup(x)
        for layer in self.rest:
            x = layer(x)
        return x


class Around(Model):
    """Its `call` calls a model that begins on the host."""

    def __init__(self):
        super().__init__()
        self.inner = functional()

    def call(self, x):
        return self.inner(x["words"])


class Encoder(layers.Layer):
    """A layer that calls one on the host."""

    def __init__(self):
        super().__init__()
        self.lookup = lookup()

    def call(self, x):
        return self.lookup(x)


def with_a_layer():
    x = h = Input((3,), dtype="string")
    for layer in [Encoder(), *rest()]:
        h = layer(h)
    return Model(x, h)


def test_what_runs_before_the_step_stays_out_of_it(differentiating_backend):
    x = Input((3,), dtype="string")
    nested = Model(x, functional()(x))
    assert not nested._in_python()
    assert not functional()._in_python()
    assert Written()._in_python()


@pytest.mark.parametrize("make", [Written, Around, with_a_layer])
def test_texts_train_as_their_indices(make, differentiating_backend):
    model, x = make(), {"words": X} if make is Around else X
    numbers, expected = fitted("numbers", PLACES)
    model.compile("sgd", "mse")
    found = model.fit(x, Y, batch_size=16, epochs=2, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_allclose(model.evaluate(x, Y, verbose=0), numbers.evaluate(PLACES, Y, verbose=0), rtol=1e-5)
    for outputs in (model.predict(x, batch_size=10, verbose=0), model.predict_on_batch(x)):
        np.testing.assert_allclose(outputs, numbers.predict(PLACES, verbose=0), rtol=1e-5)
    more = [each.fit(iter([(z, Y)]), verbose=0).history["loss"] for each, z in ((model, x), (numbers, PLACES))]
    np.testing.assert_allclose(*more, rtol=1e-5)
    np.testing.assert_allclose(model.train_on_batch(x, Y), numbers.train_on_batch(PLACES, Y), rtol=1e-5)


def test_before_it_is_built(backend):
    model = Written()
    found = model.predict(X, verbose=0)
    np.testing.assert_allclose(found, ops.convert_to_numpy(model(X)), rtol=1e-5)
    np.testing.assert_allclose(copy.deepcopy(model).predict(X.astype(object), verbose=0), found, rtol=1e-5)


def test_a_layer_that_is_kept_and_not_called_changes_nothing(differentiating_backend):
    class Keeps(Model):
        def __init__(self):
            super().__init__()
            self.lookup, self.rest = lookup(), layers.Dense(1)

        def call(self, x):
            return self.rest(x)

    model = Keeps()
    model.compile("sgd", "mse")
    model.fit(PLACES, Y, verbose=0)
    assert not model._in_python()


class Names(Model):
    """Its outputs are texts."""

    def __init__(self):
        super().__init__()
        self.dense, self.name_of = layers.Dense(4), layers.StringLookup(vocabulary=["a", "b", "c"], invert=True)

    def call(self, x):
        return self.name_of(ops.argmax(self.dense(x), axis=-1))


def named_graph():
    x, names = Input((3,)), Names()
    return Model(x, names.name_of(ops.argmax(names.dense(x), axis=-1)))


def named_stack():
    names = Names()
    return Sequential([Input((3,)), names.dense, layers.Lambda(lambda x: ops.argmax(x, axis=-1)), names.name_of])


@pytest.mark.parametrize("make", [Names, named_graph, named_stack])
def test_texts_as_outputs(make, backend):
    model = make()
    x = np.random.default_rng(0).normal(size=(48, 3)).astype("float32")
    found = model.predict(x, batch_size=8, verbose=0)
    kernel, bias = model.get_weights()
    expected = np.array(["[UNK]", *WORDS[:3]])[(x @ kernel + bias).argmax(-1)]
    assert len(set(expected)) > 1
    assert found.tolist() == expected.tolist()
    for i in range(0, 48, 8):  # later calls are those that would be compiled
        assert np.asarray(model(ops.convert_to_tensor(x[i : i + 8]))).tolist() == expected[i : i + 8].tolist()
    assert model.predict_on_batch(x).tolist() == expected.tolist()
