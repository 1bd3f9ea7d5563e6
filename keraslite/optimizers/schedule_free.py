"""AdamW that averages its path instead of following a schedule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

import numpy as np

from keraslite import ops, ranges
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.optimizers.base import Optimizer
from keraslite.optimizers.precision import put, value_of
from keraslite.optimizers.types import LearningRate, OptimizerOptions
from keraslite.serialization import builtin
from keraslite.variable import Variable


@builtin("keras.optimizers")
class ScheduleFreeAdamW(Optimizer):
    """AdamW without a schedule: it takes gradients between its path `z` and the running mean `x` of that path.

    While training runs, variables hold `y = (1 - beta_1) * z + beta_1 * x`. At the end of `fit` they become `x`. The
    callback `SwapEMAWeights` has validations use `x` too. Keras's takes gradients at `x`, whatever `beta_1` is, and
    weighs all steps alike; here steps of the warmup count with the square of their learning rate, as in the paper.

    Source: Defazio et al., 2024, "The road less scheduled".

    Args:
        learning_rate: the size of the steps, not negative: a float (0.0025 by default), a schedule, or a function of
            the step or of nothing.
        beta_1: the part of the mean in where gradients are taken, greater than 0 and at most 1; 0.9 by default.
        beta_2: the decay of the second moment, in [0, 1]; 0.999 by default.
        epsilon: a small number that keeps the divisor above 0, not negative; 1e-8 by default.
        warmup_steps: the learning rate grows to its full size over so many steps, not negative; 0 by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.ScheduleFreeAdamW(0.1)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> optimizer.finalize_variable_values([variable])
        >>> round(float(variable), 4)
        0.9
    """

    slots = (("momentum", "velocity"),)
    argument_checks = ranges.checks(
        beta_1=ranges.number(above=0, high=1),
        beta_2=ranges.fraction,
        epsilon=ranges.unsigned,
        warmup_steps=ranges.unsigned_int,
    )

    def __init__(
        self,
        learning_rate: LearningRate = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **options: Unpack[OptimizerOptions],
    ):
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2, self.epsilon, self.warmup_steps = beta_1, beta_2, epsilon, warmup_steps

    def build(self, variables: Iterable[Variable] | None = None, *, var_list: Iterable[Variable] | None = None) -> None:
        """Make the state for the variables: their path, second moments, and whether they hold the mean now.

        Args:
            variables: the Variables that will be updated. A second call changes nothing.
            var_list: another name of `variables`.
        """
        if self.built:
            return
        variables = self._given(variables, var_list)
        super().build(variables)
        self._averaged = self._scalar(1, "int32", "averaged", self._iterations.engine.name)

    def shared(self, step: Tensor) -> tuple[Tensor, ...]:
        """Return the part of the warmup that is done, the weight of this step in the mean, and what variables hold.

        Args:
            step: 1, 2, ..., a float32 scalar.
        """
        averaged = self._averaged.value
        self._averaged.assign(ops.zeros_like(averaged))
        warmup, done = self.warmup_steps, self._warmed_up(step)
        if not warmup:
            return done, 1 / step, averaged
        within = ops.minimum(step, warmup)
        weights = within * (within + 1) * (2 * within + 1) / (6.0 * warmup * warmup) + (step - within)
        return done, ops.square(done) / weights, averaged

    def _warmed_up(self, step: Tensor) -> Tensor:
        return ops.minimum(step / self.warmup_steps, 1.0) if self.warmup_steps else ops.ones_like(step)

    def _decayed(self, value: Tensor, variable: Variable, rate: Tensor) -> Tensor:
        """Weight decay is a part of the step of the path, taken where the gradient is. The mean stays as it is."""
        if not self.weight_decay or not self._use_weight_decay(variable):
            return value
        path, _ = self._slot_variables[self._index[id(variable)]]
        done = self._warmed_up(ops.cast(ops.add(self.iterations, 1), "float32"))
        change = ops.cast(self.weight_decay * rate * done, dtypes.canonical(value.dtype)) * value
        put(path, value_of(path) - change)
        return ops.where(ops.equal(self._averaged, 1), value, value - (1 - self.beta_1) * change)

    def update(
        self,
        value: Tensor,
        gradient: Tensor,
        slots: tuple[Tensor, ...],
        learning_rate: Tensor,
        step: Tensor,
        *shared: Tensor,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        done, part, averaged = shared
        path, velocity = slots
        path = path + ops.where(ops.equal(step, 1), value, 0.0)  # it begins where the variable is
        mean = ops.where(ops.equal(averaged, 1), value, self._mean(value, path))
        velocity = velocity + (ops.square(gradient) - velocity) * (1 - self.beta_2)
        corrected = velocity / (1 - ops.power(self.beta_2, step))
        path = path - learning_rate * done * gradient / (ops.sqrt(corrected) + self.epsilon)
        mean = mean + (path - mean) * part
        return self._between(mean, path), (path, velocity)

    def _mean(self, value: Tensor, path: Tensor) -> Tensor:
        return (value - (1 - self.beta_1) * path) / self.beta_1

    def _between(self, mean: Tensor, path: Tensor) -> Tensor:
        return (1 - self.beta_1) * path + self.beta_1 * mean

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Set variables to the mean of their path, at the end of training; `use_ema` changes nothing here.

        Args:
            var_list: the variables.
        """
        self.show_averages(True)

    @property
    def keeps_averages(self) -> bool:
        return True

    def show_averages(self, on: bool) -> None:
        """Set the variables to the mean of their path, or back to where gradients are taken.

        Args:
            on: whether the variables hold the mean from now on.
        """
        if not self.built or on == (int(self._averaged) == 1) or not np.any(ops.convert_to_numpy(self.iterations)):
            return
        change = self._mean if on else self._between
        for variable, (path, _) in zip(self._trainable_variables, self._slot_variables, strict=True):
            variable.assign(change(variable.value, path.value))
        self._averaged.assign(int(on))
