"""Learning rates that fall along half a cosine."""

from __future__ import annotations

import math
from typing import Any

from keraslite import ops, ranges
from keraslite.optimizers.schedules.base import LearningRateSchedule, as_float
from keraslite.optimizers.schedules.decay import NUMBER, RATE, STEPS
from keraslite.serialization import builtin


@builtin("keras.optimizers.schedules")
class CosineDecay(LearningRateSchedule):
    """Half a cosine from the initial rate to `alpha` times it (Loshchilov & Hutter, 2016), after a linear warm-up.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: length of the decay, after the warm-up.
        alpha: the last rate as a fraction of the first of the decay.
        warmup_target: rate at the end of the warm-up, from which the decay starts; None for no warm-up.
        warmup_steps: length of the warm-up.
    """

    argument_checks = ranges.checks(
        initial_learning_rate=RATE,
        decay_steps=STEPS,
        alpha=NUMBER,
        warmup_target=RATE | None,
        warmup_steps=ranges.unsigned,
    )

    def __init__(self, initial_learning_rate: float, decay_steps: int, alpha: float = 0.0, name: str = "CosineDecay",
                 warmup_target: float | None = None, warmup_steps: int = 0):  # fmt: skip
        self.initial_learning_rate, self.alpha, self.name = initial_learning_rate, alpha, name
        self.decay_steps, self.warmup_target, self.warmup_steps = decay_steps, warmup_target, warmup_steps

    def __call__(self, step: Any) -> Any:
        step = as_float(step)
        if self.warmup_target is None:
            return self._decayed(step, self.initial_learning_rate)
        later = self._decayed(step - float(self.warmup_steps), self.warmup_target)
        if self.warmup_steps == 0:
            return later
        slope = (self.warmup_target - self.initial_learning_rate) / self.warmup_steps
        return ops.where(ops.less(step, float(self.warmup_steps)), self.initial_learning_rate + slope * step, later)

    def _decayed(self, step: Any, start: float) -> Any:
        time = ops.clip(step / float(self.decay_steps), 0.0, 1.0)
        cosine = 0.5 * (1.0 + ops.cos(math.pi * time))
        return start * ((1.0 - self.alpha) * cosine + self.alpha)


@builtin("keras.optimizers.schedules")
class CosineDecayRestarts(LearningRateSchedule):
    """Half a cosine again and again (SGDR; Loshchilov & Hutter, 2016).

    Args:
        first_decay_steps: length of the first cosine.
        t_mul: each is that many times as long as the one before.
        m_mul: each starts at that many times the rate of the one before.
        alpha: the lowest rate as a fraction of the initial one.
    """

    argument_checks = ranges.checks(
        initial_learning_rate=RATE, first_decay_steps=STEPS, t_mul=ranges.positive, m_mul=ranges.unsigned, alpha=NUMBER
    )

    def __init__(self, initial_learning_rate: float, first_decay_steps: int, t_mul: float = 2.0, m_mul: float = 1.0,
                 alpha: float = 0.0, name: str = "SGDRDecay"):  # fmt: skip
        self.initial_learning_rate, self.t_mul, self.m_mul = initial_learning_rate, t_mul, m_mul
        self.first_decay_steps, self.alpha, self.name = first_decay_steps, alpha, name

    def __call__(self, step: Any) -> Any:
        time = as_float(step) / float(self.first_decay_steps)
        if self.t_mul == 1.0:
            restarts = ops.floor(time)
            time = time - restarts
        else:
            restarts = ops.floor(ops.log(1.0 - time * (1.0 - self.t_mul)) / math.log(self.t_mul))
            # The logarithm is off by a rounding where a period ends, which would put its first step at its very end.
            restarts = restarts + ops.cast(time >= self._begin(restarts + 1.0), time.dtype)
            time = (time - self._begin(restarts)) / ops.power(self.t_mul, restarts)
        height = 0.5 * ops.power(self.m_mul, restarts) * (1.0 + ops.cos(math.pi * time))
        return self.initial_learning_rate * ((1.0 - self.alpha) * height + self.alpha)

    def _begin(self, restarts: Any) -> Any:
        """Where a period begins, in lengths of the first."""
        return (1.0 - ops.power(self.t_mul, restarts)) / (1.0 - self.t_mul)
