"""Users' code in a step is replayed where that is safe: never a stale number, and a reason where it stays in Python."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import dis
import enum
import functools
import importlib
import io
import math
import operator
import os
import random
import re
import sys
import time
import types
from collections import deque
from typing import NamedTuple

import numpy as np
import pytest

import keraslite
from keraslite import callbacks, config, initializers, layers, losses, metrics, ops, optimizers, transforms
from keraslite.backend import registry
from keraslite.errors import FastPathWarning
from keraslite.models import Model, Sequential
from keraslite.random import SeedGenerator, dropout, normal
from keraslite.transforms.foreign import rules, scan
from keraslite.utils import set_random_seed

try:
    import torch
except ImportError:
    torch = None

pytestmark = pytest.mark.fast_path("replayed_steps")

G = np.random.default_rng(5)
X, Y = G.normal(size=(24, 4)).astype("float32"), G.normal(size=(24, 2)).astype("float32")


@pytest.fixture(autouse=True)
def replaying():
    """Engines that replay."""
    names = [name for name in registry.installed() if "replays" in registry.load(name).capabilities]
    if not names:
        pytest.skip("no engine here replays")
    restore()
    with registry.use_backend(names[0]):
        yield
    restore()


class Own(layers.Layer):
    """A user's layer that runs a function of itself and its input."""

    def __init__(self, body, **attributes):
        super().__init__()
        self.body = body
        self.dense = layers.Dense(4)
        self.dense.factor = 1.0
        for name, value in attributes.items():
            setattr(self, name, value)

    def call(self, x):
        return self.body(self, self.dense(x))


def compiled(body, loss="mse", make=Own, **attributes):
    set_random_seed(1)
    model = Sequential([layers.Input((4,)), make(body, **attributes), layers.Dense(2)])
    model.compile(optimizers.SGD(0.05), loss)
    return model


def fitted(model, epochs=3, **more):
    return model.fit(X, Y, batch_size=8, epochs=epochs, shuffle=False, verbose=0, **more).history["loss"]


def replayed(model):
    return [program.ready for program in model._train_program()._call.programs]


def explained(model):
    text = io.StringIO()
    config.explain_fast_paths(model, file=text)
    return text.getvalue()


# ---- what is replayed ---------------------------------------------------------------------------------------------

FLAG, TABLE, SCALES, LIST = 1.0, np.full(4, 2.0, "float32"), {"scale": 1.0}, [1.0]


def doubled(x):
    return x * 2.0


def powered(x, power=2):
    return x**power


@dataclasses.dataclass
class Setting:
    scale: float = 1.0

    def of(self, x):
        return x * self.scale


class Slotted:
    __slots__ = ("scale",)

    def __init__(self):
        self.scale = 1.0


class Classed(Own):
    factor = 1.0

    @property
    def twice(self):
        return self.units * 2

    def helped(self, x):
        return x * self.factor


HELD = Slotted()


def generated(x, n):
    for i in range(n):
        yield x * i


def decorated(fn):
    @functools.wraps(fn)
    def run(*args):
        return fn(*args) * 1.0

    return run


@decorated
def halved(x):
    return x * 0.5


def closing_over(module):
    def body(layer, x):
        return x * float(module.sqrt(2.0))

    return body


def drawing(module):
    def body(layer, x):
        return x + module.random.normal((4,), seed=5)

    return body


NAMED = types.SimpleNamespace(seed=2.0)


class Kind(enum.Enum):
    TWO = 2.0


class Called:
    def __call__(self, x):
        return x * 2.0


CALLED = Called()


def branching(layer, x):
    total = x
    for i, scale in enumerate([1.0, 2.0]):
        if i and isinstance(scale, float) and len(x.shape) == 2:
            total = total + x * scale
    return ops.concatenate([total[:, :2], total[:, 2:]], -1)


