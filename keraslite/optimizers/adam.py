"""Adam and its variants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keraslite import ops, ranges
from keraslite.optimizers.base import Optimizer
from keraslite.serialization import builtin
from keraslite.variable import Variable


class MomentOptimizer(Optimizer):
    """What Adam and its variants share: running moments of the gradient, of decay `beta_1` and `beta_2` in [0, 1]."""

    slots = (("momentum", "velocity"),)
    argument_checks = ranges.checks(beta_1=ranges.fraction, beta_2=ranges.fraction, epsilon=ranges.unsigned)

    def __init__(self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
                 **options: Any):  # fmt: skip
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def first_moment(self, momentum: Any, gradient: Any) -> Any:
        """The running mean of gradients after one more."""
        return momentum + (gradient - momentum) * (1 - self.beta_1)

    def second_moment(self, velocity: Any, gradient: Any) -> Any:
        """The running mean of their squares after one more."""
        return velocity + (ops.square(gradient) - velocity) * (1 - self.beta_2)


@builtin("keras.optimizers")
class Adam(MomentOptimizer):
    """Steps scaled by running moments of the gradient (Kingma & Ba, 2014).

    `epsilon` is the paper's "epsilon hat", added to the uncorrected root; PyTorch's is added to the corrected one.

    Args:
        beta_1, beta_2: decay of the first and second moment, in [0, 1].
        amsgrad: use the largest second moment so far (Reddi et al., 2018).
    """

    kernel = "adam"
    options = ("beta_1", "beta_2", "epsilon", "amsgrad")
    argument_checks = ranges.checks(amsgrad=ranges.flag)

    def __init__(self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
                 amsgrad: bool = False, **options: Any):  # fmt: skip
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)
        self.amsgrad = amsgrad
        if amsgrad:
            self.slots = (*self.slots, ("velocity_hat",))

    def update(self, value, gradient, slots, learning_rate, step):
        momentum, velocity, *largest = slots
        momentum, velocity = self.first_moment(momentum, gradient), self.second_moment(velocity, gradient)
        rate = learning_rate * ops.sqrt(1 - ops.power(self.beta_2, step)) / (1 - ops.power(self.beta_1, step))
        largest = [ops.maximum(one, velocity) for one in largest]
        scale = largest[0] if largest else velocity
        value = value - rate * momentum / (ops.sqrt(scale) + self.epsilon)
        return value, (momentum, velocity, *largest)


@builtin("keras.optimizers")
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter, 2017): as `Adam(weight_decay=0.004)`."""

    argument_checks = ranges.checks(weight_decay=ranges.unsigned.saying(advice="Use `Adam` to go without."))

    def __init__(self, learning_rate: Any = 0.001, weight_decay: float = 0.004, beta_1: float = 0.9,
                 beta_2: float = 0.999, epsilon: float = 1e-7, amsgrad: bool = False, **options: Any):  # fmt: skip
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **options)


@builtin("keras.optimizers")
class Adamax(MomentOptimizer):
    """Adam with the infinity norm in place of the second moment (Kingma & Ba, 2014, section 7)."""

    slots = (("momentum", "norm"),)

    def update(self, value, gradient, slots, learning_rate, step):
        momentum, norm = slots
        momentum = self.first_moment(momentum, gradient)
        norm = ops.maximum(self.beta_2 * norm, ops.abs(gradient))
        rate = learning_rate / (1 - ops.power(self.beta_1, step))
        return value - rate * momentum / (norm + self.epsilon), (momentum, norm)


@builtin("keras.optimizers")
class Nadam(MomentOptimizer):
    """Adam with Nesterov momentum on a schedule (Dozat, 2016)."""

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

    def shared(self, step):
        """Momentum at this step and the next, and the products of all up to each."""
        now = self.beta_1 * (1 - 0.5 * ops.power(0.96, step))
        after = self.beta_1 * (1 - 0.5 * ops.power(0.96, step + 1))
        product = self._product.value * now
        self._product.assign(product)
        return now, after, product, product * after

    def update(self, value, gradient, slots, learning_rate, step, now, after, product, product_after):
        momentum, velocity = slots
        momentum, velocity = self.first_moment(momentum, gradient), self.second_moment(velocity, gradient)
        direction = after * momentum / (1 - product_after) + (1 - now) * gradient / (1 - product)
        scale = ops.sqrt(velocity / (1 - ops.power(self.beta_2, step))) + self.epsilon
        return value - learning_rate * direction / scale, (momentum, velocity)


@builtin("keras.optimizers")
class Lamb(MomentOptimizer):
    """Adam whose step has, per variable, the length of the variable (You et al., 2019); for large batches."""

    def update(self, value, gradient, slots, learning_rate, step):
        momentum, velocity = slots
        momentum, velocity = self.first_moment(momentum, gradient), self.second_moment(velocity, gradient)
        corrected = momentum / (1 - ops.power(self.beta_1, step))
        direction = corrected / (ops.sqrt(velocity / (1 - ops.power(self.beta_2, step))) + self.epsilon)
        length, stride = (ops.sqrt(ops.sum(ops.square(x))) for x in (value, direction))
        both = ops.logical_and(ops.greater(length, 0.0), ops.greater(stride, 0.0))
        ratio = ops.where(both, ops.divide_no_nan(length, stride), ops.ones_like(length))
        return value - ratio * learning_rate * direction, (momentum, velocity)
