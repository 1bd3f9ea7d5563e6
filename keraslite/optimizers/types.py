"""Names of the types that constructors of optimizers take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypedDict

from keraslite.backend.contract import Tensor
from keraslite.optimizers.schedules import LearningRateSchedule

#: A number, a schedule, a function of the step or of nothing, or the config of a schedule.
LearningRate: TypeAlias = float | Tensor | LearningRateSchedule | Callable[..., "float | Tensor"] | Mapping[str, object]
#: The name of an initializer, or a function of `(shape, dtype)` such as an `Initializer`.
InitializerLike: TypeAlias = str | Callable[..., object]


class OptimizerOptions(TypedDict, total=False):
    """Keywords of every optimizer."""

    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None


class DecayedOptions(TypedDict, total=False):
    """Keywords of every optimizer, for optimizers that have a parameter `weight_decay`."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None