REPLAYED = {
    "ops": lambda layer, x: ops.relu(x) * 0.5,
    "a global": lambda layer, x: x * FLAG,
    "an array": lambda layer, x: ops.multiply(x, TABLE),
    "a dict": lambda layer, x: x * SCALES["scale"],
    "another function": lambda layer, x: doubled(powered(x)),
    "math": lambda layer, x: x * math.sqrt(2.0),
    "numpy": lambda layer, x: ops.add(x * float(np.sqrt(2.0)), np.ones(4, "float32")),
    "comprehension": lambda layer, x: sum([x * i for i in range(3)]),
    "generator": lambda layer, x: sum(generated(x, 3)),
    "branches": branching,
    "dict of its own": lambda layer, x: {"a": x, "b": x}["a"],
    "a module in a closure": closing_over(np),
    "a decorator": lambda layer, x: halved(x),
    "an enumeration": lambda layer, x: x * Kind.TWO.value,
    "an object that is called": lambda layer, x: CALLED(x),
    "draws": lambda layer, x: x + normal((4,)),
    "dropout": lambda layer, x: x * dropout(x, 0.5),
    "no_gradient": lambda layer, x: x + ops.stop_gradient(x),
}
ATTRIBUTES = {
    "partial": {"fn": functools.partial(powered, power=2)},
    "method of an object": {"fn": Setting(2.0).of},
    "slots": {"fn": lambda x, held=HELD: x * held.scale},
    "default": {"fn": powered},
    "list of functions": {"fn": lambda x, fns=(doubled, powered): fns[0](fns[1](x))},
}  # fmt: skip


# Attributes of users' objects and of our modules whose names the engine's library has too, for something else.
NAMES = {
    "a seed": (lambda layer, x: x + normal((4,), seed=layer.seed), {"seed": 5}),
    "functions": (
        lambda layer, x: layer.held.load(layer.held.compile(x)),
        {"held": types.SimpleNamespace(load=doubled, compile=powered)},
    ),
    "a global": (lambda layer, x: x * NAMED.seed, {}),
    "our module in a closure": (drawing(keraslite), {}),
}


def is_replayed_as_in_python(body, **attributes):
    model = compiled(body, **attributes)
    found = fitted(model)
    assert replayed(model) == [True], explained(model)
    plain = compiled(body, **attributes)
    plain.run_eagerly = True
    np.testing.assert_allclose(found, fitted(plain), rtol=1e-5)


@pytest.mark.parametrize("name", REPLAYED)
def test_code_that_reads_only_what_is_watched_is_replayed(name):
    is_replayed_as_in_python(REPLAYED[name])


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_functions_that_a_layer_holds_are_replayed(name):
    is_replayed_as_in_python(lambda layer, x: layer.fn(x), **ATTRIBUTES[name])


@pytest.mark.parametrize("name", NAMES)
def test_names_that_the_librarys_functions_have_too_do_not_matter(name):
    body, attributes = NAMES[name]
    is_replayed_as_in_python(body, **attributes)


# ---- what stays in Python -----------------------------------------------------------------------------------------

SEEN, CACHE, DRAWS, QUEUE = [], {}, np.random.default_rng(1), deque([1.0])
DEEP = types.SimpleNamespace(inner=[1.0])


def appending(layer, x):
    SEEN.append(1)
    return x * len(SEEN)


def caching(layer, x):
    layer.cache[len(layer.cache)] = 1.0
    return x * len(layer.cache)


def catching(layer, x):
    try:
        return ops.reshape(x, (3, 3, 3))
    except Exception:
        return x


def setting_a_global(layer, x):
    global FLAG
    FLAG = FLAG + 0.0
    return x


def counting(layer, x):
    layer.counter += 1
    return x * layer.counter


def counting_of_the_class(layer, x):
    Classed.factor = Classed.factor + 1.0
    return x * Classed.factor


def remembering(layer, x, seen={}):  # noqa: B006
    seen[len(seen)] = 1.0
    return x * len(seen)


def counting_in_an_array(layer, x):
    layer.table[0] += 1.0
    return x * float(layer.table[0])


