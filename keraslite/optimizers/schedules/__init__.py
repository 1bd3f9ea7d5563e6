"""Learning rate schedules."""

from __future__ import annotations

from typing import Any

from keraslite import serialization as _serialization
from keraslite.optimizers.schedules.base import LearningRateSchedule
from keraslite.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts
from keraslite.optimizers.schedules.decay import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]


def serialize(learning_rate_schedule: LearningRateSchedule) -> Any:
    """Return the config of a schedule: plain data, from which `deserialize` makes an equal one.

    Args:
        learning_rate_schedule: a schedule.

    Example:
        >>> from keraslite.optimizers import schedules
        >>> schedules.serialize(schedules.CosineDecay(0.1, 100))["class_name"]
        'CosineDecay'
    """
    return _serialization.serialize(learning_rate_schedule)


def deserialize(config: object, custom_objects: dict[str, Any] | None = None) -> LearningRateSchedule:
    """Return the schedule that `serialize` made `config` from.

    Args:
        config: what `serialize` returned.
        custom_objects: classes by the names that `config` may hold, besides the registered ones.

    Example:
        >>> from keraslite.optimizers import schedules
        >>> schedules.deserialize(schedules.serialize(schedules.CosineDecay(0.1, 100))).decay_steps
        100
    """
    if isinstance(config, dict) and "module" not in config:
        config = {"module": "keras.optimizers.schedules", **config}
    return _serialization.deserialize(config, custom_objects)
