"""An engine's own functions accept Variables, and its gradients reach them."""

from __future__ import annotations

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers
from keraslite.backend import registry
from keraslite.variable import Variable

VALUES = np.arange(6, dtype="float32").reshape(2, 3)


def skip_without(name: str, settings: pytest.Config) -> None:
    asked = settings.getoption("--backend")
    if name not in (asked.split(",") if asked else registry.installed()):
        pytest.skip(f"needs {name}")


def test_torch(pytestconfig):
    skip_without("torch", pytestconfig)
    with registry.use_backend("torch"):
        variable = Variable(VALUES, name="kernel")
        frozen = Variable(VALUES, trainable=False)
        counter = Variable(np.array([1, 2]), trainable=True)
    import torch

    product = torch.matmul(variable, torch.ones(3, 1))
    assert product.requires_grad
    assert torch.nn.functional.linear(torch.ones(1, 3), variable).shape == (1, 2)
    assert torch.nn.functional.relu(variable).shape == (2, 3)
    assert torch.stack([variable, frozen]).shape == (2, 2, 3)
    (product.sum() + torch.sum(frozen)).backward()
    assert variable.value.grad.tolist() == np.ones((2, 3)).tolist()
    assert variable.grad is variable.value.grad
    assert frozen.value.grad is None
    assert not frozen.requires_grad
    assert not counter.requires_grad
    with torch.no_grad():
        variable.assign(variable.value - variable.value.grad)
    assert variable.numpy().tolist() == (VALUES - 1).tolist()
    assert variable.value.is_leaf
    variable.zero_grad()
    assert variable.value.grad is None
    optimizer = torch.optim.SGD([variable.storage], lr=1.0)
    torch.sum(variable).backward()
    optimizer.step()
    assert variable.numpy().tolist() == (VALUES - 2).tolist()
    variable.trainable = False
    assert not variable.value.requires_grad
    variable.trainable = True
    assert variable.value.requires_grad


def test_tensorflow(pytestconfig):
    skip_without("tensorflow", pytestconfig)
    with registry.use_backend("tensorflow"):
        variable = Variable(VALUES, name="kernel")
        frozen = Variable(VALUES, trainable=False)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.matmul(variable, tf.ones((3, 1)))) + tf.reduce_sum(frozen)
    gradients = tape.gradient(loss, [variable, frozen])
    assert gradients[0].numpy().tolist() == np.ones((2, 3)).tolist()
    assert gradients[1] is None
    with tf.GradientTape() as tape:
        tape.watch(frozen.storage)
        loss = tf.reduce_sum(frozen.value * 2.0) + tf.reduce_sum(tf.convert_to_tensor(variable) ** 2)
    gradient, watched = tape.gradient(loss, (variable, frozen))
    assert gradient.numpy().tolist() == (2 * VALUES).tolist()
    assert watched.numpy().tolist() == np.full((2, 3), 2.0).tolist()

    @tf.function(autograph=False)
    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(x @ variable.value)
        variable.assign(variable.value - tape.gradient(loss, [variable])[0])
        return loss

    step(tf.ones((1, 2)))
    assert variable.numpy().tolist() == (VALUES - 1).tolist()
    variable.trainable = False
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(variable)
    assert tape.gradient(loss, [variable]) == [None]


def test_what_was_read_stays(backend):
    variable = Variable(VALUES)
    if "backward" in registry.current().capabilities:
        pytest.skip("the value is the leaf itself, so that it can have a gradient")
    value = variable.value
    variable.assign(VALUES + 1)
    assert np.asarray(value).tolist() == VALUES.tolist()


