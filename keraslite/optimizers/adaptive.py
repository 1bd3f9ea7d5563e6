"""Optimizers with a learning rate per weight, from past gradients."""

from __future__ import annotations

from typing import Unpack

from keraslite import initializers, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.optimizers.base import Optimizer
from keraslite.optimizers.types import LearningRate, OptimizerOptions
from keraslite.serialization import builtin


@builtin("keras.optimizers")
class RMSprop(Optimizer):
    """Steps along the gradient, divided by the root of its running mean square.

    With `v` for the running mean of squares, the update is `value -= learning_rate * gradient / sqrt(v + epsilon)`.
    PyTorch adds `epsilon` to the root instead.

    Source: Hinton, 2012, "Neural networks for machine learning", lecture 6.

    Args:
        learning_rate: the size of the steps, not negative: a float (0.001 by default), a schedule, or a function of
            the step or of nothing.
        rho: the decay of the running mean, in [0, 1]; 0.9 by default.
        momentum: the part of the last step that is added to the next, in [0, 1]; 0 by default.
        epsilon: a small number that keeps the divisor above 0, not negative; 1e-7 by default.
        centered: whether to divide by the running standard deviation instead; False by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.RMSprop(0.1, rho=0.75)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> round(float(variable), 4)
        0.8
    """

    kernel = "rmsprop"
    options = ("rho", "momentum", "epsilon", "centered")
    argument_checks = ranges.checks(
        rho=ranges.fraction, momentum=ranges.fraction, epsilon=ranges.unsigned, centered=ranges.flag
    )

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Unpack[OptimizerOptions],
    ):
        super().__init__(learning_rate, **options)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered
        wanted = (("velocity", True), ("momentum", momentum > 0), ("average_gradient", centered))
        self.slots = tuple((name,) for name, kept in wanted if kept)

    def update(
        self, value: Tensor, gradient: Tensor, slots: tuple[Tensor, ...], learning_rate: Tensor, step: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
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
    """Steps along the gradient, divided by the root of the sum of all its squares so far.

    Source: Duchi et al., 2011, "Adaptive subgradient methods for online learning and stochastic optimization".

    Args:
        learning_rate: the size of the steps, not negative: a float (0.001 by default), a schedule, or a function of
            the step or of nothing.
        initial_accumulator_value: where the sum of squares starts, not negative; 0.1 by default.
        epsilon: a small number under the root that keeps the divisor above 0, not negative; 1e-7 by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.Adagrad(0.1)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> round(float(variable), 4)
        0.9012
    """

    slots = (("accumulator",),)
    argument_checks = ranges.checks(initial_accumulator_value=ranges.unsigned, epsilon=ranges.unsigned)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ):
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def slot_initializer(self, slot: str) -> str | initializers.Initializer:
        return initializers.Constant(self.initial_accumulator_value)

    def update(
        self, value: Tensor, gradient: Tensor, slots: tuple[Tensor, ...], learning_rate: Tensor, step: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        total = slots[0] + ops.square(gradient)
        return value - learning_rate * gradient / ops.sqrt(total + self.epsilon), (total,)


@builtin("keras.optimizers")
class Adadelta(Optimizer):
    """Steps along the gradient, scaled by the running size of past steps over that of past gradients.

    Source: Zeiler, 2012, "ADADELTA: An adaptive learning rate method".

    Args:
        learning_rate: a factor of the steps, not negative: a float (0.001 by default), a schedule, or a function of
            the step or of nothing.
        rho: the decay of both running means of squares, in [0, 1]; 0.95 by default.
        epsilon: a small number that is added to both running means, not negative; 1e-7 by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.Adadelta(100.0)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> round(float(variable), 4)
        0.8586
    """

    slots = (("accumulated_grad", "accumulated_delta_var"),)
    argument_checks = ranges.checks(rho=ranges.fraction, epsilon=ranges.unsigned)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ):
        super().__init__(learning_rate, **options)
        self.rho, self.epsilon = rho, epsilon

    def update(
        self, value: Tensor, gradient: Tensor, slots: tuple[Tensor, ...], learning_rate: Tensor, step: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        squares, steps = slots
        squares = self.rho * squares + (1 - self.rho) * ops.square(gradient)
        change = ops.sqrt((steps + self.epsilon) / (squares + self.epsilon)) * gradient
        steps = self.rho * steps + (1 - self.rho) * ops.square(change)
        return value - learning_rate * change, (squares, steps)


@builtin("keras.optimizers")
class Lion(Optimizer):
    """Steps of the same size for each element, along the sign of an interpolation of momentum and gradient.

    It needs a learning rate of about a tenth of Adam's.

    Source: Chen et al., 2023, "Symbolic discovery of optimization algorithms".

    Args:
        learning_rate: the size of the steps, not negative: a float (0.001 by default), a schedule, or a function of
            the step or of nothing.
        beta_1: the weight of the momentum in the interpolation, in [0, 1]; 0.9 by default.
        beta_2: the decay of the momentum, in [0, 1]; 0.99 by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.Lion(0.1)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> round(float(variable), 4)
        0.9
    """

    slots = (("momentum",),)
    argument_checks = ranges.checks(beta_1=ranges.fraction, beta_2=ranges.fraction)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **options: Unpack[OptimizerOptions],
    ):
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2 = beta_1, beta_2

    def update(
        self, value: Tensor, gradient: Tensor, slots: tuple[Tensor, ...], learning_rate: Tensor, step: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        (momentum,) = slots
        value = value - learning_rate * ops.sign(momentum * self.beta_1 + gradient * (1 - self.beta_1))
        return value, (momentum * self.beta_2 + gradient * (1 - self.beta_2),)


@builtin("keras.optimizers")
class Ftrl(Optimizer):
    """Follow the regularized leader: an optimizer for sparse linear models.

    Source: McMahan et al., 2013, "Ad click prediction: A view from the trenches".

    Args:
        learning_rate: the size of the steps, not negative: a float (0.001 by default), a schedule, or a function of
            the step or of nothing.
        learning_rate_power: the power of the accumulator by which steps shrink, at most 0; -0.5 by default.
        initial_accumulator_value: where the sum of squared gradients starts, not negative; 0.1 by default.
        l1_regularization_strength: the strength of the L1 penalty, not negative; 0 by default.
        l2_regularization_strength: the strength of the L2 penalty, not negative; 0 by default.
        l2_shrinkage_regularization_strength: the strength of an L2 penalty that is added to the gradient, not negative;
            0 by default.
        beta: the paper's `beta`, which lowers the learning rate of all elements, not negative; 0 by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.Ftrl(0.1)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> round(float(variable), 4)
        0.7451
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

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **options: Unpack[OptimizerOptions],
    ):
        super().__init__(learning_rate, **options)
        self.learning_rate_power, self.beta = learning_rate_power, beta
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength

    def slot_initializer(self, slot: str) -> str | initializers.Initializer:
        return initializers.Constant(self.initial_accumulator_value) if slot == "accumulator" else "zeros"

    def update(
        self, value: Tensor, gradient: Tensor, slots: tuple[Tensor, ...], learning_rate: Tensor, step: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
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
