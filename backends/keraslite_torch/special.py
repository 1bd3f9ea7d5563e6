"""Kernels of this family on torch."""

from __future__ import annotations

import torch
from torch import erfc, gcd, i0, lcm, lgamma


class _Gammainc(torch.autograd.Function):
    """`torch.special.gammainc` with derivatives by both arguments, in reverse and forward mode."""

    generate_vmap_rule = True

    @staticmethod
    def forward(a, x):
        return torch.special.gammainc(a, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, cotangent):
        return tuple(cotangent * slope for slope in _slopes(*ctx.saved_tensors))

    @staticmethod
    def jvp(ctx, *tangents):
        return sum(tangent * slope for tangent, slope in zip(tangents, _slopes(*ctx.saved_tensors), strict=True))


def _slopes(a, x):
    """The derivatives. That by `a` has no closed form: it is a quotient of differences of fourth order, in float64."""
    by_x = (torch.special.xlogy(a - 1, x) - x - lgamma(a)).exp()
    wide, x = a.double(), x.double()
    step = 3e-3 * torch.minimum(wide, wide.sqrt())
    far, near = (_Gammainc.apply(wide + n * step, x) - _Gammainc.apply(wide - n * step, x) for n in (2, 1))
    return ((8 * near - far) / (12 * step)).to(a.dtype), by_x


def gammainc(x1, x2):
    return _Gammainc.apply(*torch.broadcast_tensors(x1, x2))
