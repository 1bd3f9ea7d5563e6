"""Adam and its variants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.optimizers.base import Optimizer
from keraslite.optimizers.types import DecayedOptions, LearningRate, OptimizerOptions
from keraslite.serialization import builtin
from keraslite.variable import Variable


class MomentOptimizer(Optimizer):
    """Base class of Adam and its variants, which keep running moments of the gradient.

    `first_moment` and `second_moment` are the running means of the gradient and of its square.

    Args:
        learning_rate: the size of the steps, not negative: a float (0.001 by default), a schedule, or a function of
            the step or of nothing.
        beta_1: the decay of the first moment, in [0, 1]; 0.9 by default.
        beta_2: the decay of the second moment, in [0, 1]; 0.999 by default.
        epsilon: a small number that keeps the divisor above 0, not negative; 1e-7 by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.Adam(0.1)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> round(float(variable), 4)
        0.9
    """

    slots = (("momentum", "velocity"),)
    argument_checks = ranges.checks(beta_1=ranges.fraction, beta_2=ranges.fraction, epsilon=ranges.unsigned)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ):
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def first_moment(self, momentum: Tensor, gradient: Tensor) -> Tensor:
        """Return the running mean of gradients after one more."""
        return momentum + (gradient - momentum) * (1 - self.beta_1)

    def second_moment(self, velocity: Tensor, gradient: Tensor) -> Tensor:
        """Return the running mean of squared gradients after one more."""
        return velocity + (ops.square(gradient) - velocity) * (1 - self.beta_2)


@builtin("keras.optimizers")
class Adam(MomentOptimizer):
    """Adam: steps along the running mean of the gradient, divided by the root of its running mean square.

    With `m` and `v` for the running means, the update at step `t` is
    `value -= learning_rate * sqrt(1 - beta_2 ** t) / (1 - beta_1 ** t) * m / (sqrt(v) + epsilon)`. So `epsilon` is the
    paper's "epsilon hat", added to the uncorrected root; PyTorch adds its own to the corrected root.

    Source: Kingma & Ba, 2014, "Adam: A method for stochastic optimization"; Reddi et al., 2018, "On the
    convergence of Adam and beyond" (`amsgrad`).

    Args:
        learning_rate: the size of the steps, not negative: a float (0.001 by default), a schedule, or a function of
            the step or of nothing.
        beta_1: the decay of the first moment, in [0, 1]; 0.9 by default.
        beta_2: the decay of the second moment, in [0, 1]; 0.999 by default.
        epsilon: a small number that keeps the divisor above 0, not negative; 1e-7 by default.
        amsgrad: whether to divide by the largest second moment so far; False by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.Adam(0.1)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> round(float(variable), 4)
        0.9
    """

    kernel = "adam"
    options = ("beta_1", "beta_2", "epsilon", "amsgrad")
    argument_checks = ranges.checks(amsgrad=ranges.flag)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[OptimizerOptions],
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)
        self.amsgrad = amsgrad
        if amsgrad:
            self.slots = (*self.slots, ("velocity_hat",))

    def update(
        self, value: Tensor, gradient: Tensor, slots: tuple[Tensor, ...], learning_rate: Tensor, step: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        momentum, velocity, *largest = slots
        momentum, velocity = self.first_moment(momentum, gradient), self.second_moment(velocity, gradient)
        rate = learning_rate * ops.sqrt(1 - ops.power(self.beta_2, step)) / (1 - ops.power(self.beta_1, step))
        largest = [ops.maximum(one, velocity) for one in largest]
        scale = largest[0] if largest else velocity
        value = value - rate * momentum / (ops.sqrt(scale) + self.epsilon)
        return value, (momentum, velocity, *largest)


@builtin("keras.optimizers")
class AdamW(Adam):
    """Adam with decoupled weight decay: the same as `Adam` with `weight_decay=0.004`.

    Source: Loshchilov & Hutter, 2017, "Decoupled weight decay regularization".

    Args:
        learning_rate: the size of the steps, not negative: a float (0.001 by default), a schedule, or a function of
            the step or of nothing.
        weight_decay: before each update, variables shrink by this times the learning rate, not negative; 0.004 by
            default.
        beta_1: the decay of the first moment, in [0, 1]; 0.9 by default.
        beta_2: the decay of the second moment, in [0, 1]; 0.999 by default.
        epsilon: a small number that keeps the divisor above 0, not negative; 1e-7 by default.
        amsgrad: whether to divide by the largest second moment so far; False by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.5)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> round(float(variable), 4)
        0.85
    """

    argument_checks = ranges.checks(weight_decay=ranges.unsigned.saying(advice="Use `Adam` to go without."))

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[DecayedOptions],
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **options)


@builtin("keras.optimizers")
class Adamax(MomentOptimizer):
    """Adam with the infinity norm in place of the second moment.

    With `m` for the running mean of the gradient and `u = max(beta_2 * u, |gradient|)`, the update at step `t` is
    `value -= learning_rate / (1 - beta_1 ** t) * m / (u + epsilon)`.

    Source: Kingma & Ba, 2014, "Adam: A method for stochastic optimization", section 7.

    Args:
        learning_rate: the size of the steps, not negative: a float (0.001 by default), a schedule, or a function of
            the step or of nothing.
        beta_1: the decay of the first moment, in [0, 1]; 0.9 by default.
        beta_2: the decay of the norm, in [0, 1]; 0.999 by default.
        epsilon: a small number that keeps the divisor above 0, not negative; 1e-7 by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.Adamax(0.1)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> round(float(variable), 4)
        0.9
    """

    slots = (("momentum", "norm"),)

    def update(
        self, value: Tensor, gradient: Tensor, slots: tuple[Tensor, ...], learning_rate: Tensor, step: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        momentum, norm = slots
        momentum = self.first_moment(momentum, gradient)
        norm = ops.maximum(self.beta_2 * norm, ops.abs(gradient))
        rate = learning_rate / (1 - ops.power(self.beta_1, step))
        return value - rate * momentum / (norm + self.epsilon), (momentum, norm)


@builtin("keras.optimizers")
class Nadam(MomentOptimizer):
    """Adam with Nesterov momentum, whose strength grows on a schedule.

    At step `t` the momentum is `beta_1 * (1 - 0.96 ** t / 2)`.

    Source: Dozat, 2016, "Incorporating Nesterov momentum into Adam".

    Args:
        learning_rate: the size of the steps, not negative: a float (0.001 by default), a schedule, or a function of
            the step or of nothing.
        beta_1: the decay of the first moment, in [0, 1]; 0.9 by default.
        beta_2: the decay of the second moment, in [0, 1]; 0.999 by default.
        epsilon: a small number that keeps the divisor above 0, not negative; 1e-7 by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.Nadam(0.1)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> round(float(variable), 4)
        0.8937
    """

    def build(self, variables: Iterable[Variable] | None = None, *, var_list: Iterable[Variable] | None = None) -> None:
        """Make the state for the variables, with the product of momenta so far.

        Args:
            variables: the Variables that will be updated. A second call changes nothing.
            var_list: another name of `variables`.
        """
        if self.built:
            return
        variables = self._given(variables, var_list)
        super().build(variables)
        backend = self._iterations.engine.name
        self._product = self._scalar(1.0, "float32", "momentum_product", backend)

    def shared(self, step: Tensor) -> tuple[Tensor, ...]:
        """Return the momentum at this step and at the next, and the products of all momenta up to each.

        Args:
            step: 1, 2, ..., a float32 scalar.
        """
        now = self.beta_1 * (1 - 0.5 * ops.power(0.96, step))
        after = self.beta_1 * (1 - 0.5 * ops.power(0.96, step + 1))
        product = self._product.value * now
        self._product.assign(product)
        return now, after, product, product * after

    def update(
        self,
        value: Tensor,
        gradient: Tensor,
        slots: tuple[Tensor, ...],
        learning_rate: Tensor,
        step: Tensor,
        *shared: Tensor,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        now, after, product, product_after = shared
        momentum, velocity = slots
        momentum, velocity = self.first_moment(momentum, gradient), self.second_moment(velocity, gradient)
        direction = after * momentum / (1 - product_after) + (1 - now) * gradient / (1 - product)
        scale = ops.sqrt(velocity / (1 - ops.power(self.beta_2, step))) + self.epsilon
        return value - learning_rate * direction / scale, (momentum, velocity)


@builtin("keras.optimizers")
class Lamb(MomentOptimizer):
    """Adam whose step is, for each variable, as long as the variable times the learning rate.

    It is made for large batches. A variable or a step of length 0 is not rescaled.

    Source: You et al., 2019, "Large batch optimization for deep learning: Training BERT in 76 minutes".

    Args:
        learning_rate: the size of the steps, not negative: a float (0.001 by default), a schedule, or a function of
            the step or of nothing.
        beta_1: the decay of the first moment, in [0, 1]; 0.9 by default.
        beta_2: the decay of the second moment, in [0, 1]; 0.999 by default.
        epsilon: a small number that keeps the divisor above 0, not negative; 1e-7 by default.
        **options: keywords of every optimizer, such as `weight_decay` and `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(1.0)
        >>> optimizer = keras.optimizers.Lamb(0.1)
        >>> optimizer.apply([np.array(2.0, "float32")], [variable])
        >>> round(float(variable), 4)
        0.9
    """

    def update(
        self, value: Tensor, gradient: Tensor, slots: tuple[Tensor, ...], learning_rate: Tensor, step: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        momentum, velocity = slots
        momentum, velocity = self.first_moment(momentum, gradient), self.second_moment(velocity, gradient)
        corrected = momentum / (1 - ops.power(self.beta_1, step))
        direction = corrected / (ops.sqrt(velocity / (1 - ops.power(self.beta_2, step))) + self.epsilon)
        length, stride = (ops.sqrt(ops.sum(ops.square(x))) for x in (value, direction))
        both = ops.logical_and(ops.greater(length, 0.0), ops.greater(stride, 0.0))
        ratio = ops.where(both, ops.divide_no_nan(length, stride), ops.ones_like(length))
        return value - ratio * learning_rate * direction, (momentum, velocity)
