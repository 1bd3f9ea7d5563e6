"""`class_weight`: the weight that each target gets."""

from __future__ import annotations

import numpy as np
import pytest
from training_models import engine  # noqa: F401

import keraslite as keras
from keraslite.errors import ArgumentError, DataError

QUIET = {"verbose": 0}
WEIGHTS = {0: 1.0, 1: 3.0, 3: 100.0}


def uniform(shape, number=4, loss="sparse_categorical_crossentropy", **options):
    """A model whose outputs are all alike: the loss of each target is log(number) times its weight."""
    model = keras.Sequential([
        keras.Input(shape), keras.layers.Dense(number, activation="softmax", kernel_initializer="zeros")
    ])  # fmt: skip
    model.compile(keras.optimizers.SGD(0.0), loss, **options)
    return model


def own(y_true, y_pred):
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred)


TARGETS = np.array([[0, 0, 0, 1]] * 4 + [[0, 0, 0, 0]] * 4)  # steps of 8 samples


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", own])
@pytest.mark.parametrize("form", ["array", "column", "generator", "on_batch", "one_hot"])
def test_each_step_of_a_sequence_has_the_weight_of_its_class(differentiating_backend, loss, form):
    x, expected = np.ones((8, 4, 2), "float32"), np.log(4) * (28 + 4 * 3) / 32
    model = uniform((4, 2), loss="categorical_crossentropy" if form == "one_hot" else loss)
    y = {"column": TARGETS[..., None], "one_hot": np.eye(4, dtype="float32")[TARGETS]}.get(form, TARGETS)
    if form == "on_batch":
        found = model.train_on_batch(x, y, class_weight=WEIGHTS)
    elif form == "generator":
        batches = ((x, y) for _ in range(2))
        found = model.fit(batches, steps_per_epoch=2, class_weight=WEIGHTS, **QUIET).history["loss"][0]
    else:
        found = model.fit(x, y, class_weight=WEIGHTS, **QUIET).history["loss"][0]
    assert found == pytest.approx(expected, rel=1e-5)


def test_steps_have_the_weight_of_their_class_times_that_of_their_sample(engine):  # noqa: F811
    x = np.ones((8, 4, 2), "float32")
    weights = np.array([2.0] * 4 + [1.0] * 4)
    expected = np.log(4) * (2 * (12 + 4 * 3) + 16) / 32
    for given in (weights, weights[:, None], weights[:, None] * np.ones((1, 4))):
        found = uniform((4, 2)).fit(x, TARGETS, class_weight=WEIGHTS, sample_weight=given, **QUIET).history["loss"]
        assert found == pytest.approx([expected], rel=1e-5)


def test_yes_or_no_at_each_step(engine):  # noqa: F811
    x, y = np.ones((8, 4, 2), "float32"), TARGETS
    model = keras.Sequential([keras.Input((4, 2)), keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.0), "binary_crossentropy")
    found = model.fit(x, y[..., None], class_weight=WEIGHTS, **QUIET).history["loss"]
    assert found == pytest.approx([np.log(2) * (28 + 4 * 3) / 32], rel=1e-5)
    with pytest.raises(ArgumentError, match="`sample_weight`"):  # the loss has one value a sample
        model.fit(x, y, class_weight=WEIGHTS, **QUIET)


def test_rows_that_are_no_classes_are_an_error(engine):  # noqa: F811
    x = np.ones((4, 2), "float32")
    for loss in ("binary_crossentropy", "mse", lambda a, b: keras.ops.mean(a - b, axis=-1)):
        model = uniform((2,), 3, loss)
        for y in ([[1, 1, 0]] * 4, [[0, 0, 0]] * 4, [[-1, 1, 1]] * 4):
            with pytest.raises(DataError, match=r"`class_weight` needs targets.*shape \(4, 3\).*`sample_weight`"):
                model.fit(x, np.array(y, "float32"), class_weight={0: 1.0}, **QUIET)
    soft = np.array([[0.1, 0.7, 0.2]] * 4, "float32")
    found = uniform((2,), 3, "categorical_crossentropy").fit(x, soft, class_weight={1: 5.0}, **QUIET).history["loss"]
    assert found == pytest.approx([5 * np.log(3)], rel=1e-5)