def hiding(layer, x):
    with contextlib.suppress(Exception):
        x = ops.reshape(x, (3, 3, 3))
    return x


class Odd:
    """Whoever looks at it closely gets an error."""

    @property
    def __class__(self):
        raise ZeroDivisionError


ODD = (Odd(),)


def closing_over_time(module):
    def body(layer, x):
        return x * (module.time() * 0 + 1)

    return body


def own_count():
    count = 0

    def body(layer, x):
        nonlocal count
        count += 1
        return x * count

    return body


def importing(layer, x):
    from time import time as now

    return x * (now() * 0 + 1)


def torchs_draws(layer, x):
    import torch

    return x + torch.rand(4)


def seeding_by_a_module(module):
    def body(layer, x):
        module.random.manual_seed(0)
        return x

    return body


def inner_module(layer, x):
    inner = torch.autograd
    return x * float(inner.Function is not None)


def seeding(layer, x):
    torch.default_generator.manual_seed(0)
    return x


def seeding_by_an_object(layer, x):
    held = torch.default_generator
    held.manual_seed(0)
    return x


def popping(layer, x):
    return x * QUEUE[0]


def reading(layer, x):
    return x * 2 if layer.built and float(ops.stop_gradient(ops.sum(x))) > 0 else x


def reading_by_numpy(layer, x):
    return x * float(ops.convert_to_numpy(x).sum()) if layer.built else x


def reading_by_array(layer, x):
    return x * float(np.asarray(x.detach()).sum()) if layer.built else x


def matching(layer, x):
    match layer.held:
        case Setting(scale=1.0):
            return x
    return x * 3.0


RECORD = np.array([(1.0,)], dtype=[("a", "f4")])[0]


PYTHON = {
    "a counter": (counting, {"counter": 0}, "sets `counter`"),
    "a class attribute": (counting_of_the_class, {}, "sets `factor`"),
    "a list that grows": (appending, {}, "SEEN"),
    "nonlocal": (own_count(), {}, "`count`"),
    "a cache": (caching, {"cache": {}}, "cache"),
    "time in a closure": (closing_over_time(time), {}, "`time` of `time`"),
    "a default that grows": (remembering, {}, "a default"),
    "an array that counts": (counting_in_an_array, {"table": np.zeros(3)}, "`table`"),
    "suppress": (hiding, {}, "suppress"),
    "an odd object": (lambda layer, x: x if ODD[0] is None else x * 2, {}, "ZeroDivisionError"),
    "a jitted function": (lambda layer, x: layer.fn(x), {"fn": transforms.jit(doubled, replay=True)}, "Jitted"),
    "time": (lambda layer, x: x * (time.time() * 0 + 1), {}, "`time`"),
    "time within": (importing, {}, "imports `time`"),
    "random": (lambda layer, x: x * random.random(), {}, "`random`"),
    "numpy.random": (lambda layer, x: x * float(np.random.normal()), {}, "random"),
    "a generator of NumPy": (lambda layer, x: x * float(DRAWS.normal()), {}, "Generator"),
    "print": (lambda layer, x: print(end="") or x, {}, "print"),
    "environment": (lambda layer, x: x * float(os.environ.get("NO_SUCH", "1")), {}, "`os`"),
    "open": (lambda layer, x: open(os.devnull).close() or x, {}, "open"),
    "exceptions": (catching, {}, "handles exceptions"),
    "a global that is set": (setting_a_global, {}, "sets the global `FLAG`"),
    "a value": (reading, {}, "depends on values"),
    "a value by NumPy": (reading_by_numpy, {}, "a value is read on the host"),
    "a value by an array": (reading_by_array, {}, "asarray|numpy"),
    "a deque": (popping, {}, "deque"),
    "vars": (lambda layer, x: x * vars(layer)["scale"], {"scale": 2.0}, "vars"),
    "__dict__": (lambda layer, x: x * layer.__dict__["scale"], {"scale": 2.0}, "__dict__"),
    "id": (lambda layer, x: x * (id(x) * 0 + 1), {}, "`id`"),
    "eval": (lambda layer, x: eval("x * 2", {"x": x}), {}, "eval"),
    "setattr": (lambda layer, x: setattr(layer, "seen", 1) or x, {}, "setattr|sets"),
    "an iterator": (lambda layer, x: x * next(layer.numbers), {"numbers": iter(range(1000))}, "iterator"),
    "lru_cache": (lambda layer, x: x * layer.fn(2), {"fn": functools.lru_cache(abs)}, "lru_cache"),
    "module as a value": (lambda layer, x: x * (layer.module.time() * 0 + 1), {"module": time}, "time"),
    "all fields": (lambda layer, x: x * dataclasses.asdict(layer.held)["scale"], {"held": Setting()}, "asdict"),
    "a pattern": (matching, {"held": Setting()}, "matches attributes"),
    "getattr by another name": (lambda layer, x, get=getattr: x * get(layer, "scale"), {"scale": 1.0}, "another name"),
    "a setting of ours": (lambda layer, x: x * float(config.dtype_policy().name == "float32"), {}, "dtype_policy"),
    "a seed that is set": (lambda layer, x: set_random_seed(1) or x, {}, "set_random_seed"),
    "an object that it makes": (lambda layer, x: x + initializers.RandomNormal()((4,)), {}, "makes a layer"),
    "a record of NumPy": (lambda layer, x: x * float(RECORD["a"]), {}, "void"),
    "too much": (lambda layer, x: ops.multiply(x, layer.table[0]), {"table": np.ones((1 << 17, 4), "float32")},
                 "too much"),
}  # fmt: skip


