"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Unpack

from keraslite import ranges
from keraslite.backend.contract import Tensor
from keraslite.optimizers.base import Optimizer
from keraslite.optimizers.types import LearningRate, OptimizerOptions
from keraslite.serialization import builtin


@builtin("keras.optimizers")
class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if `momentum` is above 0.

    The update is `velocity = momentum * velocity - learning_rate * gradient` and then `value += velocity`. With
    `nesterov` it ends with `value += momentum * velocity - learning_rate * gradient` instead. PyTorch's momentum leaves
    the learning rate out of the velocity.

    Source: Sutskever et al., 2013, "On the importance of initialization and momentum in deep learning".

    Args:
        learning_rate: the size of the steps, not negative: a float (0.01 by default), a schedule, or a function of
            the step or of nothing.
        momentum: the part of the velocity that is kept, in [0, 1]; 0 by default.
        nesterov: whether to look ahead along the velocity; False by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.SGD(0.1)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> round(float(variable), 4)
        0.8
    """

    kernel = "sgd"
    options = ("momentum", "nesterov")
    argument_checks = ranges.checks(momentum=ranges.fraction, nesterov=ranges.flag)

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Unpack[OptimizerOptions],
    ):
        super().__init__(learning_rate, **options)
        self.momentum, self.nesterov = momentum, nesterov
        self.slots = (("momentum",),) if momentum else ()

    def update(
        self, value: Tensor, gradient: Tensor, slots: tuple[Tensor, ...], learning_rate: Tensor, step: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        change = -learning_rate * gradient
        if not slots:
            return value + change, ()
        velocity = self.momentum * slots[0] + change
        return value + (self.momentum * velocity + change if self.nesterov else velocity), (velocity,)
