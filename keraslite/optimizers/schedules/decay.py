"""Learning rates that fall as a simple function of the step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraslite import ops, ranges
from keraslite.errors import ArgumentError
from keraslite.optimizers.schedules.base import LearningRateSchedule, as_float
from keraslite.serialization import builtin

RATE = ranges.number(0, tensors=True)
NUMBER = ranges.number(tensors=True)
STEPS = ranges.positive


@builtin("keras.optimizers.schedules")
class ExponentialDecay(LearningRateSchedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`; with `staircase` the exponent is rounded down."""

    argument_checks = ranges.checks(
        initial_learning_rate=RATE, decay_steps=STEPS, decay_rate=RATE, staircase=ranges.flag
    )

    def __init__(self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False,
                 name: str = "ExponentialDecay"):  # fmt: skip
        self.initial_learning_rate, self.decay_rate = initial_learning_rate, decay_rate
        self.decay_steps, self.staircase, self.name = decay_steps, staircase, name

    def __call__(self, step: Any) -> Any:
        exponent = as_float(step) / float(self.decay_steps)
        exponent = ops.floor(exponent) if self.staircase else exponent
        return self.initial_learning_rate * ops.power(self.decay_rate, exponent)


@builtin("keras.optimizers.schedules")
class InverseTimeDecay(LearningRateSchedule):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`; with `staircase` in whole `decay_steps`."""

    argument_checks = ranges.checks(
        initial_learning_rate=RATE, decay_steps=STEPS, decay_rate=RATE, staircase=ranges.flag
    )

    def __init__(self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False,
                 name: str = "InverseTimeDecay"):  # fmt: skip
        self.initial_learning_rate, self.decay_rate = initial_learning_rate, decay_rate
        self.decay_steps, self.staircase, self.name = decay_steps, staircase, name

    def __call__(self, step: Any) -> Any:
        time = as_float(step) / float(self.decay_steps)
        return self.initial_learning_rate / (1.0 + self.decay_rate * (ops.floor(time) if self.staircase else time))


@builtin("keras.optimizers.schedules")
class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[i]` up to and with step `boundaries[i]`, the last value after all of them.

    Args:
        boundaries: ascending steps.
        values: one more than boundaries.
    """

    argument_checks = ranges.checks(boundaries=ranges.items(NUMBER), values=ranges.items(RATE, low=1))

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant"):
        if len(boundaries) + 1 != len(values):
            raise ArgumentError(
                "`PiecewiseConstantDecay` needs one more of `values` than of `boundaries`. "
                f"Received {len(values)} values and {len(boundaries)} boundaries."
            )
        self.boundaries, self.values, self.name = boundaries, values, name

    def __call__(self, step: Any) -> Any:
        step = as_float(step)
        rate = ops.zeros_like(step) + float(self.values[0])
        for boundary, value in zip(self.boundaries, self.values[1:], strict=True):
            rate = ops.where(ops.greater(step, float(boundary)), float(value), rate)
        return rate


@builtin("keras.optimizers.schedules")
class PolynomialDecay(LearningRateSchedule):
    """From `initial_learning_rate` to `end_learning_rate` in `decay_steps`, as `(1 - step / decay_steps) ** power`.

    With `cycle` the time to the end doubles, triples, ... whenever the end is reached; otherwise the rate stays there.
    """

    argument_checks = ranges.checks(
        initial_learning_rate=RATE, decay_steps=STEPS, end_learning_rate=RATE, power=ranges.unsigned, cycle=ranges.flag
    )

    def __init__(self, initial_learning_rate: float, decay_steps: int, end_learning_rate: float = 0.0001,
                 power: float = 1.0, cycle: bool = False, name: str = "PolynomialDecay"):  # fmt: skip
        self.initial_learning_rate, self.end_learning_rate = initial_learning_rate, end_learning_rate
        self.decay_steps, self.power, self.cycle, self.name = decay_steps, power, cycle, name

    def __call__(self, step: Any) -> Any:
        time = as_float(step) / float(self.decay_steps)
        time = time / ops.maximum(ops.ceil(time), 1.0) if self.cycle else ops.minimum(time, 1.0)
        span = self.initial_learning_rate - self.end_learning_rate
        return span * ops.power(1.0 - time, self.power) + self.end_learning_rate