@pytest.mark.parametrize("name", PYTHON)
def test_code_that_does_more_than_compute_stays_in_python(name, monkeypatch):
    monkeypatch.setitem(globals(), "FLAG", 1.0)
    monkeypatch.setattr(Classed, "factor", 1.0)
    SEEN.clear()
    body, attributes, reason = PYTHON[name]
    model = compiled(body, **attributes)
    fitted(model)
    assert not any(replayed(model))
    assert re.search(reason, explained(model)), explained(model)


TORCHS = {
    "draws": (torchs_draws, {}),
    "a module in a closure": (seeding_by_a_module(torch), {}),
    "a module as a value": (lambda layer, x: layer.module.random.manual_seed(0) and x, {"module": torch}),
    "a module inside": (inner_module, {}),
    "a generator": (seeding, {}),
    "a generator as a value": (seeding_by_an_object, {}),
}


@pytest.mark.skipif(torch is None, reason="torch is not installed")
@pytest.mark.parametrize("name", TORCHS)
def test_torchs_own_draws_stay_in_python(name):
    body, attributes = TORCHS[name]
    model = compiled(body, **attributes)
    state = torch.random.get_rng_state()
    fitted(model)
    torch.random.set_rng_state(state)
    assert not any(replayed(model))


def test_a_count_is_right_at_each_step():
    SEEN.clear()
    model = compiled(appending)
    fitted(model, epochs=4)
    assert len(SEEN) >= 12


# ---- what changes between steps -----------------------------------------------------------------------------------


def close(value):
    def body(layer, x):
        return x * value

    return body


def unclose(body, value):
    body.__closure__[0].cell_contents = value


CLOSED = close(1.0)


def twice(layer, x):
    return x * 2.0


class Mode(enum.Enum):
    A = (np.ones(1),)


class Pair(NamedTuple):
    a: float


class Based:
    factor = 1.0


class Pair2:
    factor = 3.0


class Derived(Based):
    pass


def abs3(x):
    return 3.0


WORDS, MEMBERS = ("nothing", "extra"), {1.0}
Mode.A.scale = Pair.factor = 1.0
NUMBERS = torch.ones(4) if torch is not None else None
_GAMMA, _SHRINK = math.gamma, ops.soft_shrink


