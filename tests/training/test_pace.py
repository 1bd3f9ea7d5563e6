"""Many steps in one loop of the engine: chosen by measuring, with the results of single steps."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import config, layers, losses
from keraslite.backend import registry
from keraslite.callbacks import LambdaCallback
from keraslite.models import Sequential
from keraslite.training import pace
from keraslite.training.pace import Pace
from keraslite.utils import set_random_seed

pytestmark = pytest.mark.fast_path("step_loops")

G = np.random.default_rng(3)
X, Y = G.normal(size=(67, 6)).astype("float32"), G.integers(0, 3, 67)


@pytest.fixture
def eager_to_try(monkeypatch):
    """Loops are tried after a few steps, and kept."""
    monkeypatch.setattr(pace, "_INVESTED", 0.0)
    monkeypatch.setattr(pace, "_SHORT", 1e9)
    monkeypatch.setattr(pace, "_MEASURED", 4)
    monkeypatch.setattr(pace, "GROUP", 4)
    judged = Pace._judge

    def judge(self, seconds):
        judged(self, 0.0 if self._trying else seconds)

    monkeypatch.setattr(Pace, "_judge", judge)


def made(rate=0.0):
    set_random_seed(1)
    dropout = [layers.Dropout(rate)] if rate else []
    model = Sequential([layers.Input((6,)), layers.Dense(8, "relu"), layers.BatchNormalization(), *dropout,
                        layers.Dense(3)])  # fmt: skip
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def trained(rate=0.0, **options):
    model = made(rate)
    history = model.fit(X, Y, batch_size=4, epochs=4, verbose=0, class_weight={0: 1.0, 1: 2.0, 2: 3.0}, **options)
    return model, history.history


@pytest.mark.parametrize("rate", [0.0, 0.2])
def test_same_numbers(differentiating_backend, eager_to_try, rate):
    model, history = trained(rate)
    loops = registry.current().loop_compile
    if loops == "auto" or (loops is True and rate == 0.0):  # XLA draws other numbers than TensorFlow's kernels
        assert model._train_program().pace.group == 4
    single, expected = trained(rate, callbacks=[LambdaCallback(on_train_batch_end=lambda step, logs: None)])
    assert getattr(single._train_program().pace, "group", 1) == 1
    for name in expected:
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-4, atol=1e-5)
    for one, other in zip(single.variables, model.variables, strict=True):
        np.testing.assert_allclose(other.numpy(), one.numpy(), rtol=1e-3, atol=1e-5)
    assert int(model.optimizer.iterations.numpy()) == 4 * 17


class Simulated:
    """Epochs of a program whose single steps and loops take a known time on a simulated clock."""

    def __init__(self, monkeypatch, single, looped):
        self.clock, self.single, self.looped, self.waits = 0.0, single, looped, 0
        self.compiled = False
        monkeypatch.setattr(pace.time, "perf_counter", lambda: self.clock)
        self.chooser = Pace(self.wait)

    def wait(self, logs):
        self.waits += 1

    def epoch(self, steps):
        self.chooser.resume()
        before = self.chooser.group
        while steps >= self.chooser.group:
            done = self.chooser.group
            if done > before:  # the first batch is on the device already, and no loop takes both kinds
                self.chooser.skip()
                self.clock += 10
            elif done > 1 and not self.compiled:
                self.clock += 10
                self.compiled = True
            self.clock += done * (self.single if done == 1 else self.looped)
            before = done
            self.chooser.ran(done, {})
            steps -= done
        if steps:  # one by one
            self.chooser.skip()
            self.clock += 10
            self.chooser.ran(steps, {})
        self.chooser.pause()
        self.clock += 1  # validation, callbacks


@pytest.mark.parametrize("steps", [2000, 100])
@pytest.mark.parametrize(("looped", "group"), [(1e-4, pace.GROUP), (9.5e-4, 1), (5e-3, 1)])
def test_the_faster_way_stays_however_short_the_epochs(monkeypatch, steps, looped, group):
    monkeypatch.setattr(pace, "_INVESTED", 0.2)
    run = Simulated(monkeypatch, 1e-3, looped)
    for _ in range(4000 // steps):
        run.epoch(steps)
    assert run.chooser.decided
    assert run.chooser.group == group
    waits = run.waits
    run.epoch(steps)
    assert run.waits == waits


@pytest.mark.parametrize("steps", [300, 20])
def test_long_steps_are_not_looped(monkeypatch, steps):
    run = Simulated(monkeypatch, 0.01, 0.0)
    for _ in range(300 // steps):
        run.epoch(steps)
    assert run.chooser.decided
    assert run.chooser.group == 1


def test_what_the_engine_cannot_loop_runs_step_by_step(differentiating_backend, eager_to_try, monkeypatch):
    if registry.current().loop_compile is None:
        pytest.skip("no loops here")

    class Impossible(Exception):
        pass

    def refuse(batches):
        raise Impossible

    monkeypatch.setattr(registry.current(), "loop_errors", (Impossible,))
    model = made()
    model._train_program()._loop = refuse
    expected = trained(callbacks=[LambdaCallback(on_train_batch_end=lambda step, logs: None)])[1]
    set_random_seed(1)
    other = made()
    other._train_program()._loop = refuse
    history = other.fit(X, Y, batch_size=4, epochs=4, verbose=0, class_weight={0: 1.0, 1: 2.0, 2: 3.0}).history
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-4)
    assert other._train_program().pace.decided


def test_they_can_be_switched_off(differentiating_backend, eager_to_try):
    config.enable_fast_paths(False, "step_loops")
    model, _ = trained()
    assert model._train_program().pace is None
