"""Adafactor, whose second moments are kept as rows and columns."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.optimizers.base import Optimizer
from keraslite.optimizers.types import LearningRate, OptimizerOptions
from keraslite.serialization import builtin
from keraslite.variable import Variable


@builtin("keras.optimizers")
class Adafactor(Optimizer):
    """Steps along the gradient, divided by an estimate of its root mean square from the means of rows and columns.

    At step `t` the decay of the means is `1 - t ** beta_2_decay`. The divided gradient is shortened to a root mean
    square of `clip_threshold` and multiplied by the learning rate and by the root mean square of the variable, which
    counts as at least `epsilon_2`.

    Source: Shazeer & Stern, 2018, "Adafactor: Adaptive learning rates with sublinear memory cost".

    Args:
        learning_rate: the size of the steps relative to the variables, not negative: a float (0.001 by default), a
            schedule, or a function of the step or of nothing.
        beta_2_decay: the exponent of the step in the decay of the means, at most 0; -0.8 by default.
        epsilon_1: a small number that is added to squared gradients, not negative; 1e-30 by default.
        epsilon_2: the least root mean square that a variable counts with, not negative; 0.001 by default.
        clip_threshold: the greatest root mean square of a divided gradient, greater than 0; 1 by default.
        relative_step: whether a learning rate that is a float becomes at most `1 / sqrt(t)`; True by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(np.ones((2, 3), "float32"))
        >>> optimizer = keras.optimizers.Adafactor(0.1)
        >>> optimizer.apply([np.ones((2, 3), "float32")], [variable])
        >>> round(float(variable.numpy()[0, 0]), 4)
        0.9
    """

    slots = (("rows", "columns", "velocity"),)
    argument_checks = ranges.checks(
        beta_2_decay=ranges.number(high=0),
        epsilon_1=ranges.unsigned,
        epsilon_2=ranges.unsigned,
        clip_threshold=ranges.positive,
        relative_step=ranges.flag,
    )

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **options: Unpack[OptimizerOptions],
    ):
        super().__init__(learning_rate, **options)
        self.beta_2_decay, self.epsilon_1, self.epsilon_2 = beta_2_decay, epsilon_1, epsilon_2
        self.clip_threshold, self.relative_step = clip_threshold, relative_step

    def _make_slots(self, variable: Variable, group: tuple[str, ...]) -> tuple[Variable, ...]:
        shape = tuple(variable.shape)
        factored = len(shape) > 1
        # Vectors have no rows and columns. Files have an integer in the place of each, as Keras's have.
        shapes = (shape[:-1], (*shape[:-2], shape[-1])) if factored else ((), ())
        dtype, path = variable.dtype if factored else "int32", variable.path.replace("/", "_")
        rows, columns = (
            self.add_variable(size, dtype=dtype, name=f"{path}_{slot}", like=variable)
            for size, slot in zip(shapes, group, strict=False)
        )
        return rows, columns, self.add_variable_from_reference(variable, group[2])

    def shared(self, step: Tensor) -> tuple[Tensor, ...]:
        """Return the decay of the means at a step, and the greatest learning rate.

        Args:
            step: 1, 2, ..., a float32 scalar.
        """
        return 1 - ops.power(step, self.beta_2_decay), ops.rsqrt(step)

    def update(
        self,
        value: Tensor,
        gradient: Tensor,
        slots: tuple[Tensor, ...],
        learning_rate: Tensor,
        step: Tensor,
        *shared: Tensor,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        decay, greatest = shared
        rows, columns, velocity = slots
        squares = ops.square(gradient) + self.epsilon_1
        if len(gradient.shape) > 1:
            rows = decay * rows + (1 - decay) * ops.mean(squares, axis=-1)
            columns = decay * columns + (1 - decay) * ops.mean(squares, axis=-2)
            part = rows / ops.mean(rows, axis=-1, keepdims=True)
            velocity = ops.expand_dims(part, -1) * ops.expand_dims(columns, -2)
        else:
            velocity = decay * velocity + (1 - decay) * squares
        direction = gradient * ops.rsqrt(velocity)
        direction = direction / ops.maximum(1.0, _size(direction) / self.clip_threshold)
        rate = ops.minimum(learning_rate, greatest) if self._is_relative() else learning_rate
        change = rate * ops.maximum(self.epsilon_2, _size(value)) * direction
        return value - change, (rows, columns, velocity)

    def _is_relative(self) -> bool:
        return self.relative_step and isinstance(self._learning_rate, Variable)


def _size(tensor: Tensor) -> Tensor:
    """Return the root mean square."""
    return ops.sqrt(ops.mean(ops.square(tensor)))
