"""Learning rates that fall along half a cosine."""

from __future__ import annotations

import math

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.optimizers.schedules.base import LearningRateSchedule, as_float
from keraslite.optimizers.schedules.decay import NUMBER, RATE, STEPS
from keraslite.serialization import builtin


@builtin("keras.optimizers.schedules")
class CosineDecay(LearningRateSchedule):
    """Learning rate that falls along half a cosine, after a linear warm-up if wanted.

    With `x = min(step / decay_steps, 1)` the rate is
    `initial_learning_rate * ((1 - alpha) * (1 + cos(pi * x)) / 2 + alpha)`. With a warm-up, the rate first grows from
    `initial_learning_rate` to `warmup_target`, and then falls from there.

    Source: Loshchilov & Hutter, 2016, "SGDR: Stochastic gradient descent with warm restarts".

    Args:
        initial_learning_rate: the learning rate at step 0, not negative.
        decay_steps: the length of the decay, without the warm-up, greater than 0.
        alpha: the last rate as a fraction of the rate that the decay starts from; 0 by default.
        name: of the schedule.
        warmup_target: the rate at the end of the warm-up, not negative; None (default) for no warm-up.
        warmup_steps: the length of the warm-up, not negative; 0 by default.

    Example:
        >>> import keraslite as keras
        >>> schedule = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=100)
        >>> round(float(schedule(0)), 4)
        0.1
        >>> round(float(schedule(50)), 4)
        0.05
        >>> round(float(schedule(100)), 4)
        0.0
    """

    argument_checks = ranges.checks(
        initial_learning_rate=RATE,
        decay_steps=STEPS,
        alpha=NUMBER,
        warmup_target=RATE | None,
        warmup_steps=ranges.unsigned,
    )

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str | None = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ):
        self.initial_learning_rate, self.alpha, self.name = initial_learning_rate, alpha, name
        self.decay_steps, self.warmup_target, self.warmup_steps = decay_steps, warmup_target, warmup_steps

    def __call__(self, step: TensorLike) -> Tensor:
        now = as_float(step)
        if self.warmup_target is None:
            return self._decayed(now, self.initial_learning_rate)
        later = self._decayed(now - float(self.warmup_steps), self.warmup_target)
        if self.warmup_steps == 0:
            return later
        slope = (self.warmup_target - self.initial_learning_rate) / self.warmup_steps
        return ops.where(ops.less(now, float(self.warmup_steps)), self.initial_learning_rate + slope * now, later)

    def _decayed(self, step: Tensor, start: float) -> Tensor:
        time = ops.clip(step / float(self.decay_steps), 0.0, 1.0)
        cosine = 0.5 * (1.0 + ops.cos(math.pi * time))
        return start * ((1.0 - self.alpha) * cosine + self.alpha)


@builtin("keras.optimizers.schedules")
class CosineDecayRestarts(LearningRateSchedule):
    """Learning rate that falls along half a cosine again and again (SGDR).

    Source: Loshchilov & Hutter, 2016, "SGDR: Stochastic gradient descent with warm restarts".

    Args:
        initial_learning_rate: the learning rate at step 0, not negative.
        first_decay_steps: the length of the first period, greater than 0.
        t_mul: each period is this many times as long as the one before, greater than 0; 2 by default.
        m_mul: each period starts at this many times the rate of the one before, not negative; 1 by default.
        alpha: the lowest rate as a fraction of the initial one; 0 by default.
        name: of the schedule.

    Example:
        >>> import keraslite as keras
        >>> schedule = keras.optimizers.schedules.CosineDecayRestarts(0.1, first_decay_steps=100)
        >>> round(float(schedule(50)), 4)
        0.05
        >>> round(float(schedule(100)), 4)
        0.1
        >>> round(float(schedule(200)), 4)
        0.05
    """

    argument_checks = ranges.checks(
        initial_learning_rate=RATE, first_decay_steps=STEPS, t_mul=ranges.positive, m_mul=ranges.unsigned, alpha=NUMBER
    )

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str | None = "SGDRDecay",
    ):
        self.initial_learning_rate, self.t_mul, self.m_mul = initial_learning_rate, t_mul, m_mul
        self.first_decay_steps, self.alpha, self.name = first_decay_steps, alpha, name

    def __call__(self, step: TensorLike) -> Tensor:
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

    def _begin(self, restarts: Tensor) -> Tensor:
        """Return where a period begins, in lengths of the first."""
        return (1.0 - ops.power(self.t_mul, restarts)) / (1.0 - self.t_mul)
