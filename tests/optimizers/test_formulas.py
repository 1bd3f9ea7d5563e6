"""Optimizers against the formulas of their papers, and against PyTorch's, over 100 steps."""

from __future__ import annotations

import keras_peer
import numpy as np
import optimizers_formulas as formulas
import pytest
from optimizers_cases import gradients, values

from keraslite import ops, optimizers
from keraslite.backend import registry
from keraslite.variable import Variable

STEPS = 100
SHAPES = {"matrix": (4, 3), "wide": (3, 5), "cube": (2, 3, 4), "vector": (5,), "scalar": ()}


def problem(shape):
    random = np.random.default_rng(3)
    return np.asarray(random.normal(size=shape)), [np.asarray(random.normal(size=shape)) for _ in range(STEPS)]


def run(optimizer, value, grads, name="kernel"):
    wide = "float64" if "float64" in registry.current().capabilities else "float32"
    variable = Variable(value.astype(wide), dtype=wide, name=name)
    for gradient in grads:
        optimizer.apply([ops.convert_to_tensor(gradient.astype(wide))], [variable])
    # Learning rates and steps are float32 everywhere.
    return variable.numpy().astype("float64")


ADAFACTOR = [
    {}, {"learning_rate": 0.5}, {"relative_step": False, "learning_rate": 0.01}, {"clip_threshold": 0.3},
    {"beta_2_decay": -0.5}, {"epsilon_1": 0.1}, {"epsilon_2": 1.0},
]  # fmt: skip
MUON = [
    {}, {"nesterov": False}, {"momentum": 0.6}, {"ns_steps": 3}, {"weight_decay": 0.3}, {"rms_rate": 0.4},
    {"learning_rate": 0.05},
]  # fmt: skip


@pytest.mark.one_engine
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("arguments", ADAFACTOR, ids=str)
def test_adafactor(backend, shape, arguments):
    value, grads = problem(SHAPES[shape])
    ours = run(optimizers.Adafactor(**arguments), value, grads)
    np.testing.assert_allclose(ours, formulas.adafactor(value, grads, **arguments), rtol=2e-4, atol=2e-5)


@pytest.mark.one_engine
@pytest.mark.parametrize("shape", ["matrix", "wide"])
@pytest.mark.parametrize("arguments", MUON, ids=str)
def test_muon_of_matrices(backend, shape, arguments):
    value, grads = problem(SHAPES[shape])
    ours = run(optimizers.Muon(**arguments), value, grads)
    np.testing.assert_allclose(ours, formulas.muon(value, grads, **arguments), rtol=1e-4, atol=3e-5)


@pytest.mark.parametrize(
    ("shape", "name", "arguments"),
    [("vector", "bias", {}), ("cube", "kernel", {}), ("scalar", "gain", {}), ("matrix", "Embedding_1", {}),
     ("matrix", "logits", {"exclude_layers": ["lo.its"]})],
)  # fmt: skip
def test_muon_of_other_variables_is_adamw(backend, shape, name, arguments):
    value, grads = problem(SHAPES[shape])
    muon = optimizers.Muon(0.02, 0.8, 0.9, 0.1, 1e-3, **arguments)
    expected = formulas.adamw(value, grads, 0.02, 0.8, 0.9, 1e-3, 0.1)
    np.testing.assert_allclose(run(muon, value, grads, name), expected, rtol=1e-4, atol=1e-5)
    if arguments or name.startswith("E"):
        plain = optimizers.Muon(0.02, 0.8, 0.9, 0.1, 1e-3, exclude_embeddings=False)
        assert not np.allclose(run(plain, value, grads, name), expected, atol=1e-3)


SCHEDULE_FREE = [
    {}, {"warmup_steps": 20}, {"beta_1": 0.6, "beta_2": 0.9}, {"beta_1": 1.0}, {"weight_decay": 0.2},
    {"weight_decay": 0.2, "warmup_steps": 20},
]  # fmt: skip


@pytest.mark.parametrize("arguments", SCHEDULE_FREE, ids=str)
def test_schedule_free(backend, arguments):
    """On a quadratic, where it matters where the gradient is taken."""
    wide = "float64" if "float64" in registry.current().capabilities else "float32"
    scales = np.array([1.0, 4.0, 0.1])
    variable = Variable(np.ones(3, wide), dtype=wide)
    optimizer = optimizers.ScheduleFreeAdamW(0.05, **arguments)
    for _ in range(STEPS):
        optimizer.apply([variable.value * ops.convert_to_tensor(scales.astype(wide))], [variable])
    where, average = formulas.schedule_free(np.ones(3), lambda x: scales * x, STEPS, 0.05, **arguments)
    np.testing.assert_allclose(variable.numpy(), where, rtol=1e-4, atol=1e-5)
    optimizer.finalize_variable_values([variable])
    np.testing.assert_allclose(variable.numpy(), average, rtol=1e-4, atol=1e-5)
    optimizer.finalize_variable_values([variable])
    np.testing.assert_allclose(variable.numpy(), average, rtol=1e-4, atol=1e-5)


def test_schedule_free_goes_on_after_training_ended(backend):
    def train(ends):
        variable, optimizer = Variable(np.ones(3, "float32")), optimizers.ScheduleFreeAdamW(0.05, weight_decay=0.01)
        for step in range(20):
            optimizer.apply([variable.value * 2.0], [variable])
            if ends and step % 5 == 0:
                optimizer.finalize_variable_values([variable])
                optimizer.show_averages(False)
        optimizer.finalize_variable_values([variable])
        return variable.numpy()

    np.testing.assert_allclose(train(True), train(False), rtol=1e-5)


def test_schedule_free_averages_keras(backend):
    """Keras keeps the average in the variables. With given gradients it is the same one."""
    arguments = {"learning_rate": 0.05}
    expected, state = keras_peer.call("optimizers_on_keras:averaged", backend="torch", name="ScheduleFreeAdamW",
                                      arguments=arguments, values=values(), grads=gradients(20))  # fmt: skip
    trained = [Variable(v) for v in values()]
    optimizer = optimizers.ScheduleFreeAdamW(**arguments)
    for grads in gradients(20):
        optimizer.apply([ops.convert_to_tensor(g) for g in grads], trained)
    optimizer.finalize_variable_values(trained)
    for mine, theirs in zip([*trained, *optimizer.variables[:-1]], [*expected, *state], strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs, rtol=1e-4, atol=1e-5)


def torch_run(cls, value, grads, **arguments):
    torch = pytest.importorskip("torch")
    parameter = torch.nn.Parameter(torch.tensor(value))
    optimizer = getattr(torch.optim, cls)([parameter], **arguments)
    for gradient in grads:
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
    return parameter.detach().numpy()


@pytest.mark.parametrize("shape", ["matrix", "cube", "vector"])
def test_adafactor_is_pytorchs(backend, shape):
    value, grads = problem(SHAPES[shape])
    expected = torch_run("Adafactor", value, grads, lr=0.05, weight_decay=0.0, eps=(1e-30, 1e-3), d=1.5)
    ours = run(optimizers.Adafactor(0.05, clip_threshold=1.5), value, grads)
    np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-4)


def test_muon_is_pytorchs(backend):
    value, grads = problem((4, 3))
    expected = torch_run("Muon", value, grads[:20], lr=0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    ours = run(optimizers.Muon(0.01, weight_decay=0.1), value, grads[:20])
    np.testing.assert_allclose(ours, expected, atol=5e-3)  # PyTorch iterates in bfloat16