def test_jax(pytestconfig):
    skip_without("jax", pytestconfig)
    with registry.use_backend("jax"):
        variable = Variable(VALUES)
    import jax
    import jax.numpy as jnp

    assert jnp.matmul(variable, jnp.ones((3, 1))).shape == (2, 1)
    assert float(jax.jit(lambda x: jnp.sum(x * variable.value))(2.0)) == 2 * VALUES.sum()
    gradient = jax.grad(lambda x: jnp.sum(x @ jnp.asarray(variable)))(jnp.ones((1, 2)))
    assert gradient.tolist() == [[3.0, 12.0]]
    assert jax.grad(lambda kernel: jnp.sum(kernel**2))(variable).tolist() == (2 * VALUES).tolist()
    halves = jax.tree.map(lambda x: x / 2, {"kernel": variable})
    assert halves["kernel"].tolist() == (VALUES / 2).tolist()


def test_numpy(backend):
    variable = Variable(VALUES)
    assert np.asarray(variable).tolist() == VALUES.tolist()
    assert np.add(variable.numpy(), 1).tolist() == (VALUES + 1).tolist()
    assert np.asarray(variable, dtype="float64").dtype == "float64"


def test_an_attribute_of_another_engine_is_no_attribute():
    with registry.use_backend("numpy"):
        variable = Variable(VALUES)
    with pytest.raises(AttributeError, match="has no attribute 'handle'"):
        _ = variable.handle


def test_autograph_leaves_our_code_as_it_is(pytestconfig, caplog, monkeypatch):
    skip_without("tensorflow", pytestconfig)
    import tensorflow as tf

    monkeypatch.setattr(tf.get_logger(), "handlers", [caplog.handler])

    with registry.use_backend("tensorflow"):
        model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "gelu"), layers.BatchNormalization(),
                                  layers.Dropout(0.1), layers.Dense(2)])  # fmt: skip
        optimizer, loss, metric = keras.optimizers.Adam(), keras.losses.MeanSquaredError(), keras.metrics.Mean()

        @tf.function
        def step(x, y):
            with tf.GradientTape() as tape:
                value = loss(y, model(x, training=True))
            gradients = tape.gradient(value, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            metric.update_state(value)
            if value > 0:  # which AutoGraph turns into a graph's branch
                value = value * 2
            return keras.ops.sqrt(value)

        x = tf.ones((4, 3))
        values = [float(step(x, tf.ones((4, 2)))) for _ in range(3)]
        assert values[0] > values[-1] > 0
        assert int(optimizer.iterations.numpy()) == 3
        for function in (model, model.call, keras.ops.softmax, keras.losses.MeanSquaredError()):
            given = (x, x) if isinstance(function, keras.losses.Loss) else (x,)
            assert tf.function(function)(*given) is not None
        data = tf.data.Dataset.from_tensor_slices(np.ones((8, 3), "float32")).batch(4).map(keras.ops.exp)
        assert next(iter(data)).shape == (4, 3)
    assert not any("AutoGraph" in message for message in caplog.messages)


def test_an_engine_that_is_loaded_within_a_trace_says_nothing(pytestconfig, caplog, monkeypatch):
    skip_without("tensorflow", pytestconfig)
    import tensorflow as tf
    from tensorflow.python.autograph.core import config
    from tensorflow.python.autograph.impl import conversion

    registry.load("tensorflow")
    monkeypatch.setattr(tf.get_logger(), "handlers", [caplog.handler])
    others = tuple(rule for rule in config.CONVERSION_RULES if not rule._prefix.startswith("keraslite"))
    monkeypatch.setattr(config, "CONVERSION_RULES", others)  # as before the engine is loaded
    monkeypatch.setattr(conversion, "_ALLOWLIST_CACHE", type(conversion._ALLOWLIST_CACHE)())
    monkeypatch.delitem(registry._loaded, "tensorflow")
    monkeypatch.setattr(registry, "_engine_of_type", {})

    def found(x):
        assert registry.engine_of(x).name == "tensorflow"
        return x

    assert next(iter(tf.data.Dataset.from_tensor_slices([1.0]).map(found))) == 1
    assert not caplog.messages
