"""What `compute_output_shape` and `compute_output_spec` show as their parameters, and that they take them by name."""

from __future__ import annotations

import gc
import inspect
import weakref

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers

ROWS = [
    (layers.Dense(3), {"input_shape": (2, 5)}, (2, 3)),
    (layers.Flatten(), {"input_shape": (2, 5, 4)}, (2, 20)),
    (layers.Add(), {"input_shape": [(2, 5), (2, 5)]}, (2, 5)),
    (layers.LSTM(3), {"sequences_shape": (2, 5, 4)}, (2, 3)),
    (layers.MultiHeadAttention(2, 3), {"query_shape": (2, 5, 4), "value_shape": (2, 6, 4)}, (2, 5, 4)),
    (keras.Sequential([layers.Dense(3)]), {"input_shape": (2, 5)}, (2, 3)),
]


@pytest.mark.parametrize(("layer", "shapes", "expected"), ROWS, ids=lambda row: type(row).__name__)
def test_shapes_by_the_names_that_are_shown(layer, shapes, expected, backend):
    shown = inspect.signature(type(layer).compute_output_shape).parameters
    assert ["self", *shapes] == [*shown][: len(shapes) + 1]
    assert [*inspect.signature(layer.compute_output_shape).parameters] == [*shown][1:]
    assert layer.compute_output_shape(**shapes) == expected


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        (layers.Embedding(3, 2), ["inputs"]),
        (layers.Concatenate(), ["inputs"]),
        (layers.LSTM(3), ["sequences", "initial_state", "mask", "training"]),
        (keras.Sequential(), ["inputs", "training", "mask"]),
    ],
    ids=lambda row: type(row).__name__,
)
def test_tensors_by_the_names_that_are_shown(layer, names):
    assert [*inspect.signature(layer.compute_output_spec).parameters] == names


def test_an_inherited_method_of_a_class_of_ones_own(backend):
    class Twice(layers.Layer):
        def call(self, left, right):
            return keras.ops.add(left, right)

    class Wider(layers.Dense):
        def compute_output_shape(self, input_shape):
            return (*super().compute_output_shape(input_shape), 1)

    assert [*inspect.signature(Twice.compute_output_shape).parameters] == ["self", "left_shape", "right_shape"]
    assert [*inspect.signature(Twice.compute_output_spec).parameters] == ["self", "left", "right"]
    assert Twice().compute_output_spec(left=keras.KerasTensor((2, 3)), right=keras.KerasTensor((2, 1))).shape == (2, 3)
    assert Wider(3).compute_output_shape((2, 5)) == (2, 3, 1)
    layer = layers.Dense(3)
    assert layer.compute_output_shape((None, 5)) == (None, 3)
    assert layer(np.ones((2, 5), "float32")).shape == (2, 3)


def test_a_class_is_let_go():
    class Own(layers.Layer):
        def call(self, x):
            return x

    inspect.signature(Own.compute_output_shape)
    found = weakref.ref(Own)
    del Own
    gc.collect()
    assert found() is None
