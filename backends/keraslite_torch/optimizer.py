"""Whole updates of optimizers: all variables in a few calls instead of a dozen each.

Each changes `values` and `slots` in place (they are storages or copies made for it) and returns them, or returns
None where only the formula will do.
"""

from __future__ import annotations

from typing import Any

import torch

Tensors = list[torch.Tensor]

# So many steps that no bias is left to correct: `adam_update` has it in its rate.
_MANY_STEPS = 1e9


def sgd_update(values: Tensors, gradients: Tensors, slots: list, learning_rate: Any, step: Any, momentum: float,
               nesterov: bool) -> Any:  # fmt: skip
    if not _plain(values, gradients):
        return None
    change = torch._foreach_mul(gradients, learning_rate)
    if not momentum:
        torch._foreach_sub_(values, change)
        return values, slots
    (velocities,) = _columns(slots)
    torch._foreach_mul_(velocities, momentum)
    torch._foreach_sub_(velocities, change)
    if nesterov:
        torch._foreach_sub_(values, change)
        torch._foreach_add_(values, velocities, alpha=momentum)
    else:
        torch._foreach_add_(values, velocities)
    return values, slots


def adam_update(values: Tensors, gradients: Tensors, slots: list, learning_rate: Any, step: Any, beta_1: float,
                beta_2: float, epsilon: float, amsgrad: bool) -> Any:  # fmt: skip
    if not _plain(values, gradients):
        return None
    momenta, velocities, *largest = _columns(slots)
    rate = learning_rate * torch.sqrt(1 - beta_2**step) / (1 - beta_1**step)
    # torch adds epsilon to the corrected root. With the correction in the rate it is added as in the formula.
    steps = [torch.full((), _MANY_STEPS, dtype=torch.float32, device=values[0].device)] * len(values)
    torch._fused_adam_(
        values, gradients, momenta, velocities, largest[0] if amsgrad else [], steps, lr=rate, beta1=beta_1,
        beta2=beta_2, weight_decay=0.0, eps=epsilon, amsgrad=amsgrad, maximize=False,
    )  # fmt: skip
    return values, slots


def rmsprop_update(values: Tensors, gradients: Tensors, slots: list, learning_rate: Any, step: Any, rho: float,
                   momentum: float, epsilon: float, centered: bool) -> Any:  # fmt: skip
    if not _plain(values, gradients):
        return None
    velocities, *rest = _columns(slots)
    torch._foreach_mul_(velocities, rho)
    torch._foreach_addcmul_(velocities, gradients, gradients, 1 - rho)
    scales = torch._foreach_add(velocities, epsilon)
    if centered:
        means = rest.pop()
        torch._foreach_mul_(means, rho)
        torch._foreach_add_(means, gradients, alpha=1 - rho)
        torch._foreach_addcmul_(scales, means, means, -1)
    torch._foreach_sqrt_(scales)
    changes = torch._foreach_mul(gradients, learning_rate)
    torch._foreach_div_(changes, scales)
    if rest:
        torch._foreach_mul_(rest[0], momentum)
        torch._foreach_add_(rest[0], changes)
        changes = rest[0]
    torch._foreach_sub_(values, changes)
    return values, slots


def _columns(slots: list) -> list[Tensors]:
    return [list(column) for column in zip(*slots, strict=True)]


def _plain(values: Tensors, gradients: Tensors) -> bool:
    """Whether all are strided tensors of one device, outside of functional transforms."""
    device = values[0].device
    return all(
        x.device == device and x.layout == torch.strided and not torch._C._functorch.is_functorch_wrapped_tensor(x)
        for x in (*values, *gradients)
    )
