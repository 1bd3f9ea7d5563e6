"""Optimizers with a learning rate per weight, from past gradients."""

from __future__ import annotations

from typing import Any

from keraslite import initializers, ops, ranges
from keraslite.optimizers.base import Optimizer
from keraslite.serialization import builtin


@builtin("keras.optimizers")
class RMSprop(Optimizer):
    """Gradients divided by the root of their running mean square (Hinton, 2012).

    `epsilon` stands under the root; PyTorch adds it to the root.

    Args:
        rho: decay of the running mean, in [0, 1].
        momentum: of the steps.
        centered: divide by the running standard deviation instead.
    """

    kernel = "rmsprop"
    options = ("rho", "momentum", "epsilon", "centered")
    argument_checks = ranges.checks(
        rho=ranges.fraction, momentum=ranges.fraction, epsilon=ranges.unsigned, centered=ranges.flag
    )

    def __init__(self, learning_rate: Any = 0.001, rho: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-7,
                 centered: bool = False, **options: Any):  # fmt: skip
        super().__init__(learning_rate, **options)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered
        wanted = (("velocity", True), ("momentum", momentum > 0), ("average_gradient", centered))
        self.slots = tuple((name,) for name, kept in wanted if kept)

    def update(self, value, gradient, slots, learning_rate, step):
        velocity, *rest = slots
        velocity = self.rho * velocity + (1 - self.rho) * ops.square(gradient)
        scale = velocity + self.epsilon
        if self.centered:
            mean = self.rho * rest.pop() + (1 - self.rho) * gradient
            scale = scale - ops.square(mean)
        change = learning_rate * gradient * ops.rsqrt(scale)
        if rest:
            change = self.momentum * rest.pop() + change
        kept = (velocity, *([change] if self.momentum > 0 else []), *([mean] if self.centered else []))
        return value - change, kept


@builtin("keras.optimizers")
class Adagrad(Optimizer):
    """Gradients divided by the root of the sum of all their squares (Duchi et al., 2011).

    Args:
        initial_accumulator_value: what that sum starts at, not negative.
    """

    slots = (("accumulator",),)
    argument_checks = ranges.checks(initial_accumulator_value=ranges.unsigned, epsilon=ranges.unsigned)

    def __init__(self, learning_rate: Any = 0.001, initial_accumulator_value: float = 0.1, epsilon: float = 1e-7,
                 **options: Any):  # fmt: skip
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def slot_initializer(self, slot):
        return initializers.Constant(self.initial_accumulator_value)

    def update(self, value, gradient, slots, learning_rate, step):
        total = slots[0] + ops.square(gradient)
        return value - learning_rate * gradient / ops.sqrt(total + self.epsilon), (total,)


@builtin("keras.optimizers")
class Adadelta(Optimizer):
    """Steps in proportion to the running size of past steps over that of gradients (Zeiler, 2012).

    Args:
        rho: decay of both running means, in [0, 1].
    """

    slots = (("accumulated_grad", "accumulated_delta_var"),)
    argument_checks = ranges.checks(rho=ranges.fraction, epsilon=ranges.unsigned)

    def __init__(self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **options: Any):
        super().__init__(learning_rate, **options)
        self.rho, self.epsilon = rho, epsilon

    def update(self, value, gradient, slots, learning_rate, step):
        squares, steps = slots
        squares = self.rho * squares + (1 - self.rho) * ops.square(gradient)
        change = ops.sqrt((steps + self.epsilon) / (squares + self.epsilon)) * gradient
        steps = self.rho * steps + (1 - self.rho) * ops.square(change)
        return value - learning_rate * change, (squares, steps)


@builtin("keras.optimizers")
class Lion(Optimizer):
    """Steps of one size along the sign of an interpolated momentum (Chen et al., 2023).

    Needs a learning rate about a tenth of Adam's.
    """

    slots = (("momentum",),)
    argument_checks = ranges.checks(beta_1=ranges.fraction, beta_2=ranges.fraction)

    def __init__(self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.99, **options: Any):
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2 = beta_1, beta_2

    def update(self, value, gradient, slots, learning_rate, step):
        (momentum,) = slots
        value = value - learning_rate * ops.sign(momentum * self.beta_1 + gradient * (1 - self.beta_1))
        return value, (momentum * self.beta_2 + gradient * (1 - self.beta_2),)


@builtin("keras.optimizers")
class Ftrl(Optimizer):
    """Follow the regularised leader (McMahan et al., 2013), for sparse linear models.

    Args:
        learning_rate_power: how the rate falls with the accumulator; at most 0.
        initial_accumulator_value: not negative.
        l1_regularization_strength, l2_regularization_strength: not negative.
        l2_shrinkage_regularization_strength: an L2 penalty on the gradient's side.
        beta: added to the rate's denominator, as in the paper.
    """

    slots = (("accumulator", "linear"),)
    argument_checks = ranges.checks(
        learning_rate_power=ranges.number(high=0),
        initial_accumulator_value=ranges.unsigned,
        l1_regularization_strength=ranges.unsigned,
        l2_regularization_strength=ranges.unsigned,
        l2_shrinkage_regularization_strength=ranges.unsigned,
        beta=ranges.unsigned,
    )

    def __init__(self, learning_rate: Any = 0.001, learning_rate_power: float = -0.5,
                 initial_accumulator_value: float = 0.1, l1_regularization_strength: float = 0.0,
                 l2_regularization_strength: float = 0.0, l2_shrinkage_regularization_strength: float = 0.0,
                 beta: float = 0.0, **options: Any):  # fmt: skip
        super().__init__(learning_rate, **options)
        self.learning_rate_power, self.beta = learning_rate_power, beta
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength

    def slot_initializer(self, slot):
        return initializers.Constant(self.initial_accumulator_value) if slot == "accumulator" else "zeros"

    def update(self, value, gradient, slots, learning_rate, step):
        accumulator, linear = slots
        power = -self.learning_rate_power
        total = accumulator + ops.square(gradient)
        scale, before = ops.power(total, power), ops.power(accumulator, power)
        shrunk = gradient + 2 * self.l2_shrinkage_regularization_strength * value
        linear = linear + shrunk - (scale - before) / learning_rate * value
        ridge = self.l2_regularization_strength + self.beta / (2 * learning_rate)
        lasso = self.l1_regularization_strength
        value = (ops.clip(linear, -lasso, lasso) - linear) / (scale / learning_rate + 2 * ridge)
        return value, (total, linear)