CHANGES = {
    "a global": (lambda layer, x: x * FLAG, lambda layer: globals().update(FLAG=3.0), {}),
    "an array in place": (lambda layer, x: ops.multiply(x, TABLE), lambda layer: TABLE.__imul__(2.0), {}),
    "an array of the layer": (lambda layer, x: ops.multiply(x, layer.table), lambda layer: layer.table.__imul__(2.0),
                              {"table": np.ones(4, "float32")}),
    "a dict": (lambda layer, x: x * SCALES["scale"], lambda layer: SCALES.update(scale=3.0), {}),
    "a list": (lambda layer, x: x * sum(LIST), lambda layer: LIST.append(3.0), {}),
    "a dict of the layer": (lambda layer, x: x * layer.opts["a"], lambda layer: layer.opts.update(a=3.0),
                            {"opts": {"a": 1.0}}),
    "an attribute": (lambda layer, x: x * layer.scale, lambda layer: setattr(layer, "scale", 3.0), {"scale": 1.0}),
    "an object": (lambda layer, x: layer.held.of(x), lambda layer: setattr(layer.held, "scale", 3.0),
                  {"held": Setting()}),
    "an object's method": (lambda layer, x: layer.held.of(x),
                           lambda layer: setattr(layer.held, "of", lambda x: x * 3.0), {"held": Setting()}),
    "an object with slots": (lambda layer, x: x * layer.held.scale, lambda layer: setattr(layer.held, "scale", 3.0),
                             {"held": Slotted()}),
    "a namespace": (lambda layer, x: x * layer.held.inner[0], lambda layer: layer.held.inner.__setitem__(0, 3.0),
                    {"held": types.SimpleNamespace(inner=[1.0])}),
    "a class": (lambda layer, x: layer.helped(x), lambda layer: setattr(Classed, "factor", 3.0), {}),
    "a method of the class": (lambda layer, x: layer.helped(x),
                              lambda layer: setattr(Classed, "helped", lambda self, x: x * 3.0), {}),
    "a property": (lambda layer, x: x * layer.twice, lambda layer: setattr(layer, "units", 3.0), {"units": 1.0}),
    "a global function": (lambda layer, x: doubled(x), lambda layer: globals().update(doubled=powered), {}),
    "a function's code": (lambda layer, x: twice(layer, x), lambda layer: setattr(twice, "__code__", (
        lambda layer, x: x * 3.0).__code__), {}),
    "a default": (lambda layer, x: powered(x), lambda layer: setattr(powered, "__defaults__", (3,)), {}),
    "a cell": (CLOSED, lambda layer: unclose(layer.body, 3.0), {}),
    "a builtin that is hidden": (lambda layer, x: x * abs(-1.0), lambda layer: globals().update(abs=lambda x: 3.0), {}),
    "a partial's object": (lambda layer, x: layer.fn(x=x), lambda layer: layer.fn.args[0].update(s=3.0),
                           {"fn": functools.partial(lambda held, x: x * held["s"], {"s": 1.0})}),
    "hasattr": (lambda layer, x: x * (3.0 if hasattr(layer.held, "extra") else 1.0),
                lambda layer: setattr(layer.held, "extra", 1), {"held": Setting()}),
    "getattr": (lambda layer, x: x * getattr(layer, "sca" + "le"), lambda layer: setattr(layer, "scale", 3.0),
                {"scale": 1.0}),
    "an attribute set around the layer": (lambda layer, x: x * layer.scale, lambda layer: object.__setattr__(
        layer, "scale", 3.0), {"scale": 1.0}),
    "an enumeration": (lambda layer, x: x * float(Mode.A.value[0][0]) * layer.mode.scale,
                       lambda layer: (Mode.A.value[0].fill(3.0), setattr(Mode.A, "scale", 2.0)),
                       {"mode": Mode.A}),
    "the class of a named tuple": (lambda layer, x: x * layer.pair.factor, lambda layer: setattr(Pair, "factor", 3.0),
                                   {"pair": Pair(1.0)}),
    "getattr of a class": (lambda layer, x: x * getattr(Pair, "fac" + "tor"),
                           lambda layer: setattr(Pair, "factor", 3.0), {}),
    "hasattr by texts from elsewhere": (lambda layer, x: x * (1.0 + 2 * any(hasattr(layer.held, n) for n in WORDS)),
                                        lambda layer: setattr(layer.held, "extra", 1), {"held": Setting()}),
    "an attribute of a function": (lambda layer, x: x * getattr(doubled, "factor", 1.0),
                                   lambda layer: setattr(doubled, "factor", 3.0), {}),
    "all attributes at once": (lambda layer, x: x * layer.held.scale,
                               lambda layer: setattr(layer.held, "__dict__", {"scale": 3.0}), {"held": Setting()}),
    "an attribute of an array of the engine": (lambda layer, x: x * NUMBERS.scale,
                                               lambda layer: setattr(NUMBERS, "scale", 3.0), {}),
    "a function of a library": (lambda layer, x: x * math.gamma(1.0), lambda layer: setattr(math, "gamma", abs3), {}),
    "a function of ours": (lambda layer, x: ops.soft_shrink(x),
                           lambda layer: setattr(ops, "soft_shrink", ops.tanh), {}),
    "the bases of a class": (lambda layer, x: x * layer.held.factor,
                             lambda layer: setattr(Derived, "__bases__", (Pair2,)), {"held": Derived()}),
    "members that are equal": (lambda layer, x: x * (3.0 if any(v is True for v in MEMBERS) else 1.0),
                               lambda layer: (MEMBERS.clear(), MEMBERS.add(True)), {}),
    "an attribute of its own layer": (lambda layer, x: x * layer.dense.factor,
                                      lambda layer: setattr(layer.dense, "factor", 3.0), {}),
}  # fmt: skip


