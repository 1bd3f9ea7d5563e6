"""Indices without a row in an `Embedding`, and labels that are not classes, in data on the host."""

from __future__ import annotations

import numpy as np
import pytest
from training_models import classifier, engine  # noqa: F401

import keraslite as keras
from keraslite import layers
from keraslite.errors import DataError, OutOfRangeError

QUIET = {"verbose": 0}


class Tokens(layers.Layer):
    """An embedding within a layer of a user's own, beside one of positions, which are always right."""

    def __init__(self):
        super().__init__()
        self.tokens, self.places = layers.Embedding(10, 4, name="rows"), layers.Embedding(3, 4, name="places")

    def call(self, x):
        return self.tokens(x) + self.places(keras.ops.arange(x.shape[-1]))


class Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.tokens, self.dense = Tokens(), layers.Dense(1)

    def call(self, x):
        return self.dense(keras.ops.mean(self.tokens(x), axis=1))


def sequential():
    return keras.Sequential([layers.Embedding(10, 4, name="rows"), layers.GlobalAveragePooling1D(), layers.Dense(1)])


def functional():
    x = keras.Input((3,), dtype="int32")
    return keras.Model(x, layers.Dense(1)(layers.GlobalAveragePooling1D()(Tokens()(x))))


def nested():
    x = keras.Input((3,))
    return keras.Model(x, functional()(x))


def by_name():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b", dtype="int64")
    rows = layers.GlobalAveragePooling1D()(layers.Embedding(10, 4, name="rows")(b))
    return keras.Model({"a": a, "b": b}, layers.Dense(1)(layers.Concatenate()([a, rows])))


def indices(bad=None):
    x = np.array([[1, 2, 3], [4, 5, 6], [0, 0, 0], [9, 9, 9]])
    if bad is not None:
        x[1, 1] = bad
    return x


@pytest.mark.parametrize("make", [sequential, functional, nested, by_name, Subclass])
@pytest.mark.parametrize("bad", [10, -1, 2**40])
def test_indices_out_of_range_are_an_error_that_names_the_layer(backend, make, bad):
    def given(x):
        return {"a": np.ones((4, 3), "float32"), "b": x} if make is by_name else x

    model, good, wrong, y = make(), given(indices()), given(indices(bad)), np.ones((4, 1), "float32")
    model.compile("sgd", "mse")
    calls = [
        *(lambda: model(wrong), lambda: model.predict(wrong, **QUIET), lambda: model.predict_on_batch(wrong)),
        *(lambda: model.predict(wrong, batch_size=2, **QUIET), lambda: model.evaluate(wrong, y, **QUIET)),
    ]
    if backend != "numpy":
        calls += [lambda: model.fit(wrong, y, **QUIET), lambda: model.fit(((wrong, y) for _ in range(2)), **QUIET),
                  lambda: model.train_on_batch(wrong, y)]  # fmt: skip
    for times in range(2):
        for call in calls:
            for kind in (IndexError, OutOfRangeError):
                with pytest.raises(kind, match=rf"indices from 0 to 9, since layer 'rows'.*Received {bad} \(1 of 12"):
                    call()
        for _ in range(5 if times == 0 else 0):  # from the fourth call on one program runs
            model(good)
    model.predict(good, **QUIET)


def test_the_layer_itself_and_indices_as_floats(backend):
    layer = layers.Embedding(10, 4, name="rows")
    with pytest.raises(OutOfRangeError, match="layer 'rows'"):
        layer(indices(10))
    assert tuple(layer(indices()).shape) == (4, 3, 4)
    model = sequential()
    model(indices())
    with pytest.raises(OutOfRangeError, match="layer 'rows'"):
        model.predict(indices(10).astype("float32"), batch_size=2, **QUIET)


def test_an_input_that_another_model_looks_up_is_free_in_this_one(backend):
    x = keras.Input((3,), dtype="int32")
    rows = layers.Embedding(10, 4, name="rows")(x)
    first, second = keras.Model(x, rows), keras.Model(x, layers.Dense(2)(keras.ops.cast(x, "float32")))
    for _ in range(5):
        second(indices(50))
    second.predict(indices(50), **QUIET)
    with pytest.raises(OutOfRangeError):
        first(indices(50))


def test_a_model_whose_layers_changed_is_looked_at_anew(backend):
    model = sequential()
    model.predict(indices(), **QUIET)
    model = keras.Sequential([layers.Embedding(60, 4), *model.layers[1:]])
    model.predict(indices(50), **QUIET)


def test_labels_that_are_no_whole_numbers_are_an_error(backend):
    x, y = np.ones((4, 4), "float32"), np.array([0, 1, 1.5, 2])
    model = classifier()
    runs = [lambda: model.evaluate(x, y, **QUIET), lambda: model.test_on_batch(x, y)]
    if backend != "numpy":
        runs += [lambda: model.fit(x, y, **QUIET), lambda: model.train_on_batch(x, y)]
    loss, metric = keras.losses.SparseCategoricalCrossentropy(), keras.metrics.SparseCategoricalCrossentropy()
    outputs = np.full((4, 3), 1 / 3, "float32")
    runs += [lambda: loss(y, outputs), lambda: loss(y.tolist(), outputs), lambda: metric(y, outputs)]
    for run in runs:
        with pytest.raises(DataError, match=r"needs whole numbers as class indices. Received 1.5 \(1 of 4"):
            run()
    model.evaluate(x, np.floor(y), **QUIET)
    y[2] = np.nan
    with pytest.raises(DataError, match="Received nan"):
        model.evaluate(x, y, **QUIET)
