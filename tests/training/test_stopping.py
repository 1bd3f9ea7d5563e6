"""`stop_on_device`: a rule of a callback that becomes part of each training step."""

from __future__ import annotations

import numpy as np
import pytest
from training_models import Recorder, engine, linear, regression  # noqa: F401

from keraslite import callbacks, ops
from keraslite.training.logs import Logs

QUIET = {"verbose": 0, "shuffle": False}


class Above(callbacks.Callback):
    """Stops after the first step with a result above a limit."""

    def __init__(self, limit: float, name: str = "loss"):
        super().__init__()
        self.limit, self.name, self.stops = limit, name, []

    def stop_on_device(self, logs):
        return ops.greater(logs[self.name], self.limit)

    def on_device_stop(self, batch):
        self.stops.append(batch)


def outlier(at: int):
    """8 batches of 2, of which batch `at` has targets far from the others."""
    x, y = regression(16)
    y[2 * at : 2 * at + 2] = 1e3
    return x, y


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("together", [1, 3])
def test_a_users_rule_stops_training_and_keeps_that_steps_state(differentiating_backend, watched, together):
    x, y = outlier(4)
    stop = Above(100.0)
    others = [Recorder()] if watched else []
    model, reference = linear(steps_per_execution=together), linear()
    history = model.fit(x, y, batch_size=2, epochs=4, callbacks=[stop, *others], **QUIET)
    assert stop.stops == [4]
    assert history.epoch == [0]
    reference.fit(x[:10], y[:10], batch_size=2, **QUIET)
    np.testing.assert_allclose(model.get_weights()[0], reference.get_weights()[0], rtol=1e-6)
    assert int(model.optimizer.iterations.numpy()) == 5
    if watched:
        assert [call for call in others[0].calls if call.endswith("end")][:5] == [f"batch {i} end" for i in range(5)]


def test_no_step_waits_for_the_device(engine, monkeypatch):  # noqa: F811
    x, y = regression(64)
    reads = []
    original = Logs.load
    monkeypatch.setattr(Logs, "load", lambda self: reads.append(1) or original(self))
    model = linear()
    model.fit(x, y, batch_size=2, callbacks=[Above(1e9)], **QUIET)
    assert len(reads) <= 4  # at the end of the epoch
    decided = {each.path: each for each in model._verdicts()}
    assert decided["silent_steps"].taken


def test_the_rule_that_is_met_first_tells_its_callback_alone(differentiating_backend):
    x, y = outlier(2)
    never, first, second = Above(1e9), Above(100.0), Above(0.0, "mae")
    second.stop_on_device = lambda logs: ops.greater(logs["mae"], 100.0)
    linear(metrics=["mae"]).fit(x, y, batch_size=2, callbacks=[never, first, second], **QUIET)
    assert (never.stops, first.stops, second.stops) == ([], [2], [])


def test_a_changed_limit_counts_at_the_next_fit(differentiating_backend):
    x, y = outlier(2)
    stop, model = Above(1e9), linear()
    for limit, stops in ((1e9, []), (100.0, [2]), (1e9, [2])):
        stop.limit = limit
        model.set_weights([np.zeros((4, 3)), np.zeros(3)])
        model.fit(x, y, batch_size=2, callbacks=[stop], **QUIET)
        assert stop.stops == stops


def test_objects_share_the_step_that_a_static_rule_is_in(engine):  # noqa: F811
    x, y = regression(8)
    model = linear()
    programs = []
    for callback in (callbacks.TerminateOnNaN(), callbacks.TerminateOnNaN(), Above(1e9), Above(1e9)):
        model.fit(x, y, callbacks=[callback], **QUIET)
        programs.append(model._training.programs["train"][1])
    assert programs[0] is programs[1]
    assert len(set(map(id, programs))) == 3


def test_a_step_without_a_loss(engine):  # noqa: F811
    x, y = regression(8)
    model = linear()
    model.train_step = lambda data: {"seen": ops.sum(data[0])}
    history = model.fit(x, y, batch_size=2, epochs=2, callbacks=[callbacks.TerminateOnNaN()], **QUIET)
    assert history.epoch == [0, 1]


@pytest.mark.parametrize("nested", [False, True])
def test_a_list_of_callbacks_that_is_given_to_fit(engine, nested):  # noqa: F811
    x, y = outlier(3)
    stop, model = Above(100.0), linear()
    inner = callbacks.CallbackList([stop])
    given = callbacks.CallbackList([inner] if nested else [stop], add_history=True, model=model)
    model.fit(x, y, batch_size=2, epochs=3, callbacks=given, **QUIET)
    assert stop.stops == [3]
    assert given.history.epoch == [0]


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("value", [float, np.float32])
def test_in_a_loop_of_ones_own_batches_are_looked_at_as_they_end(backend, capsys, alone, value):
    model = linear()
    stop, other = callbacks.TerminateOnNaN(), Above(5.0)
    hooks = [stop, other] if alone else [callbacks.CallbackList([stop, other])]
    for callback in hooks:
        callback.set_model(model)
    told = []
    for batch, loss in enumerate((1.0, 6.0, np.nan)):
        for callback in hooks:
            callback.on_train_batch_end(batch, {"loss": value(loss)})
        told.append(model.stop_training)
        model.stop_training = False
    assert told == [False, True, True]
    assert other.stops == [1]
    assert capsys.readouterr().out == "Batch 2: Invalid loss, terminating training\n"


def test_after_fit_the_same_object_serves_a_loop_of_ones_own(engine):  # noqa: F811
    x, y = regression(8)
    model, stop = linear(), Above(1e9)
    hooks = callbacks.CallbackList([stop], add_history=True, model=model)
    model.fit(x, y, callbacks=hooks, **QUIET)
    hooks.on_train_batch_end(7, {"loss": 1e10})
    assert stop.stops == [7]