class Changer(callbacks.Callback):
    """Changes something in the middle of an epoch."""

    def __init__(self, change):
        super().__init__()
        self.change, self.step, self.at = change, 0, 7

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        if self.step == self.at:
            self.change(self.model.layers[0])


@pytest.mark.parametrize("where", ["between", "within"])
@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_between_steps_is_seen_at_the_next_one(name, where):
    body, change, attributes = CHANGES[name]
    runs = []
    for eager in (False, True):
        model = compiled(body, make=Classed, **copy.deepcopy(attributes))
        model.run_eagerly = eager
        if where == "between":
            found = fitted(model, 2)
            if not eager:
                assert replayed(model) == [True], explained(model)
            change(model.layers[0])
            found += fitted(model, 2)
        else:
            found = fitted(model, 4, callbacks=[Changer(change)])
        runs.append(found)
        if not eager:
            assert model._train_program()._call._remade == 1, explained(model)
        restore()
    np.testing.assert_allclose(*runs, rtol=1e-4)


def restore():
    """What the cases change is as before."""
    globals().update(FLAG=1.0, doubled=_DOUBLED)
    globals().pop("abs", None)
    twice.__code__, powered.__defaults__ = _TWICE, (2,)
    Classed.helped, Classed.factor = _HELPED, 1.0
    TABLE[:], SCALES["scale"], LIST[:] = 2.0, 1.0, [1.0]
    unclose(CLOSED, 1.0)
    Mode.A.value[0][:] = Mode.A.scale = Pair.factor = 1.0
    vars(doubled).clear()
    math.gamma, ops.soft_shrink, Derived.__bases__ = _GAMMA, _SHRINK, (Based,)
    MEMBERS.clear()
    MEMBERS.add(1.0)
    if NUMBERS is not None:
        NUMBERS.scale = 1.0


_DOUBLED, _TWICE, _HELPED = doubled, twice.__code__, Classed.helped


# ---- losses, metrics, models and steps ----------------------------------------------------------------------------


class Weighted(losses.Loss):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def call(self, y_true, y_pred):
        return self.weight * ops.mean(ops.square(y_true - y_pred), -1)


class Largest(metrics.Metric):
    def __init__(self):
        super().__init__(name="largest")
        self.total = self.add_variable((), initializer="zeros", name="total")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign(ops.maximum(self.total, ops.max(ops.abs(y_pred))))

    def result(self):
        return self.total


