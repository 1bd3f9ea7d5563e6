"""Products that sum over shared axes, on torch."""

from __future__ import annotations

import functools

import torch


def matmul(x1, x2):
    if x1.is_cuda and not (x1.is_floating_point() or x1.is_complex()):  # no integer products there; exact to 2**53
        return torch.matmul(x1.double(), x2.double()).to(x1.dtype)
    return torch.matmul(x1, x2)


def einsum(subscripts, operands):
    first = operands[0]
    if first.is_cuda and not (first.is_floating_point() or first.is_complex()):
        return torch.einsum(subscripts, *(x.double() for x in operands)).to(first.dtype)
    count = _contracted(subscripts, operands) if len(operands) == 2 else 0
    if count:  # torch.einsum gets there by a dozen views
        return torch.tensordot(first, operands[1], count)
    return torch.einsum(subscripts, *operands)


@functools.lru_cache(maxsize=1024)
def _last_with_first(subscripts):
    """How many of the first operand's last axes go with the second's first ones, if that is all there is; else 0."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    a, b = inputs.split(",")
    if not arrow or "." in subscripts or len(set(a)) < len(a) or len(set(b)) < len(b):
        return 0
    for count in range(1, min(len(a), len(b)) + 1):
        if a[len(a) - count :] == b[:count]:
            kept = a[: len(a) - count] + b[count:]
            return count if kept == output and len(set(kept)) == len(kept) else 0
    return 0


def _contracted(subscripts, operands):
    count, (a, b) = _last_with_first(subscripts), operands
    fits = count and a.ndim >= count and a.shape[a.ndim - count :] == b.shape[:count]  # size 1 would broadcast
    return count if fits else 0
