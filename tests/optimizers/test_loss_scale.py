"""`LossScaleOptimizer`: Keras's numbers and state, and steps that are skipped."""

from __future__ import annotations

import json

import keras_peer
import numpy as np
import pytest
from optimizers_cases import gradients, values

from keraslite import ops, optimizers
from keraslite.errors import ArgumentError
from keraslite.transforms import jit, value_and_grad
from keraslite.variable import Variable

NAMES = ("kernel", "bias", "scale")
SCALE = {"initial_scale": 4.0, "dynamic_growth_steps": 3}


def with_overflows():
    grads = gradients(20)
    grads[4][1][0] = np.inf
    grads[5][0][1, 1] = np.nan
    grads[12][2] = np.array(-np.inf, "float32")
    return grads


def variables(dtype="float32"):
    return [Variable(v, dtype=dtype, name=n) for v, n in zip(values(), NAMES, strict=True)]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("inner", [{}, {"weight_decay": 0.1, "clipnorm": 0.1}, {"use_ema": True}], ids=str)
def test_twenty_steps_are_keras(backend, compiled, inner):
    arguments = {"learning_rate": 0.05, "name": "adam", **inner}
    expected = keras_peer.call("optimizers_on_keras:run", backend="torch", name="Adam", arguments=arguments,
                               values=values(), grads=with_overflows(), scale={**SCALE, "name": "scaled"})  # fmt: skip
    optimizer = optimizers.LossScaleOptimizer(optimizers.Adam(**arguments), **SCALE, name="scaled")
    trained = variables()

    def step(grads):
        optimizer.apply(grads, trained)

    step = jit(step) if compiled else step
    for grads, theirs in zip(with_overflows(), expected["history"], strict=True):
        step([ops.convert_to_tensor(g) for g in grads])
        for mine, value in zip(trained, theirs, strict=True):
            np.testing.assert_allclose(mine.numpy(), value, rtol=1e-5, atol=1e-6)
    assert [v.path for v in optimizer.variables] == expected["paths"]
    for mine, value in zip(optimizer.variables, expected["state"], strict=True):
        np.testing.assert_allclose(mine.numpy(), value, rtol=1e-5, atol=1e-6, err_msg=mine.path)
    assert int(optimizer.iterations) == expected["iterations"] == 17


def test_float16_trains_where_gradients_would_vanish(differentiating_backend):
    weight = Variable(np.array([1.0], "float32"), name="weight")
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(1e7))
    optimizer.build([weight])

    def loss():
        half = ops.cast(weight.value, "float16") * ops.ones((1,), dtype="float16")
        return ops.sum(ops.cast(half, "float32")) * 1e-8  # float16's smallest number is 6e-8

    _, unscaled = value_and_grad(loss, [weight])()
    assert ops.convert_to_numpy(unscaled[0])[0] == 0.0
    _, scaled = value_and_grad(lambda: optimizer.scale_loss(loss()), [weight])()
    optimizer.apply(scaled, [weight])
    np.testing.assert_allclose(weight.numpy(), [0.9], rtol=1e-3)


def test_config(backend):
    optimizer = optimizers.LossScaleOptimizer(optimizers.Adam(0.5, weight_decay=0.25, name="a"), 8.0, 7, name="b")
    config = json.loads(json.dumps(optimizers.serialize(optimizer)))
    again = optimizers.deserialize(config)
    assert again.get_config() == optimizer.get_config()
    assert (again.initial_scale, again.dynamic_growth_steps, again.name) == (8.0, 7, "b")
    assert again.inner_optimizer.get_config() == optimizer.inner_optimizer.get_config()
    theirs = keras_peer.call("optimizers_on_keras:loaded_config", config=config)
    assert theirs == {"name": "b", "initial_scale": 8.0, "dynamic_growth_steps": 7}


def test_learning_rate_is_the_inner_one(backend):
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(0.5))
    optimizer.learning_rate = 0.25
    assert float(optimizer.learning_rate) == float(optimizer.inner_optimizer.learning_rate) == 0.25


def test_bad_arguments(backend):
    with pytest.raises(ArgumentError, match="has no argument 'clipnorm'. Give it to `inner_optimizer`"):
        optimizers.LossScaleOptimizer(optimizers.SGD(), clipnorm=1.0)
    with pytest.raises(ArgumentError, match="needs an optimizer to wrap"):
        optimizers.LossScaleOptimizer("sgd")
    with pytest.raises(ArgumentError, match="`dynamic_growth_steps`"):
        optimizers.LossScaleOptimizer(optimizers.SGD(), dynamic_growth_steps=0)
