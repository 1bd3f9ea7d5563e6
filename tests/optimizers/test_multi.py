"""MultiOptimizer and OptimizerMap, and optimizers in Keras's form on top of ours."""

from __future__ import annotations

import json

import keras_peer
import numpy as np
import pytest
from optimizers_cases import CLASSES, OWN, gradients, values

import keraslite as keras
from keraslite import ops, optimizers
from keraslite.errors import ArgumentError
from keraslite.transforms import jit
from keraslite.variable import Variable

NAMES = ("kernel", "bias", "scale")


def variables():
    return [Variable(v, name=n) for v, n in zip(values(), NAMES, strict=True)]


def tensors(arrays):
    return [ops.convert_to_tensor(a) for a in arrays]


def chosen(words="k.*"):
    return optimizers.OptimizerMap(
        optimizers.SGD(0.1, momentum=0.9, name="slow"), {words: optimizers.Adam(0.05, name="fast")}
    )


@pytest.mark.parametrize("words", ["k.*", "kernel|scale", "scale"])
@pytest.mark.parametrize("factor", [None, 8.0])
def test_multi_is_keras(backend, words, factor):
    expected = keras_peer.call("optimizers_on_keras:multi", backend="torch", values=values(), grads=gradients(10),
                               words=words, loss_scale_factor=factor)  # fmt: skip
    optimizer, trained = optimizers.MultiOptimizer(chosen(words), factor, name="multi"), variables()
    step = jit(lambda grads: optimizer.apply(grads, trained))
    for grads in gradients(10):
        step(tensors(grads))
    for mine, theirs in zip(trained, expected["values"], strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs, rtol=1e-5, atol=1e-6)
    assert [v.path for v in optimizer.variables] == expected["paths"]
    for mine, theirs in zip(optimizer.variables, expected["state"], strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs, rtol=1e-5, atol=1e-6)
    again = optimizers.deserialize(expected["config"])
    assert again.get_config() == json.loads(json.dumps(optimizer.get_config()))
    assert optimizers.deserialize(optimizers.serialize(optimizer)).get_config() == optimizer.get_config()


@pytest.mark.parametrize("factor", [8.0, None])
def test_a_loss_scale_set_after_use_is_that_of_all(backend, factor):
    optimizer, trained = optimizers.MultiOptimizer(chosen(), 2.0), variables()
    plain, expected = optimizers.MultiOptimizer(chosen()), variables()
    first, second = gradients(2)
    optimizer.apply([2 * g for g in tensors(first)], trained)
    optimizer.loss_scale_factor = factor
    assert float(optimizer.scale_loss(ops.convert_to_tensor(3.0))) == 3.0 * (factor or 1)
    optimizer.apply([(factor or 1) * g for g in tensors(second)], trained)
    for grads in (first, second):
        plain.apply(tensors(grads), expected)
    for mine, theirs in zip(trained, expected, strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-6)
    assert [each.loss_scale_factor for each in optimizer.optimizers] == [factor] * 2
    assert optimizer.get_config()["loss_scale_factor"] == factor


def test_multi_in_a_model(backend, tmp_path):
    if backend == "numpy":
        pytest.skip("no gradients")
    x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="enc"), keras.layers.Dense(1, name="dec")])
    model.compile(optimizers.MultiOptimizer(chosen("(.*/)?enc/.*")), "mse")  # a loaded model has shorter paths
    model.fit(x, y, epochs=2, verbose=0)
    assert [type(o).__name__ for o in model.optimizer.optimizers] == ["Adam", "SGD"]
    file = tmp_path / "model.keras"
    model.save(file)
    again = keras.models.load_model(file)
    for mine, theirs in zip(again.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
    first, second = (m.fit(x, y, verbose=0).history["loss"] for m in (model, again))
    np.testing.assert_allclose(first, second, rtol=1e-5)


def test_multi_by_a_function_and_its_mistakes(backend):
    slow, fast = optimizers.SGD(0.1), optimizers.SGD(1.0, weight_decay=0.5)
    optimizer = optimizers.MultiOptimizer(lambda variable: fast if variable.name == "bias" else slow)
    assert optimizer.optimizers == []
    trained = variables()
    optimizer.build(trained)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    before = [v.numpy() for v in trained]
    optimizer.apply(tensors([np.ones(v.shape, "float32") for v in trained]))
    for variable, old, size in zip(trained, before, (0.1, 1.0, 0.1), strict=True):
        np.testing.assert_allclose(variable.numpy(), old - size, rtol=1e-5, atol=1e-6)
    assert optimizer.optimizers == [slow, fast]
    assert int(optimizer.iterations) == 1
    assert not hasattr(optimizer, "learning_rate")
    with pytest.raises(AttributeError, match="has no `learning_rate`. Set those of `optimizers`"):
        optimizer.learning_rate = 0.1
    with pytest.raises(ArgumentError, match="needs `optimizer_map` to be an `OptimizerMap` or a function"):
        optimizers.MultiOptimizer({"a": slow})
    with pytest.raises(ArgumentError, match="needs an optimizer for 'kernel'. Received None"):
        optimizers.MultiOptimizer(lambda variable: None).build(variables())
    with pytest.raises(ArgumentError, match="needs optimizers without a `loss_scale_factor`"):
        optimizers.MultiOptimizer(lambda variable: optimizers.SGD(loss_scale_factor=2.0)).build(variables())


def test_an_expression_that_matches_nothing_is_said(backend):
    with pytest.warns(UserWarning, match="no variable by the optimizer for 'kern'. .* such as kernel, bias, scale"):
        optimizers.MultiOptimizer(chosen("kern")).build(variables())


def test_averages_of_each_optimizer(backend):
    averaging = optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5)
    choice = optimizers.OptimizerMap(optimizers.SGD(0.5), {"bias": averaging})
    optimizer, trained = optimizers.MultiOptimizer(choice), variables()
    assert optimizer.keeps_averages
    for grads in gradients(3):
        optimizer.apply(tensors(grads), trained)
    before = [v.numpy() for v in trained]
    optimizer.show_averages(True)
    optimizer.show_averages(True)
    assert [np.array_equal(v.numpy(), b) for v, b in zip(trained, before, strict=True)] == [True, False, True]
    optimizer.show_averages(False)
    for variable, old in zip(trained, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)
    optimizer.finalize_variable_values(trained)
    np.testing.assert_array_equal(trained[1].numpy(), averaging.variables[2].numpy())


