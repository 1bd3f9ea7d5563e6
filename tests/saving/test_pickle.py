"""Every public object can be pickled and copied, new and used."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from layers.rows import ROWS, Row, made

from keraslite import (
    Input,
    Model,
    Sequential,
    callbacks,
    constraints,
    dtype_policies,
    initializers,
    layers,
    losses,
    metrics,
    ops,
    optimizers,
    random,
    regularizers,
)
from keraslite.metrics import Metric
from keraslite.optimizers import schedules
from keraslite.serialization import Configurable
from keraslite.variable import Variable

X = np.linspace(-1, 1, 12).reshape(4, 3).astype("float32")
WAYS = {"pickle": lambda x: pickle.loads(pickle.dumps(x)), "deepcopy": copy.deepcopy}
# Arguments for classes that need some; the first that fits is taken.
ARGUMENTS = [
    {}, {"learning_rate": 0.1}, {"initial_learning_rate": 0.1, "decay_steps": 3},
    {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5},
    {"initial_learning_rate": 0.1, "first_decay_steps": 3}, {"boundaries": [1], "values": [1.0, 2.0]},
    {"num_classes": 3}, {"num_classes": 3, "target_class_ids": [1]}, {"fn": abs}, {"recall": 0.5},
    {"precision": 0.5}, {"sensitivity": 0.5}, {"specificity": 0.5}, {"name": "mixed_bfloat16"},
    {"filepath": "net.keras"}, {"filename": "log.csv"}, {"schedule": abs},
    {"directory": "checkpoints"}, {"backup_dir": "backup"},
]  # fmt: skip


def classes():
    modules = (optimizers, schedules, losses, metrics, initializers, regularizers, constraints, dtype_policies,
               callbacks)  # fmt: skip
    for module in modules:
        for name, cls in sorted(vars(module).items()):
            if isinstance(cls, type) and name in module.__all__:
                yield pytest.param(cls, id=f"{module.__name__.rpartition('.')[2]}.{name}")


def make(cls):
    optimizer = {"inner_optimizer": optimizers.SGD()}
    chosen = {"optimizer_map": optimizers.OptimizerMap(optimizers.SGD())}
    for arguments in [optimizer, chosen, {"default_optimizer": optimizers.SGD()}, *ARGUMENTS]:
        try:
            return cls(**arguments)
        except (TypeError, ValueError):
            continue
    raise AssertionError(f"{cls} needs a row in ARGUMENTS")


def same(first, second) -> None:
    assert type(second) is type(first)
    assert second is not first
    if isinstance(first, Configurable):
        assert repr(second.get_config()) == repr(first.get_config())
    pairs = zip(getattr(first, "variables", ()), getattr(second, "variables", ()), strict=True)
    for a, b in pairs:
        assert a is not b
        assert (a.path, a.dtype, a.trainable, a.engine) == (b.path, b.dtype, b.trainable, b.engine)
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("cls", list(classes()))
def test_new_objects(cls, way):
    thing = make(cls)
    same(thing, WAYS[way](thing))


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.filterwarnings("ignore:.*received an input with a mask")
def test_new_layers(row: Row):
    layer = getattr(layers, row.cls)(**made(layers, row.kwargs))
    for way in WAYS.values():
        same(layer, way(layer))


@pytest.mark.parametrize("way", WAYS)
def test_used_objects(backend, way):
    variable = Variable(X, name="x", trainable=False)
    variable.constraint = constraints.NonNeg()
    optimizer = optimizers.Adam(schedules.ExponentialDecay(0.1, 3, 0.5))
    optimizer.build([Variable(X)])
    scaled = optimizers.LossScaleOptimizer(optimizers.SGD(momentum=0.9))
    scaled.build([Variable(X)])
    metric, mean = metrics.AUC(), metrics.Mean()
    metric.update_state([0, 1], [0.2, 0.7])
    mean.update_state([1.0, 2.0])
    seed = random.SeedGenerator(3)
    seed.next()
    again = WAYS[way]([variable, optimizer, scaled, metric, mean, seed])
    np.testing.assert_array_equal(again[0].numpy(), X)
    assert again[0].engine is variable.engine
    assert isinstance(again[0].constraint, constraints.NonNeg)
    for first, second in zip([optimizer, scaled, metric, mean], again[1:5], strict=True):
        same(first, second)
    np.testing.assert_array_equal(again[5].state.numpy(), seed.state.numpy())
    assert float(ops.convert_to_numpy(again[4].result())) == 1.5
    again[4].update_state([6.0])
    assert float(ops.convert_to_numpy(again[4].result())) == 3.0
    assert float(ops.convert_to_numpy(mean.result())) == 1.5


class Holding(layers.Layer):
    """Layers in containers, one of them in two, a metric, a seed."""

    def __init__(self):
        super().__init__(name="holding")
        first = layers.Dense(3, kernel_regularizer="l2")
        self.list = [first, {"dropout": layers.Dropout(0.5, seed=1)}, (layers.Dense(3),)]
        self.dict = {"first": first}
        self.seen = metrics.Mean()
        self.own = self.add_weight(shape=(3,), initializer="ones", trainable=False)

    def call(self, x):
        self.add_loss(ops.sum(x))
        return self.list[2][0](self.dict["first"](x)) * self.own


@pytest.mark.parametrize("way", WAYS)
def test_layers_with_layers(backend, way):
    layer = Holding()
    layer(X)
    again = WAYS[way](layer)
    same(layer, again)
    assert again.list[0] is again.dict["first"]
    np.testing.assert_array_equal(ops.convert_to_numpy(again(X)), ops.convert_to_numpy(layer(X)))
    assert len(again.losses) == 2
    assert [type(metric) for metric in again.metrics] == [metrics.Mean]
    del again.dict["first"]
    assert len(again.weights) == len(layer.weights)  # the list still holds it
    del again.list[0]
    assert len(again.weights) == len(layer.weights) - 2
    assert len(layer.list) == 3


@pytest.mark.parametrize("way", WAYS)
def test_new_layers_stay_new(way):
    again = WAYS[way](layers.Dense(2, name="dense"))
    again(X)
    assert [w.shape for w in again.weights] == [(3, 2), (2,)]
    assert not layers.Dense(2).built


def test_a_shallow_copy_leaves_the_layer_alone():
    layer = Holding()
    layer(X)
    again = copy.copy(layer)
    again.name = "other"
    assert layer.name == "holding"
    assert len(layer.weights) == len(again.weights) == 5
    layer.list.append("text")
    assert layer.list.tracker is layer._own.tracker


@pytest.mark.parametrize("way", WAYS)
def test_what_a_model_was_compiled_with(differentiating_backend, way):
    """Classes and functions of this module come by reference, registered or not."""
    x = Input((3,))
    net = Model(x, layers.Dense(3, kernel_initializer=Ones(), kernel_regularizer=Small(), activation=twice)(x))
    net.compile(Slow(), Far(), metrics=[Seen(), farther])
    net.fit(X, X, verbose=0)
    again = WAYS[way](net)
    np.testing.assert_array_equal(again.predict(X, verbose=0), net.predict(X, verbose=0))
    assert again.evaluate(X, X, verbose=0) == pytest.approx(net.evaluate(X, X, verbose=0))
    assert again.train_on_batch(X, X) == pytest.approx(net.train_on_batch(X, X))


class Ones(initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return ops.ones(shape, dtype)


class Small(regularizers.Regularizer):
    def __call__(self, x):
        return ops.sum(ops.square(x))


def twice(x):
    return 2 * x


class Slow(optimizers.SGD):
    pass


class Far(losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred), axis=-1)


class Seen(Metric):
    def __init__(self, name="seen"):
        super().__init__(name=name)
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.count.assign_add(1.0)

    def result(self):
        return self.count.value


def farther(y_true, y_pred):
    return ops.max(ops.abs(y_true - y_pred), axis=-1)


def test_models_within_objects():
    net = Sequential([Input((3,)), layers.Dense(2)])
    again = pickle.loads(pickle.dumps({"net": net, "wrapped": layers.TimeDistributed(net)}))
    np.testing.assert_array_equal(again["net"].predict(X, verbose=0), net.predict(X, verbose=0))
    assert isinstance(again["wrapped"].layer, Sequential)


@pytest.mark.parametrize("way", WAYS)
def test_a_frozen_weight_keeps_its_place(way):
    """The place decides its name in files."""
    layer = layers.Dense(2)
    layer(X)
    layer.kernel.trainable = False
    again = WAYS[way](layer)
    assert [w.name for w in again.weights] == ["kernel", "bias"]
    again.trainable = True
    assert [w.name for w in again.trainable_weights] == ["kernel", "bias"]
