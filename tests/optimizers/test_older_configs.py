"""Configs of optimizers that earlier versions of Keras wrote."""

from __future__ import annotations

import pytest

from keraslite import optimizers
from keraslite.errors import ArgumentError

SHARED = {
    "weight_decay": None, "clipnorm": None, "global_clipnorm": None, "clipvalue": None, "use_ema": False,
    "ema_momentum": 0.99, "ema_overwrite_frequency": None,
}  # fmt: skip
SGD = {"name": "SGD", "learning_rate": 0.1, "momentum": 0.5, "nesterov": True}
SCHEDULE = {"class_name": "ExponentialDecay", "config": {
    "initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": False, "name": None,
}}  # fmt: skip


@pytest.mark.parametrize("more", [
    SHARED, {**SHARED, "jit_compile": True}, {**SHARED, "jit_compile": False, "is_legacy_optimizer": False},
    {**SHARED, "loss_scale_factor": None, "gradient_accumulation_steps": None},
])  # fmt: skip
def test_keys_that_came_and_went(more):
    optimizer = optimizers.SGD.from_config({**SGD, **more})
    assert optimizer.get_config()["momentum"] == 0.5
    again = optimizers.deserialize({"class_name": "SGD", "config": {**SGD, **more}})
    assert again.get_config() == optimizer.get_config()
    with pytest.raises(ArgumentError, match="'jit_compile'"):
        optimizers.SGD(jit_compile=True)


def test_schedules_without_a_module():
    optimizer = optimizers.SGD.from_config({**SGD, "learning_rate": SCHEDULE})
    assert isinstance(optimizer.get_config()["learning_rate"], dict)
    assert optimizer._learning_rate.decay_steps == 3


@pytest.mark.parametrize("inner", [
    {"class_name": "SGD", "config": SGD}, {"class_name": "SGD", "config": {**SGD, "jit_compile": False}},
    {"module": "keras.optimizers", "class_name": "SGD", "config": SGD, "registered_name": None},
])  # fmt: skip
@pytest.mark.parametrize("more", [{}, {"name": "scale"}, SHARED, {"dynamic": True}, {"learning_rate": 0.1}])
def test_loss_scale(inner, more):
    config = {"inner_optimizer": inner, "initial_scale": 1024.0, "dynamic_growth_steps": 10, **more}
    for made in (
        optimizers.LossScaleOptimizer.from_config(config),
        optimizers.deserialize({"class_name": "LossScaleOptimizer", "config": config}),
    ):
        assert made.inner_optimizer.momentum == 0.5
        assert (made.initial_scale, made.dynamic_growth_steps) == (1024.0, 10)


@pytest.mark.parametrize("more", [{"dynamic": False}, {"clipnorm": 1.0}])
def test_what_has_no_meaning_any_more_is_refused(more):
    with pytest.raises(ArgumentError, match="LossScaleOptimizer"):
        optimizers.LossScaleOptimizer.from_config({"inner_optimizer": {"class_name": "SGD", "config": SGD}, **more})
