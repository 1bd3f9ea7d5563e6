"""Layers of modules that were written for an engine's library: torch modules, functions of JAX, Flax, SavedModels."""

from __future__ import annotations

import copy

import keras_peer
import numpy as np
import pytest

from keraslite import Input, Sequential, layers, models, ops, saving, serialization
from keraslite.backend import registry
from keraslite.errors import (
    ArgumentError,
    MissingCapabilityError,
    SerializationError,
    UnsafeModelError,
    WeightsMismatchError,
)

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
Y = np.random.default_rng(1).normal(size=(16, 2)).astype("float32")


def host(x):
    return np.asarray(ops.convert_to_numpy(x))


def engine(name: str):
    @pytest.fixture(name=f"on_{name}")
    def fixture(pytestconfig):
        chosen = pytestconfig.getoption("--backend")
        if name not in (chosen.split(",") if chosen else registry.installed()):
            pytest.skip(f"engine {name} was not chosen")
        with registry.use_backend(name):
            yield

    return fixture


on_torch, on_jax, on_tensorflow = (engine(name) for name in ("torch", "jax", "tensorflow"))


def trained(layer):
    """A model with the layer, whose weights change in `fit`."""
    net = Sequential([Input((4,)), layer, layers.Dense(2)])
    assert net.output_shape == (None, 2)
    net.compile("sgd", "mse")
    before = [np.array(v.numpy()) for v in layer.trainable_variables]
    assert before
    losses = net.fit(X, Y, batch_size=8, epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    changed = [not np.array_equal(v.numpy(), old) for v, old in zip(layer.trainable_variables, before, strict=True)]
    assert sum(changed) >= len(changed) - 1  # a bias before batch normalization has no gradient
    return net


def saved_and_loaded(net, other, path):
    other(X)
    net.save_weights(path)
    other.load_weights(path)
    np.testing.assert_allclose(host(other(X)), host(net(X)), rtol=1e-5, atol=1e-6)


# ---- torch -----------------------------------------------------------------------------------------------------------


def torch_module():
    import torch

    torch.manual_seed(3)
    return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))


def test_a_torch_module_is_trained_and_shares_its_weights(on_torch, tmp_path):
    module = torch_module()
    layer = layers.TorchModuleWrapper(module, name="t")
    assert [(w.name, w.shape, w.trainable) for w in layer.weights] == [
        ("0.weight", (3, 4), True), ("0.bias", (3,), True), ("1.weight", (3,), True), ("1.bias", (3,), True),
        ("1.running_mean", (3,), False), ("1.running_var", (3,), False), ("1.num_batches_tracked", (), False),
    ]  # fmt: skip
    module.eval()
    np.testing.assert_allclose(host(layer(X)), host(module(ops.convert_to_tensor(X))), rtol=1e-5)
    net = trained(layer)
    for variable, tensor in zip(layer.weights, module.state_dict().values(), strict=True):
        np.testing.assert_array_equal(variable.numpy(), tensor.numpy())
    assert int(module[1].num_batches_tracked) == 8
    assert [p.shape for p in layer.parameters()] == [p.shape for p in module.parameters()]
    other = Sequential([Input((4,)), layers.TorchModuleWrapper(torch_module()), layers.Dense(2)])
    saved_and_loaded(net, other, tmp_path / "net.weights.h5")
    np.testing.assert_array_equal(other.layers[0].weights[0].numpy(), module[0].weight.detach().numpy())
    module.eval()
    with __import__("torch").no_grad():
        module[0].weight.zero_()
    assert not layer.weights[0].numpy().any()


def test_training_decides_the_mode_of_a_torch_module(on_torch):
    module = torch_module()
    layer = layers.TorchModuleWrapper(module)
    layer(X)
    assert not module.training
    before = host(layer.weights[4])
    layer(X, training=True)
    assert module.training
    assert not np.array_equal(host(layer.weights[4]), before)


def test_a_copy_of_a_wrapped_torch_module_stands_for_itself(on_torch):
    layer = layers.TorchModuleWrapper(torch_module())
    outputs = host(layer(X))
    other = copy.deepcopy(layer)
    for variable in other.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    assert not host(other(X)).any()
    np.testing.assert_array_equal(host(layer(X)), outputs)