class Blocks(Model):
    def __init__(self):
        super().__init__()
        self.blocks = [layers.Dense(4, "tanh") for _ in range(3)]
        self.head = layers.Dense(2)
        self.scale = 1.0

    def call(self, x, training=False):
        for block in self.blocks:
            x = x + block(x) * (2.0 if training else 1.0)
        return self.head(x) * self.scale


class Stepping(Blocks):
    """A step of its own, with noise and a second loss."""

    def __init__(self):
        super().__init__()
        self.seeds = SeedGenerator(3)
        self.tracker = metrics.Mean(name="loss")

    @property
    def metrics(self):
        return [self.tracker]

    def train_step(self, data):
        x, y = data
        noise = normal(ops.shape(x), seed=self.seeds)

        def loss():
            return ops.mean(ops.square(self(x + 0.1 * noise, training=True) - y)) + 0.1 * self.penalty(x)

        variables = self.trainable_variables
        value, gradients = transforms.value_and_grad(loss, variables)()
        self.optimizer.apply(gradients, variables)
        self.tracker.update_state(value)
        return {metric.name: metric.result() for metric in self.metrics}

    def penalty(self, x):
        return ops.mean(ops.abs(self.blocks[0](x)))


class Losing(Blocks):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return 0.5 * super().compute_loss(x, y, y_pred, sample_weight, training)


def by_closure(power):
    def loss(y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred) ** power, -1)

    return loss


class Sometimes(optimizers.Optimizer):
    def __init__(self, rate):
        super().__init__(rate)
        self.factor = 1.0

    def update_step(self, gradient, variable, learning_rate):
        variable.assign(variable.value - self.factor * learning_rate * gradient)


class Falling(optimizers.schedules.LearningRateSchedule):
    scale = 0.1

    def __call__(self, step):
        return self.scale / (1.0 + ops.cast(step, "float32"))