def test_the_map(backend):
    sgd, adam = optimizers.SGD(), optimizers.Adam()
    chosen = optimizers.OptimizerMap(sgd, {"enc/.*": adam})
    assert (chosen["enc/kernel"], chosen["enc/.*"], chosen["enc"], chosen["x/enc/y"]) == (adam, adam, sgd, sgd)
    assert list(chosen.items()) == [("enc/.*", adam)]
    chosen["dec"] = sgd
    assert len(chosen) == 2
    assert chosen.pop("dec") is sgd
    assert "dec" not in chosen
    assert chosen.default_optimizer is sgd
    with pytest.raises(ArgumentError, match=r"has 'enc/\.\*' already"):
        chosen["enc/.*"] = sgd
    with pytest.raises(ArgumentError, match="needs an optimizer for 'a'. Received 2"):
        chosen["a"] = 2
    with pytest.raises(TypeError, match="needs `default_optimizer` to be an optimizer"):
        optimizers.OptimizerMap(None)
    chosen["e.*"] = sgd
    with pytest.raises(ArgumentError, match="needs one expression that matches 'enc/kernel'"):
        chosen["enc/kernel"]
    with pytest.raises(KeyError):
        del chosen["missing"]


@pytest.mark.parametrize("name", CLASSES)
def test_update_step_of_a_subclass_may_call_ours(backend, name):
    """One step of the formula for each variable, and weight decay once."""

    class Watched(CLASSES[name]):
        def update_step(self, gradient, variable, learning_rate):
            seen.append(variable.name)
            super().update_step(gradient, variable, learning_rate)

    seen = []
    arguments = {"learning_rate": 0.05, "weight_decay": 0.1, **OWN[name][0]}
    plain, watched = CLASSES[name](**arguments), Watched(**arguments)
    first, second = variables(), variables()
    for grads in gradients(5):
        plain.apply(tensors(grads), first)
        watched.apply(tensors(grads), second)
    assert seen == [*NAMES] * 5
    for mine, theirs in zip([*first, *plain.variables], [*second, *watched.variables], strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=3e-5, atol=1e-6)


@pytest.mark.parametrize("name", CLASSES)
def test_update_step_by_itself_decays_nothing(backend, name):
    optimizer, trained = CLASSES[name](learning_rate=0.05, weight_decay=0.5), variables()
    other, plain = CLASSES[name](learning_rate=0.05, **({"weight_decay": 0.0} if name != "AdamW" else {})), variables()
    if name == "AdamW":
        other.exclude_from_weight_decay(var_list=plain)
    if name == "Muon":
        optimizer.exclude_from_weight_decay(var_names=["."])
        other.exclude_from_weight_decay(var_names=["."])
    optimizer.build(trained)
    other.build(plain)
    (gradient, *_), rate = tensors(gradients(1)[0]), ops.convert_to_tensor(0.05)
    optimizer.update_step(gradient, trained[0], rate)
    other.apply([gradient], plain[:1])
    np.testing.assert_allclose(trained[0].numpy(), plain[0].numpy(), rtol=3e-5, atol=1e-6)
