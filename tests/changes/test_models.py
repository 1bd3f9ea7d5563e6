"""Every public way to change a model, after it was fitted, evaluated, asked for predictions and called.

The results have to be those of a new model with the same weights that was changed before anything was compiled.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from keraslite import callbacks, config, constraints, layers, losses, metrics, ops, optimizers, regularizers
from keraslite.backend import registry
from keraslite.models import Model, Sequential
from keraslite.utils import set_random_seed

G = np.random.default_rng(11)
X = G.normal(size=(24, 6)).astype("float32")
Y = np.eye(3, dtype="float32")[G.integers(0, 3, 24)]
COMPILED_WAYS = 9  # on an engine that compiles, in one run of the tests


class Weighted(Model):
    """A model whose own code reads an attribute of its own, of a callback and of an item of a list."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3, "softmax", kernel_regularizer=regularizers.L2(0.01))
        self.dropout = layers.Dropout(0.3)
        self.weight, self.scales = 1.0, [1.0]
        self.watcher = Watcher()

    def call(self, x):
        return self.dense(self.dropout(x)) * self.scales[0]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        return loss * self.weight * self.watcher.factor


class Watcher(callbacks.Callback):
    factor = 1.0


def functional():
    x = inputs = layers.Input((6,))
    x = layers.Dense(5, "relu", kernel_regularizer=regularizers.L2(0.01), kernel_constraint=constraints.MaxNorm(2.0),
                     name="first")(x)  # fmt: skip
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Dropout(0.3, name="dropout")(x)
    return Model(inputs, layers.Dense(3, "softmax", name="last")(x))


def stack():
    return Sequential([layers.Input((6,)), layers.Dense(4, "tanh", name="first"), layers.Dropout(0.2, name="dropout"),
                       layers.Dense(3, "softmax", name="last")])  # fmt: skip


def compile_model(model, optimizer=None):
    model.compile(optimizer or optimizers.SGD(0.05, momentum=0.5),
                  losses.CategoricalCrossentropy(label_smoothing=0.1),
                  metrics=[metrics.BinaryAccuracy(threshold=0.5)])  # fmt: skip


def at(model, path):
    """`"last.activation"`, `"optimizer.momentum"`, ...: the object before the last dot, and the name after it."""
    first, *steps = path.split(".")
    found = model
    for step in [first, *steps[:-1]] if steps else []:
        named = found is model and step in [layer.name for layer in model.layers]
        found = model.get_layer(step) if named else getattr(found, step)
    return found, (steps or [first])[-1]


def put(path: str, value: Callable[[], object]):
    def change(model):
        owner, name = at(model, path)
        setattr(owner, name, value())

    return change


def put_item(model):
    model.scales[0] = 0.5


def add(model):
    model.add(layers.Dense(3, "softmax", name="more"))
    model.optimizer = optimizers.SGD(0.1)


def pop(model):
    model.pop()
    model.add(layers.Dense(3, "softmax", name="instead"))
    model.optimizer = optimizers.SGD(0.1)


def compile_anew(model):
    model.compile("sgd", "mse", metrics=["mae"])


def loss_of(model):
    return model._training.loss._loss