def test_a_given_output_shape_is_believed(on_torch):
    import torch

    layer = layers.TorchModuleWrapper(torch.nn.Linear(4, 3), output_shape=(None, 3))
    assert layer(Input((4,))).shape == (None, 3)


def test_several_inputs_of_a_torch_module(on_torch):
    import torch

    class Both(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = torch.nn.Linear(4, 3), torch.nn.Linear(4, 3)

        def forward(self, x, y, factor=1.0):
            return self.one(x) + factor * self.two(y)

    layer = layers.TorchModuleWrapper(Both())
    x = ops.convert_to_tensor(X)
    found = layer(x, x, factor=2.0)
    np.testing.assert_allclose(host(found), host(layer.module(x, x, factor=2.0)), rtol=1e-5)


def test_frozen_parameters_of_a_torch_module_stay(on_torch):
    import torch

    module = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 3))
    module[0].weight.requires_grad_(False)
    layer = layers.TorchModuleWrapper(module)
    assert [w.name for w in layer.non_trainable_variables] == ["0.weight"]
    before = host(module[0].weight.detach())
    trained(layer)
    np.testing.assert_array_equal(host(module[0].weight.detach()), before)


@pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")
def test_weights_of_torch_modules_are_exchanged_with_keras(on_torch, tmp_path):
    net = Sequential([Input((4,)), layers.TorchModuleWrapper(torch_module()), layers.Dense(2)])
    ours, theirs = tmp_path / "ours.weights.h5", tmp_path / "theirs.weights.h5"
    net.save_weights(ours)
    outputs = keras_peer.call("layers.keras_layers:torch_module", "torch", path=str(ours), back=str(theirs), x=X)
    np.testing.assert_allclose(outputs[0], host(net(X)), rtol=1e-4, atol=1e-5)
    net.load_weights(theirs)
    np.testing.assert_allclose(outputs[1], host(net(X)), rtol=1e-4, atol=1e-5)


def test_torch_modules_that_are_none(on_torch, tmp_path):
    import torch

    with pytest.raises(ArgumentError, match=r"needs `module` to be a `torch.nn.Module`. Received str"):
        layers.TorchModuleWrapper("linear")
    with pytest.raises(ArgumentError, match="initialized parameters"):
        layers.TorchModuleWrapper(torch.nn.LazyLinear(3))
    layer = layers.TorchModuleWrapper(torch.nn.Linear(4, 3))
    with pytest.raises(SerializationError, match="module"):
        layer.get_config()
    with pytest.raises(UnsafeModelError, match="pickled module"):
        layers.TorchModuleWrapper.from_config({"module": "UEsDBAAACAgAAAAAAAAAAAAA", "name": "t"})
    with pytest.raises(UnsafeModelError):
        serialization.deserialize({
            "module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"module": "UEsDBAAA"},
            "registered_name": None,
        })  # fmt: skip
    with pytest.raises(WeightsMismatchError, match=r"needs the weights \['bias', 'weight'\]"):
        layer.load_own_variables({"bias": np.zeros(3), "other": np.zeros(3)})
    with pytest.raises(WeightsMismatchError, match="needs shape"):
        layer.load_own_variables({"bias": np.zeros(2), "weight": np.zeros((3, 4))})


# ---- JAX -------------------------------------------------------------------------------------------------------------


def linear(params, inputs):
    return inputs @ params["w"] + params["b"]


def first_params(rng, inputs):
    import jax

    return {"w": jax.random.normal(rng, (inputs.shape[-1], 3)), "b": np.zeros(3, "float32")}


def counted(params, state, rng, inputs, training):
    import jax

    outputs = linear(params, inputs)
    if training:
        outputs = outputs * jax.random.bernoulli(rng, 0.5, outputs.shape)
    return outputs, {"calls": state["calls"] + 1}


def first_of_both(rng, inputs, training):
    assert training
    return first_params(rng, inputs), {"calls": np.zeros((), "float32")}


