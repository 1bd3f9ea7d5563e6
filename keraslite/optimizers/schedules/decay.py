"""Learning rates that fall as a simple function of the step."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.optimizers.schedules.base import LearningRateSchedule, as_float
from keraslite.serialization import builtin

RATE = ranges.number(0, tensors=True)
NUMBER = ranges.number(tensors=True)
STEPS = ranges.positive


@builtin("keras.optimizers.schedules")
class ExponentialDecay(LearningRateSchedule):
    """Learning rate that falls exponentially: `initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: the learning rate at step 0, not negative.
        decay_steps: the number of steps that the formula divides by, greater than 0.
        decay_rate: the factor per `decay_steps`, not negative.
        staircase: whether `step / decay_steps` is rounded down, so that the rate changes in jumps; False by default.
        name: of the schedule.

    Example:
        >>> import keraslite as keras
        >>> schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=100, decay_rate=0.5)
        >>> round(float(schedule(0)), 4)
        0.1
        >>> round(float(schedule(100)), 4)
        0.05
        >>> round(float(schedule(200)), 4)
        0.025
    """

    argument_checks = ranges.checks(
        initial_learning_rate=RATE, decay_steps=STEPS, decay_rate=RATE, staircase=ranges.flag
    )

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = "ExponentialDecay",
    ):
        self.initial_learning_rate, self.decay_rate = initial_learning_rate, decay_rate
        self.decay_steps, self.staircase, self.name = decay_steps, staircase, name

    def __call__(self, step: TensorLike) -> Tensor:
        exponent = as_float(step) / float(self.decay_steps)
        exponent = ops.floor(exponent) if self.staircase else exponent
        return self.initial_learning_rate * ops.power(self.decay_rate, exponent)


@builtin("keras.optimizers.schedules")
class InverseTimeDecay(LearningRateSchedule):
    """Learning rate that falls hyperbolically: `initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: the learning rate at step 0, not negative.
        decay_steps: the number of steps that the formula divides by, greater than 0.
        decay_rate: how fast the rate falls, not negative.
        staircase: whether `step / decay_steps` is rounded down, so that the rate changes in jumps; False by default.
        name: of the schedule.

    Example:
        >>> import keraslite as keras
        >>> schedule = keras.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=100, decay_rate=1.0)
        >>> round(float(schedule(0)), 4)
        0.1
        >>> round(float(schedule(100)), 4)
        0.05
        >>> round(float(schedule(300)), 4)
        0.025
    """

    argument_checks = ranges.checks(
        initial_learning_rate=RATE, decay_steps=STEPS, decay_rate=RATE, staircase=ranges.flag
    )

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = "InverseTimeDecay",
    ):
        self.initial_learning_rate, self.decay_rate = initial_learning_rate, decay_rate
        self.decay_steps, self.staircase, self.name = decay_steps, staircase, name

    def __call__(self, step: TensorLike) -> Tensor:
        time = as_float(step) / float(self.decay_steps)
        return self.initial_learning_rate / (1.0 + self.decay_rate * (ops.floor(time) if self.staircase else time))


@builtin("keras.optimizers.schedules")
class PiecewiseConstantDecay(LearningRateSchedule):
    """Learning rate that is constant between given steps.

    The rate is `values[0]` up to and including step `boundaries[0]`, then `values[1]` up to and including step
    `boundaries[1]`, and so on; after the last boundary it is the last value.

    Args:
        boundaries: ascending steps.
        values: learning rates, not negative; one more than boundaries.
        name: of the schedule.

    Raises:
        ArgumentError: if the number of values does not fit.

    Example:
        >>> import keraslite as keras
        >>> schedule = keras.optimizers.schedules.PiecewiseConstantDecay([100, 200], [0.1, 0.05, 0.01])
        >>> round(float(schedule(100)), 4)
        0.1
        >>> round(float(schedule(101)), 4)
        0.05
        >>> round(float(schedule(201)), 4)
        0.01
    """

    argument_checks = ranges.checks(boundaries=ranges.items(NUMBER), values=ranges.items(RATE, low=1))

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str | None = "PiecewiseConstant"):
        if len(boundaries) + 1 != len(values):
            raise ArgumentError(
                "`PiecewiseConstantDecay` needs one more of `values` than of `boundaries`. "
                f"Received {len(values)} values and {len(boundaries)} boundaries."
            )
        self.boundaries, self.values, self.name = boundaries, values, name

    def __call__(self, step: TensorLike) -> Tensor:
        now = as_float(step)
        rate: Tensor = ops.zeros_like(now) + float(self.values[0])
        for boundary, value in zip(self.boundaries, self.values[1:], strict=True):
            rate = ops.where(ops.greater(now, float(boundary)), float(value), rate)
        return rate


@builtin("keras.optimizers.schedules")
class PolynomialDecay(LearningRateSchedule):
    """Learning rate that falls to `end_learning_rate` along a power of the remaining time.

    With `x = min(step / decay_steps, 1)` the rate is
    `(initial_learning_rate - end_learning_rate) * (1 - x) ** power + end_learning_rate`.

    Args:
        initial_learning_rate: the learning rate at step 0, not negative.
        decay_steps: the length of the decay, greater than 0.
        end_learning_rate: the rate at its end, not negative; 0.0001 by default.
        power: of the remaining time, not negative; 1 (default) for a straight line.
        cycle: whether the decay becomes twice, then three times as long, and so on, whenever its end is reached, and so
            the rate jumps up and falls again. False by default: the rate stays at the end.
        name: of the schedule.

    Example:
        >>> import keraslite as keras
        >>> schedule = keras.optimizers.schedules.PolynomialDecay(0.1, decay_steps=100, end_learning_rate=0.0)
        >>> round(float(schedule(0)), 4)
        0.1
        >>> round(float(schedule(75)), 4)
        0.025
        >>> round(float(schedule(200)), 4)
        0.0
    """

    argument_checks = ranges.checks(
        initial_learning_rate=RATE, decay_steps=STEPS, end_learning_rate=RATE, power=ranges.unsigned, cycle=ranges.flag
    )

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = "PolynomialDecay",
    ):
        self.initial_learning_rate, self.end_learning_rate = initial_learning_rate, end_learning_rate
        self.decay_steps, self.power, self.cycle, self.name = decay_steps, power, cycle, name

    def __call__(self, step: TensorLike) -> Tensor:
        time = as_float(step) / float(self.decay_steps)
        time = time / ops.maximum(ops.ceil(time), 1.0) if self.cycle else ops.minimum(time, 1.0)
        span = self.initial_learning_rate - self.end_learning_rate
        return span * ops.power(1.0 - time, self.power) + self.end_learning_rate