WAYS = {
    "rate": (functional, put("dropout.rate", lambda: 0.6)),
    "epsilon": (functional, put("norm.epsilon", lambda: 0.5)),
    "momentum of statistics": (functional, put("norm.momentum", lambda: 0.2)),
    "activation": (functional, put("first.activation", lambda: ops.tanh)),
    "layer frozen": (functional, put("norm.trainable", lambda: False)),
    "model frozen in part": (functional, lambda model: [put("trainable", lambda: False)(model.layers[1])]),
    "variable frozen": (functional, put("first.kernel.trainable", lambda: False)),
    "regularizer's factor": (functional, put("first.kernel_regularizer.l2", lambda: 0.5)),
    "variable's regularizer": (functional, put("first.kernel.regularizer", lambda: regularizers.L1(0.3))),
    "constraint's bound": (functional, put("first.kernel_constraint.max_value", lambda: 0.1)),
    "variable's constraint": (functional, put("last.kernel.constraint", lambda: constraints.NonNeg())),
    "activity regularizer": (functional, put("first.activity_regularizer", lambda: regularizers.L2(0.2))),
    "policy": (functional, put("first.dtype_policy", lambda: "mixed_bfloat16")),
    "seed": (functional, lambda model: model.get_layer("dropout").seed_generator.state.assign([7, 0])),
    "loss's attribute": (functional, lambda model: setattr(loss_of(model), "label_smoothing", 0.4)),
    "loss's reduction": (functional, lambda model: setattr(loss_of(model), "reduction", "sum")),
    "metric's attribute": (functional, lambda model: setattr(model._training.metrics.metrics[0], "threshold", 0.9)),
    "learning rate": (functional, put("optimizer.learning_rate", lambda: 0.5)),
    "learning rate by schedule": (
        functional, put("optimizer.learning_rate", lambda: optimizers.schedules.ExponentialDecay(0.5, 2, 0.5))),
    "optimizer's attribute": (functional, put("optimizer.momentum", lambda: 0.1)),
    "weight decay": (functional, put("optimizer.weight_decay", lambda: 0.3)),
    "optimizer": (functional, put("optimizer", lambda: optimizers.Adam(0.1))),
    "run_eagerly": (functional, put("run_eagerly", lambda: True)),
    "jit_compile": (functional, put("jit_compile", lambda: False)),
    "steps_per_execution": (functional, put("steps_per_execution", lambda: 2)),
    "compile": (functional, compile_anew),
    "epsilon of the configuration": (functional, lambda model: config.set_epsilon(0.1)),
    "add": (stack, add),
    "pop": (stack, pop),
    "own attribute": (Weighted, put("weight", lambda: 3.0)),
    "item of a list": (Weighted, put_item),
    "state of a callback": (Weighted, put("watcher.factor", lambda: 0.3)),
}  # fmt: skip


def prepared(make):
    set_random_seed(4)
    model = make()
    model(X)
    compile_model(model)
    model.optimizer.build(model.trainable_variables)
    model.compute_metrics(X, Y, model(X))  # makes the metrics
    return model


def variables_of(model):
    return [*model.variables, *model.optimizer.variables]


def results(model):
    """What `fit`, `evaluate`, `predict` and calls give, and the weights."""
    history = model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0).history
    evaluated = model.evaluate(X, Y, verbose=0)
    predicted = model.predict(X, batch_size=8, verbose=0)
    for _ in range(5):
        called = model(ops.convert_to_tensor(X))
    return [*history.values(), evaluated, predicted, ops.convert_to_numpy(called), *model.get_weights()]


def check(way):
    make, change = WAYS[way]
    used, new = prepared(make), prepared(make)
    results(used)
    results(used)
    for one, other in zip(variables_of(used), variables_of(new), strict=True):
        other.assign(one.numpy())
    epsilon = config.epsilon()
    for model in (used, new):
        config.set_epsilon(epsilon)
        set_random_seed(9)
        change(model)
    for received, expected in zip(results(used), results(new), strict=True):
        np.testing.assert_allclose(received, expected, rtol=1e-3, atol=1e-4)


fast_or_not = pytest.mark.parametrize("fast", [True, False], ids=["fast", "plain"])


@fast_or_not
@pytest.mark.parametrize("way", WAYS)
def test_where_steps_are_replayed(way, fast):
    names = [name for name in registry.installed() if "replays" in registry.load(name).capabilities]
    if not names:
        pytest.skip("no engine here replays")
    config.enable_fast_paths(fast)
    with registry.use_backend(names[0]):
        check(way)


@fast_or_not
@pytest.mark.parametrize("part", range(COMPILED_WAYS))
def test_where_steps_are_compiled(differentiating_backend, part, fast, request):
    if "compile" not in registry.current().capabilities:
        pytest.skip("nothing is compiled here")
    config.enable_fast_paths(fast)
    # Other ways with another seed of the run, which pytest prints.
    seed = f"{request.config.getoption('randomly_seed', 0)} {differentiating_backend} {fast}"
    check(random.Random(seed).sample(sorted(WAYS), COMPILED_WAYS)[part])