def test_a_function_of_jax_is_trained(on_jax, tmp_path):
    layer = layers.JaxLayer(linear, first_params, seed=1)
    net = trained(layer)
    assert [w.name for w in layer.weights] == ["b", "w"]
    np.testing.assert_allclose(host(layer(X)), host(linear(layer.params, ops.convert_to_tensor(X))), rtol=1e-5)
    other = Sequential([Input((4,)), layers.JaxLayer(linear, first_params), layers.Dense(2)])
    saved_and_loaded(net, other, tmp_path / "net.weights.h5")


def test_a_function_of_jax_with_state(on_jax):
    layer = layers.JaxLayer(counted, first_of_both, seed=1)
    calm = host(layer(X))
    np.testing.assert_array_equal(host(layer(X)), calm)
    first, second = host(layer(X, training=True)), host(layer(X, training=True))
    assert not np.array_equal(first, second)
    assert float(layer.state["calls"].numpy()) == 4
    assert [(w.name, w.trainable) for w in layer.weights] == [("b", True), ("w", True), ("calls", False)]
    trained(layers.JaxLayer(counted, first_of_both, seed=1))


def test_given_params_of_a_function_of_jax(on_jax):
    params = {"w": np.ones((4, 3), "float32"), "b": np.zeros(3, "float32")}
    layer = layers.JaxLayer(linear, params=params)
    assert layer.params is None
    np.testing.assert_allclose(host(layer(X)), X @ params["w"], rtol=1e-5)


def test_a_registered_function_of_jax_is_loaded_by_name(on_jax, tmp_path):
    saving.register_keras_serializable("foreign")(linear)
    saving.register_keras_serializable("foreign")(first_params)
    net = Sequential([Input((4,)), layers.JaxLayer(linear, first_params)])
    net.save(tmp_path / "net.keras")
    np.testing.assert_allclose(host(models.load_model(tmp_path / "net.keras")(X)), host(net(X)), rtol=1e-6)


