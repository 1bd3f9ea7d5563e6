"""Kernels of this family on torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import (
    absolute,
    add,
    ceil,
    clip,
    divide,
    erf,
    erfinv,
    exp,
    exp2,
    expm1,
    floor,
    log,
    log1p,
    log2,
    log10,
    maximum,
    minimum,
    multiply,
    negative,
    real,
    reciprocal,
    rsqrt,
    sqrt,
    square,
    subtract,
)

from .guards import at_origin as _at_origin

mod = torch.remainder
hypot = _at_origin(torch.hypot)


def floor_divide(x1: Any, x2: Any) -> Any:
    return torch.div(x1, x2, rounding_mode="floor")  # has a gradient, unlike torch.floor_divide


def power(x1: Any, x2: Any) -> Any:
    """The slope in `x2` is 0 where `x1` is not above 0."""
    return torch.pow(x1, torch.where(x1 > 0, x2, x2.detach()) if x2.requires_grad else x2)


def sign(x: Any) -> Any:
    return torch.where(x == x, torch.sign(x), x)  # torch says 0 of NaN


def round(x: Any, decimals: int) -> Any:
    if x.is_floating_point():
        return torch.round(x, decimals=decimals)
    return x if decimals >= 0 else torch.round(x.double(), decimals=decimals).to(x.dtype)


def trunc(x: Any) -> Any:
    return torch.trunc(x) if x.is_floating_point() else x


def imag(x: Any) -> Any:
    return torch.imag(x) if x.is_complex() else torch.zeros_like(x)


def conj(x: Any) -> Any:
    return torch.conj(x).resolve_conj()
