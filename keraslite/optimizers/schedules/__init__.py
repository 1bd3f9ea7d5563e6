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
    """The config of a schedule."""
    return _serialization.serialize(learning_rate_schedule)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The schedule of a config."""
    if isinstance(config, dict) and "module" not in config:
        config = {"module": "keras.optimizers.schedules", **config}
    return _serialization.deserialize(config, custom_objects)