def test_a_module_of_flax_is_trained(on_jax, tmp_path):
    nn = pytest.importorskip("flax.linen")

    class Net(nn.Module):
        @nn.compact
        def __call__(self, inputs, training):
            x = nn.BatchNorm(use_running_average=not training)(nn.Dense(3)(inputs))
            return nn.Dropout(0.3, deterministic=not training)(x)

        def half(self, inputs, training):
            return self(inputs, training) / 2

    layer = layers.FlaxLayer(Net(), seed=1)
    net = trained(layer)
    state = [w.name for w in layer.non_trainable_weights]
    assert state == ["batch_stats.BatchNorm_0.mean", "batch_stats.BatchNorm_0.var"]
    assert layer.state["batch_stats"]["BatchNorm_0"]["mean"].numpy().any()
    values = {"params": layer.params, **layer.state}
    values = __import__("jax").tree_util.tree_map(ops.convert_to_tensor, values)
    calm = host(layer(X))
    np.testing.assert_allclose(calm, host(Net().apply(values, X, False)), rtol=1e-5, atol=1e-6)
    assert not np.array_equal(host(layer(X, training=True)), host(layer(X, training=True)))
    other = Sequential([Input((4,)), layers.FlaxLayer(Net()), layers.Dense(2)])
    saved_and_loaded(net, other, tmp_path / "net.weights.h5")
    half = layers.FlaxLayer(Net(), method="half", variables=values)
    np.testing.assert_allclose(host(half(X)), calm / 2, rtol=1e-5, atol=1e-6)
    twice = layers.FlaxLayer(nn.Dense(3), method=lambda module, inputs: module(inputs) * 2)
    assert host(twice(X)).shape == (16, 3)
    with pytest.raises(SerializationError, match="module"):
        layer.get_config()
    with pytest.raises(ArgumentError, match=r"`method` to name a method of the module. Received 'third'"):
        layers.FlaxLayer(Net(), method="third")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.JaxLayer(lambda params: 1, params={}), "`call_fn` to take params, inputs"),
        (lambda: layers.JaxLayer(lambda params, inputs, other: 1, params={}), "'other'"),
        (lambda: layers.JaxLayer(linear, lambda inputs: 1), "`init_fn` to take rng, inputs"),
        (lambda: layers.JaxLayer(linear), "needs `init_fn`, or `params`"),
        (lambda: layers.JaxLayer("f"), "`call_fn` to be a function"),
        (lambda: layers.JaxLayer(linear, params={}, native_serialization_platforms=["cpu"]), "native_serialization"),
        (lambda: layers.FlaxLayer(lambda x: x), "needs a `flax.linen.Module`"),
    ],
)
def test_functions_that_are_none(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()


# ---- TensorFlow ------------------------------------------------------------------------------------------------------


@pytest.fixture
def saved_model(tmp_path):
    import tensorflow as tf

    class Net(tf.Module):
        def __init__(self):
            super().__init__()
            self.kernel = tf.Variable(np.random.default_rng(2).normal(size=(4, 3)).astype("float32"), name="kernel")
            self.calls = tf.Variable(0.0, trainable=False, name="calls")

        @tf.function(input_signature=[tf.TensorSpec([None, 4])])
        def serve(self, x):
            return x @ self.kernel

        @tf.function(input_signature=[tf.TensorSpec([None, 4])])
        def train(self, x):
            self.calls.assign_add(1.0)
            return tf.tanh(x @ self.kernel)

    net = Net()
    tf.saved_model.save(net, tmp_path / "saved", signatures={"serving_default": net.serve})
    return str(tmp_path / "saved"), net.kernel.numpy()


def test_a_saved_model_is_trained(on_tensorflow, saved_model, tmp_path):
    path, kernel = saved_model
    layer = layers.TFSMLayer(path, call_training_endpoint="train")
    np.testing.assert_allclose(host(layer(X)), X @ kernel, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(host(layer(X, training=True)), np.tanh(X @ kernel), rtol=1e-5, atol=1e-6)
    assert [(w.name, w.trainable) for w in layer.weights] == [("kernel", True), ("calls", False)]
    net = trained(layer)
    assert float(layer.weights[1].numpy()) >= 8
    other = Sequential([Input((4,)), layers.TFSMLayer(path, call_training_endpoint="train"), layers.Dense(2)])
    saved_and_loaded(net, other, tmp_path / "net.weights.h5")
    signature = layers.TFSMLayer(path, "serving_default")
    np.testing.assert_allclose(host(signature(X)["output_0"]), X @ kernel, rtol=1e-5, atol=1e-6)
    assert not layers.TFSMLayer(path, trainable=False).trainable_weights


def test_gradients_of_a_saved_model(on_tensorflow, saved_model):
    path, kernel = saved_model
    layer = layers.TFSMLayer(path)
    inputs = ops.convert_to_tensor(X)
    from keraslite import transforms

    found = transforms.grad(lambda: ops.sum(ops.sin(layer(inputs))), layer.trainable_variables)()[0]
    np.testing.assert_allclose(host(found), X.T @ np.cos(X @ kernel), rtol=1e-4, atol=1e-5)
    of_inputs = transforms.grad(lambda x: ops.sum(ops.sin(layer(x))))(inputs)
    np.testing.assert_allclose(host(of_inputs), np.cos(X @ kernel) @ kernel.T, rtol=1e-4, atol=1e-5)


def test_saved_models_are_refused_from_files(on_tensorflow, saved_model):
    path, _ = saved_model
    with pytest.raises(UnsafeModelError, match="the path of a SavedModel"):
        layers.TFSMLayer.from_config(layers.TFSMLayer(path).get_config())
    with pytest.raises(ArgumentError, match=r"`call_endpoint` to name a function.*'serving_default'"):
        layers.TFSMLayer(path, "other")


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.TorchModuleWrapper(object()), lambda: layers.JaxLayer(linear, first_params),
        lambda: layers.TFSMLayer("nowhere"),
    ],
)  # fmt: skip
def test_another_engine_says_so(make):
    with registry.use_backend("numpy"), pytest.raises(MissingCapabilityError, match="needs the engine of its library"):
        make()
