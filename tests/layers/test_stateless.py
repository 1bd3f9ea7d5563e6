"""Scopes in which Variables have other values than their own."""

from __future__ import annotations

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers, ops
from keraslite.errors import ArgumentError


def host(x):
    return ops.convert_to_numpy(x).tolist()


def test_values_within_a_scope(backend):
    v, other = keras.Variable([1.0, 2.0]), keras.Variable(1.0)
    with keras.StatelessScope(state_mapping=[(v, np.array([5, 6]))]) as scope:
        assert host(v.value) == [5, 6]
        v.assign(v + 1)
        assert host(v.value) == [6, 7]
        with keras.StatelessScope() as inner:
            assert host(v.value) == [6, 7]
            v.assign([0.0, 0.0])
        assert host(inner.get_current_value(v)) == [0, 0]
        assert host(v.value) == [6, 7]
    assert host(v.value) == [1, 2]
    assert host(scope.get_current_value(v)) == [6, 7]
    assert scope.get_current_value(other) is None
    scope.add_update((other, 3.0))
    assert host(scope.get_current_value(other)) == 3
    assert host(other.value) == 1


def test_a_layer_in_a_scope(backend):
    layer = layers.BatchNormalization(momentum=0.5)
    layer.build((None, 2))
    x = np.array([[0.0, 4.0], [2.0, 8.0]], "float32")
    with keras.StatelessScope() as scope:
        layer(x, training=True)
    assert host(scope.get_current_value(layer.moving_mean)) == [0.5, 3.0]
    assert layer.moving_mean.numpy().tolist() == [0, 0]


def test_losses_of_a_scope(backend):
    layer = layers.Dense(2, activity_regularizer="l2", kernel_regularizer="l2")
    layer.build((None, 3))
    x = np.ones((2, 3), "float32")
    layer(x)
    expected = host(layer.losses[0])
    with keras.StatelessScope(collect_losses=True) as scope:
        layer(x)
    assert [host(loss) for loss in scope.losses] == pytest.approx([expected])
    with keras.StatelessScope() as silent:
        layer(x)
    assert silent.losses == []
    silent.add_loss(3.0)
    assert silent.losses == [3.0]


def test_a_pure_step_with_a_scope(differentiating_backend):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, use_bias=False)])
    kernel = model.trainable_variables[0]

    def loss(value):
        with keras.StatelessScope(state_mapping=[(kernel, value)]):
            return ops.sum(model(np.ones((1, 3), "float32")))

    gradient = keras.transforms.grad(loss)(ops.zeros((3, 1)))
    assert host(gradient) == [[1], [1], [1]]


def test_a_variable_that_is_made_within_is_real(backend):
    with keras.StatelessScope(initialize_variables=False):
        v = keras.Variable("ones", shape=(2,))
    assert v.numpy().tolist() == [1, 1]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (lambda v: [(3, 4.0)], "`StatelessScope` needs pairs of a Variable and its value. Received 3"),
        (lambda v: [(v, np.zeros(3))], r"needs a value of shape \(2,\) for 'variable'. Received shape \(3,\)"),
    ],
)
def test_mappings_that_make_no_sense(pairs, message):
    with pytest.raises(ArgumentError, match=message):
        keras.StatelessScope(state_mapping=pairs(keras.Variable([1.0, 2.0])))


def test_shapes_alone(backend):
    v = keras.Variable(np.ones((2, 3)))
    with keras.SymbolicScope():
        y = ops.matmul(v, ops.transpose(v))
        v.assign(v * 2)
    assert keras.utils.is_keras_tensor(y)
    assert y.shape == (2, 2)
    assert v.numpy().max() == 1