MODELS = {
    "blocks": (Blocks, lambda: "mse", lambda model: setattr(model, "scale", 2.0)),
    "a block replaced": (Blocks, lambda: "mse", lambda model: model.blocks.__setitem__(2, model.blocks[0])),
    "a method replaced": (Blocks, lambda: "mse",
                          lambda model: setattr(model.blocks[1], "call", lambda x, **_: x * 0.5)),
    "a loss": (Blocks, lambda: Weighted(1.0), lambda model: setattr(model.loss, "weight", 3.0)),
    "a closure": (Blocks, lambda: by_closure(2), lambda model: unclose(model.loss, 3)),
    "a step": (Stepping, lambda: None, lambda model: setattr(model, "penalty", lambda x: ops.mean(x))),
    "compute_loss": (Losing, lambda: "mse", lambda model: setattr(model, "scale", 2.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_models_losses_metrics_and_steps_of_users(name):
    make, loss, change = MODELS[name]
    runs = []
    for eager in (False, True):
        set_random_seed(2)
        model = make()
        model.compile(optimizers.Adam(0.01), loss(), metrics=[Largest()], run_eagerly=eager)
        logs, programs = [], []
        for _ in range(2):
            history = model.fit(X, Y, batch_size=8, epochs=3, shuffle=False, verbose=0)
            logs += [*map(list, history.history.values())]
            if not eager:
                assert replayed(model) == [True], explained(model)
                programs += model._train_program()._call.programs
            logs.append(list(model.evaluate(X, Y, batch_size=4, return_dict=True, verbose=0).values()))
            logs.append(model.predict(X, batch_size=4, verbose=0).ravel().tolist())
            change(model)
        runs.append(np.concatenate(logs))
        if not eager:
            assert [p.ready for p in model._test_program()._call.programs] == [True]
            assert programs[0] is not programs[1]
    np.testing.assert_allclose(*runs, rtol=1e-4, atol=1e-5)


def of_users(eager):
    strength = [0.01]
    dense = layers.Dense(4, kernel_regularizer=lambda w, held=strength: held[0] * ops.sum(w**2))
    model = Sequential([layers.Input((4,)), dense, layers.Lambda(lambda x: x * strength[0]), layers.Dense(2)])
    model.compile(Sometimes(Falling()), "mse", run_eagerly=eager)
    return model, strength


def test_optimizers_schedules_and_regularizers_of_users():
    runs = []
    for eager in (False, True):
        set_random_seed(2)
        model, strength = of_users(eager)
        logs = fitted(model)
        assert eager or replayed(model) == [True], explained(model)
        model.optimizer.factor = 3.0
        logs += fitted(model)
        strength[0] = 2.0
        runs.append(logs + fitted(model))
    np.testing.assert_allclose(*runs, rtol=1e-4)


def test_a_step_that_writes_to_its_batch_stays_in_python():
    runs = []
    for eager in (True, False):
        set_random_seed(1)
        model = Sequential([layers.Input((4,)), layers.Lambda(doubling), layers.Dense(2)])
        model.compile(optimizers.SGD(0.01), "mse", run_eagerly=eager)
        runs.append(model.fit(X.copy(), Y, batch_size=8, epochs=3, shuffle=False, verbose=0).history["loss"])
    assert not any(replayed(model))
    assert "writes to an argument" in explained(model)
    np.testing.assert_allclose(*runs, rtol=1e-5)


def doubling(x):
    x *= 2.0
    return x


def test_a_module_that_is_named_like_one_of_python_is_somebodys(tmp_path, monkeypatch):
    (tmp_path / "turtledemo.py").write_text("STATE = {}")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "turtledemo", importlib.import_module("turtledemo"))
    rules.is_standard.cache_clear()
    assert not rules.is_standard("turtledemo")
    assert rules.is_standard("functools")
    assert rules.is_standard("sys")
    rules.is_standard.cache_clear()


def test_unknown_instructions_are_refused():
    assert [name for name in dis.opmap if not name.startswith((*scan._KNOWN, "INSTRUMENTED_", *scan._REFUSED))] != []
    assert not any(name.startswith(scan._KNOWN) for name in ("GET_AWAITABLE", "LOAD_NAME", "NEW_IN_SOME_PYTHON"))


@pytest.mark.parametrize("options", [{"run_eagerly": True}, {"jit_compile": False}])
def test_options_switch_it_off(options):
    model = compiled(lambda layer, x: x * 2)
    model.compile("sgd", "mse", **options)
    fitted(model)
    assert not any(program.ready for program in getattr(model._train_program()._call, "programs", ()))


# ---- replays that are compared with Python ------------------------------------------------------------------------


@pytest.mark.parametrize("step", [3, 9])
def test_a_step_that_does_something_else_later_is_dropped(step, monkeypatch):
    hidden = [1.0]  # nobody looks into `time`, once that passes for a pure module
    monkeypatch.setattr(rules, "PURE", rules.PURE | {"time"})
    monkeypatch.setattr(time, "thread_time", functools.partial(operator.getitem, hidden, 0))
    changer = Changer(lambda layer: hidden.__setitem__(0, 2.0))
    changer.at = step
    model = compiled(lambda layer, x: x * time.thread_time())
    with pytest.warns(FastPathWarning, match="The training step of model 'sequential.* a replay gave other numbers"):
        found = fitted(model, 8, callbacks=[changer])
    assert replayed(model) == [False]
    assert "other numbers" in explained(model)
    assert np.isfinite(found).all()


def test_calls_as_they_were_recorded_take_over_where_fewer_calls_round_otherwise():
    model = compiled(lambda layer, x: x * 2)
    fitted(model)
    (program,) = model._train_program()._call.programs
    replay, exact = program._replay, program._replay._loud
    replay._loud = lambda inputs: [x + 1.0 for x in exact(inputs)]
    program._due = program.replays
    fitted(model, 1)
    assert replayed(model) == [True]
    assert type(replay._loud) is type(exact)
    assert replay._loud is not exact
