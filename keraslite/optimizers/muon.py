"""Muon, whose steps for matrices are orthogonal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.optimizers.base import Optimizer
from keraslite.optimizers.types import DecayedOptions, LearningRate
from keraslite.serialization import builtin
from keraslite.variable import Variable


@builtin("keras.optimizers")
class Muon(Optimizer):
    """Steps along the momentum of each matrix, after it was made nearly orthogonal. Other variables take AdamW's steps.

    Newton-Schulz iterations bring the singular values of a step near to 1. A model's embeddings and its last layer
    should be updated by AdamW: embeddings are by default, and the layer is if its name is in `exclude_layers`.

    Source: Jordan et al., 2024, "Muon: An optimizer for hidden layers in neural networks"; Liu et al., 2025, "Muon is
    scalable for LLM training" (`rms_rate`).

    Args:
        learning_rate: the size of the steps, not negative: a float (0.001 by default), a schedule, or a function of
            the step or of nothing.
        adam_beta_1: the decay of the first moment of AdamW, in [0, 1]; 0.9 by default.
        adam_beta_2: the decay of the second moment of AdamW, in [0, 1]; 0.999 by default.
        adam_weight_decay: the weight decay of variables that AdamW updates, not negative; 0.004 by default; None for
            none.
        epsilon: a small number that keeps the divisor of AdamW above 0, not negative; 1e-7 by default.
        weight_decay: the weight decay of the other variables, not negative; 0.004 by default; None for none.
        exclude_layers: regular expressions; AdamW updates variables whose path has a match. None (default) for none.
        exclude_embeddings: whether AdamW updates variables whose path has "embedding" in it; True by default.
        muon_a: the first coefficient of the Newton-Schulz iterations; 3.4445 by default.
        muon_b: the second coefficient; -4.775 by default.
        muon_c: the third coefficient; 2.0315 by default.
        adam_lr_ratio: the steps of AdamW are this times the learning rate, not negative; 1 by default.
        momentum: the part of the momentum that is kept, in [0, 1]; 0.95 by default.
        ns_steps: the number of Newton-Schulz iterations, at least 1; 5 by default.
        nesterov: whether to look ahead along the momentum; True by default.
        rms_rate: steps of a matrix are this times the root of its greater size, greater than 0, which makes them about
            as large as AdamW's; 0.2 by default; None for no such factor.
        **options: keywords of every optimizer, such as `clipnorm`; see `Optimizer`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> variable = keras.Variable(np.zeros((2, 2), "float32"))
        >>> optimizer = keras.optimizers.Muon(1.0, ns_steps=20, muon_a=1.5, muon_b=-0.5, muon_c=0.0, rms_rate=None)
        >>> optimizer.apply([np.array([[3.0, 0.0], [0.0, 0.5]], "float32")], [variable])
        >>> (variable.numpy().round(3) + 0.0).tolist()
        [[-1.0, 0.0], [0.0, -1.0]]
    """

    slots = (("momentum", "velocity"),)
    argument_checks = ranges.checks(
        **dict.fromkeys(("adam_beta_1", "adam_beta_2", "momentum"), ranges.fraction),
        **dict.fromkeys(("muon_a", "muon_b", "muon_c"), ranges.number()),
        **dict.fromkeys(("epsilon", "adam_lr_ratio"), ranges.unsigned),
        **dict.fromkeys(("exclude_embeddings", "nesterov"), ranges.flag),
        adam_weight_decay=ranges.unsigned | ranges.off,
        exclude_layers=ranges.items(ranges.text) | None,
        ns_steps=ranges.positive_int,
        rms_rate=ranges.positive | None,
    )

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        *,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **options: Unpack[DecayedOptions],
    ):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.adam_beta_1, self.adam_beta_2, self.epsilon = adam_beta_1, adam_beta_2, epsilon
        self.adam_weight_decay, self.adam_lr_ratio = adam_weight_decay, adam_lr_ratio
        self.exclude_layers, self.exclude_embeddings = list(exclude_layers or ()), exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.momentum, self.ns_steps, self.nesterov, self.rms_rate = momentum, ns_steps, nesterov, rms_rate

    def _takes_adam(self, variable: Variable) -> bool:
        if len(variable.shape) != 2 or (self.exclude_embeddings and "embedding" in variable.path.lower()):
            return True
        return any(re.search(words, variable.path) for words in self.exclude_layers)

    def _make_slots(self, variable: Variable, group: tuple[str, ...]) -> tuple[Variable, ...]:
        return super()._make_slots(variable, group if self._takes_adam(variable) else group[:1])

    def _decay_of(self, variable: Variable) -> float | None:
        return self.adam_weight_decay if self._takes_adam(variable) else self.weight_decay

    def update(
        self, value: Tensor, gradient: Tensor, slots: tuple[Tensor, ...], learning_rate: Tensor, step: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        if len(slots) == 2:
            return self._adam(value, gradient, slots, learning_rate * self.adam_lr_ratio, step)
        momentum = self.momentum * slots[0] + gradient
        ahead = gradient + self.momentum * momentum if self.nesterov else momentum
        direction = self.lr_adjust(self.zeropower_via_newtonschulz5(ahead, self.ns_steps))
        return value - learning_rate * direction, (momentum,)

    def _adam(
        self, value: Tensor, gradient: Tensor, slots: tuple[Tensor, ...], learning_rate: Tensor, step: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        momentum, velocity = slots
        momentum = momentum + (gradient - momentum) * (1 - self.adam_beta_1)
        velocity = velocity + (ops.square(gradient) - velocity) * (1 - self.adam_beta_2)
        rate = learning_rate * ops.sqrt(1 - ops.power(self.adam_beta_2, step)) / (1 - ops.power(self.adam_beta_1, step))
        return value - rate * momentum / (ops.sqrt(velocity) + self.epsilon), (momentum, velocity)

    def lr_adjust(self, x: Tensor) -> Tensor:
        """Return a step of the size that AdamW's steps have: `x` times `rms_rate` and the root of its greater size.

        Args:
            x: a matrix, or several `(..., rows, columns)`.
        """
        if self.rms_rate is None:
            return x
        return x * (self.rms_rate * max(int(x.shape[-2]), int(x.shape[-1])) ** 0.5)

    def transpose_last_axis(self, X: Tensor) -> Tensor:
        """Return matrices with rows and columns swapped.

        Args:
            X: `(..., rows, columns)`.

        Returns:
            `(..., columns, rows)`.
        """
        return ops.swapaxes(X, -1, -2)

    def zeropower_via_newtonschulz5(self, x: Tensor, steps: int) -> Tensor:
        """Return matrices with the singular vectors of `x` and singular values near to 1.

        Args:
            x: `(..., rows, columns)`.
            steps: the number of Newton-Schulz iterations, at least 1.
        """
        tall = x.shape[-2] > x.shape[-1]
        x = self.transpose_last_axis(x) if tall else x
        x = x / (ops.sqrt(ops.sum(ops.square(x), axis=(-2, -1), keepdims=True)) + 1e-7)
        for _ in range(steps):
            products = ops.matmul(x, self.transpose_last_axis(x))
            mixed = self.muon_b * products + self.muon_c * ops.matmul(products, products)
            x = self.muon_a * x + ops.matmul(mixed, x)
        return self.transpose_last_axis(x) if tall else x
