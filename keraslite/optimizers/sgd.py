"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from keraslite import ranges
from keraslite.optimizers.base import Optimizer
from keraslite.serialization import builtin


@builtin("keras.optimizers")
class SGD(Optimizer):
    """Steps against the gradient, with momentum if wanted.

    `velocity = momentum * velocity - learning_rate * gradient; value += velocity`; with `nesterov` (Sutskever et
    al., 2013) `value += momentum * velocity - learning_rate * gradient`. PyTorch's momentum leaves the learning
    rate out of the velocity.

    Args:
        momentum: in [0, 1].
        nesterov: look ahead along the velocity.
    """

    kernel = "sgd"
    options = ("momentum", "nesterov")
    argument_checks = ranges.checks(momentum=ranges.fraction, nesterov=ranges.flag)

    def __init__(self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **options: Any):
        super().__init__(learning_rate, **options)
        self.momentum, self.nesterov = momentum, nesterov
        self.slots = (("momentum",),) if momentum else ()

    def update(self, value, gradient, slots, learning_rate, step):
        change = -learning_rate * gradient
        if not slots:
            return value + change, ()
        velocity = self.momentum * slots[0] + change
        return value + (self.momentum * velocity + change if self.nesterov else velocity), (velocity,)
