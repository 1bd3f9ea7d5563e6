"""Results that stay on the device until they are read."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from training_models import Recorder, engine, linear, regression  # noqa: F401

from keraslite import ops
from keraslite.callbacks import Callback
from keraslite.training.logs import Logs, flat, read

QUIET = {"verbose": 0}


def test_all_ways_of_reading_give_floats(backend):
    def logs():
        return Logs({"loss": ops.convert_to_tensor(0.5), "mae": ops.convert_to_tensor(2.0)})

    expected = {"loss": 0.5, "mae": 2.0}
    assert logs() == expected
    assert dict(logs()) == expected
    assert {**logs()} == expected
    assert {"x": 1, **logs()} == {"x": 1, **expected}
    assert logs().copy() == expected
    assert logs() | {"x": 1} == {**expected, "x": 1}
    assert sorted(logs()) == ["loss", "mae"]
    assert type(logs()["loss"]) is float
    assert logs().get("mae") == 2.0
    assert logs().get("nothing") is None
    assert list(logs().items()) == list(expected.items())
    assert list(logs().values()) == [0.5, 2.0]
    assert json.loads(json.dumps(logs())) == expected
    assert pickle.loads(pickle.dumps(logs())) == expected
    assert repr(logs()) == repr(expected)
    assert f"{logs()['loss']:.2f}" == "0.50"
    other = {}
    other.update(logs())
    assert other == expected


def test_nothing_is_read_before_somebody_looks(backend):
    class Unreadable:
        def __array__(self, *args, **kwargs):
            raise AssertionError("read")

    logs = Logs({"loss": Unreadable(), "mae": ops.convert_to_tensor(2.0)})
    assert len(logs) == 2
    assert "loss" in logs
    assert list(logs.keys()) == ["loss", "mae"]
    assert (logs["mae"], logs.get("mae"), type(logs["mae"])) == (2.0, 2.0, float)
    with pytest.raises(AssertionError, match="read"):
        logs.get("loss")


def test_several_elements_stay_an_array(backend):
    np.testing.assert_array_equal(read(ops.convert_to_tensor([1.0, 2.0])), [1.0, 2.0])


def test_nested_results_are_put_in_their_place():
    assert flat({"loss": 1, "compile_metrics": {"a": 2, "b": 3}, "c": 4}) == {"loss": 1, "a": 2, "b": 3, "c": 4}
    assert flat(5) == {"loss": 5}


def test_logs_kept_from_a_batch_are_right_after_later_steps(differentiating_backend):
    x, y = regression(16)
    kept, at_once = Recorder(), []

    class Reads(Callback):
        def on_train_batch_end(self, batch, logs=None):
            at_once.append(logs["loss"])

    linear().fit(x, y, batch_size=2, shuffle=False, callbacks=[kept], **QUIET)
    linear().fit(x, y, batch_size=2, shuffle=False, callbacks=[Reads()], **QUIET)
    assert [logs["loss"] for logs in kept.logs] == pytest.approx(at_once)
    assert len(set(at_once)) == 8


def test_a_step_that_returns_a_variables_own_value_survives_too(differentiating_backend):
    import keraslite as keras

    class Counting(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(3)
            self.counter = keras.Variable(0.0, trainable=False, name="counter")

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            self.counter.assign_add(1.0)
            return {**super().train_step(data), "count": self.counter.value}

    x, y = regression(8)
    recorder = Recorder()
    model = Counting()
    model.compile("sgd", "mse")
    model.fit(x, y, batch_size=2, callbacks=[recorder], **QUIET)
    assert [logs["count"] for logs in recorder.logs] == [1.0, 2.0, 3.0, 4.0]


def test_plain_training_waits_once_an_epoch(engine, monkeypatch):  # noqa: F811
    x, y = regression(64)
    reads = []
    original = Logs._one
    monkeypatch.setattr(Logs, "_one", lambda self, name: reads.append(name) or original(self, name))
    linear().fit(x, y, batch_size=2, epochs=3, **QUIET)
    assert 3 <= len(reads) <= 12
