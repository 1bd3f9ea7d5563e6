"""Learning rate schedules: Keras's numbers, in and outside of `jit`."""

from __future__ import annotations

import inspect
import json

import keras_peer
import numpy as np
import pytest
from optimizers_cases import ALL_SCHEDULES, SCHEDULE_CLASSES, SCHEDULES

from keraslite import ops
from keraslite.errors import ArgumentError
from keraslite.optimizers import schedules
from keraslite.transforms import jit

STEPS = list(range(13))


@pytest.mark.parametrize(("name", "arguments"), ALL_SCHEDULES)
def test_values_and_config_are_keras(backend, name, arguments):
    schedule = SCHEDULE_CLASSES[name](**arguments)
    theirs = keras_peer.call("optimizers_on_keras:schedule", config=schedules.serialize(schedule), steps=STEPS)
    values = [float(ops.convert_to_numpy(schedule(step))) for step in STEPS]
    np.testing.assert_allclose(values, theirs["values"], rtol=1e-5, atol=1e-7)
    assert json.loads(json.dumps(schedule.get_config())) == theirs["config"]
    compiled = jit(schedule)
    for step in (0, 3, 7):
        value = compiled(ops.convert_to_tensor(step, dtype="int32"))
        np.testing.assert_allclose(ops.convert_to_numpy(value), theirs["values"][step], rtol=1e-5, atol=1e-7)
        assert str(ops.convert_to_numpy(value).dtype) == "float32"


@pytest.mark.parametrize("name", SCHEDULE_CLASSES)
def test_config_round_trip_with_every_argument_varied(name):
    parameters = list(inspect.signature(SCHEDULE_CLASSES[name].__init__).parameters)[1:]
    assert {key for arguments in SCHEDULES[name] for key in arguments} == set(parameters)
    for arguments in SCHEDULES[name]:
        schedule = SCHEDULE_CLASSES[name](**arguments)
        config = json.loads(json.dumps(schedules.serialize(schedule)))
        again = schedules.deserialize(config)
        assert type(again) is SCHEDULE_CLASSES[name]
        assert again.get_config() == schedule.get_config() == {**schedule.get_config(), **arguments}


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="one more of `values` than of `boundaries`"):
        schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2])
    with pytest.raises(ArgumentError, match="`decay_steps`"):
        schedules.ExponentialDecay(0.1, 0, 0.9)


@pytest.mark.parametrize("t_mul", [1.1, 1.25, 1.42, 1.5, 1.9, 2.0, 2.6, 3.0])
def test_a_cosine_restarts_where_its_period_ends(backend, t_mul):
    """Not a step later, which would give one step of the lowest rate more."""
    schedule = schedules.CosineDecayRestarts(0.5, 4, t_mul=t_mul, m_mul=0.5, alpha=0.2)
    np.testing.assert_allclose(ops.convert_to_numpy(schedule(4)), 0.5 * (0.8 * 0.5 + 0.2), rtol=1e-5)
    assert ops.convert_to_numpy(schedule(3)) < 0.2
