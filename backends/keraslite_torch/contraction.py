"""Products that sum over shared axes, on torch."""

from __future__ import annotations

import torch


def matmul(x1, x2):
    if x1.is_cuda and not (x1.is_floating_point() or x1.is_complex()):  # no integer products there; exact to 2**53
        return torch.matmul(x1.double(), x2.double()).to(x1.dtype)
    return torch.matmul(x1, x2)


def einsum(subscripts, operands):
    first = operands[0]
    if first.is_cuda and not (first.is_floating_point() or first.is_complex()):
        return torch.einsum(subscripts, *(x.double() for x in operands)).to(first.dtype)
    return torch.einsum(subscripts, *operands)
