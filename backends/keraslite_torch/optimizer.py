"""Whole updates of optimizers: all variables in a few calls instead of a dozen each.

Each changes `values` and `slots` in place (they are storages or copies made for it) and returns them, or returns
None where only the formula will do, as where this release's operators do not give what the formula gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from . import private
from .tracing import tried

Tensors = list[torch.Tensor]

# So many steps that no bias is left to correct: `adam_update` has it in its rate.
_MANY_STEPS = 1e9


def _gives(expected: float, slots: list[float], *options: Any) -> Callable[[Callable[..., Any]], bool]:
    """Whether an update makes `expected` of 1, whose gradient is 0.5, at rate 0.1 in step 3."""

    def passes(update: Callable[..., Any]) -> bool:
        one, gradient, rate, step, *kept = (torch.full((2,), x) for x in (1.0, 0.5, 0.1, 3.0, *slots))
        update([one], [gradient], [kept], rate[0], step[0], *options)
        return torch.allclose(one, torch.full((2,), expected), rtol=1e-5)

    return passes


@tried(_gives(1.13, [0.2], 0.9, False))
def sgd_update(
    values: Tensors, gradients: Tensors, slots: list, learning_rate: Any, step: Any, momentum: float, nesterov: bool
) -> Any:
    if not _plain(values, gradients):
        return None
    change = private.foreach_mul(gradients, learning_rate)
    if not momentum:
        private.foreach_sub_(values, change)
        return values, slots
    (velocities,) = _columns(slots)
    private.foreach_mul_(velocities, momentum)
    private.foreach_sub_(velocities, change)
    if nesterov:
        private.foreach_sub_(values, change)
        private.foreach_add_(values, velocities, alpha=momentum)
    else:
        private.foreach_add_(values, velocities)
    return values, slots


_ADAM = 1 - 0.1 * math.sqrt(1 - 0.99**3) / (1 - 0.9**3) * 0.14 / (math.sqrt(0.0421) + 1e-3)


@tried(_gives(_ADAM, [0.1, 0.04], 0.9, 0.99, 1e-3, False))
def adam_update(
    values: Tensors,
    gradients: Tensors,
    slots: list,
    learning_rate: Any,
    step: Any,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    amsgrad: bool,
) -> Any:
    if not _plain(values, gradients):
        return None
    momenta, velocities, *largest = _columns(slots)
    rate = learning_rate * torch.sqrt(1 - beta_2**step) / (1 - beta_1**step)
    # torch adds epsilon to the corrected root. With the correction in the rate it is added as in the formula.
    steps = [torch.full((), _MANY_STEPS, dtype=torch.float32, device=values[0].device)] * len(values)
    private.fused_adam(
        values,
        gradients,
        momenta,
        velocities,
        largest[0] if amsgrad else [],
        steps,
        lr=rate,
        beta1=beta_1,
        beta2=beta_2,
        weight_decay=0.0,
        eps=epsilon,
        amsgrad=amsgrad,
        maximize=False,
    )
    return values, slots


@tried(_gives(1 - 0.05 / math.sqrt(0.062), [0.04], 0.9, 0.0, 1e-3, False))
def rmsprop_update(
    values: Tensors,
    gradients: Tensors,
    slots: list,
    learning_rate: Any,
    step: Any,
    rho: float,
    momentum: float,
    epsilon: float,
    centered: bool,
) -> Any:
    if not _plain(values, gradients):
        return None
    velocities, *rest = _columns(slots)
    private.foreach_mul_(velocities, rho)
    private.foreach_addcmul_(velocities, gradients, gradients, 1 - rho)
    scales = private.foreach_add(velocities, epsilon)
    if centered:
        means = rest.pop()
        private.foreach_mul_(means, rho)
        private.foreach_add_(means, gradients, alpha=1 - rho)
        private.foreach_addcmul_(scales, means, means, -1)
    private.foreach_sqrt_(scales)
    changes = private.foreach_mul(gradients, learning_rate)
    private.foreach_div_(changes, scales)
    if rest:
        private.foreach_mul_(rest[0], momentum)
        private.foreach_add_(rest[0], changes)
        changes = rest[0]
    private.foreach_sub_(values, changes)
    return values, slots


def _columns(slots: list) -> list[Tensors]:
    return [list(column) for column in zip(*slots, strict=True)]


def _plain(values: Tensors, gradients: Tensors) -> bool:
    """Whether all are strided tensors of one device, outside of functional transforms."""
    device = values[0].device
    return all(
        x.device == device and x.layout == torch.strided and not private.is_wrapped(x) for x in (*values, *gradients)
    )
