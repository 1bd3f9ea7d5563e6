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
    floor_divide,
    hypot,
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
    sign,
    sqrt,
    square,
    subtract,
)

mod = torch.remainder
power = torch.pow


def round(x: Any, decimals: int) -> Any:
    if x.is_floating_point():
        return torch.round(x, decimals=decimals)
    return x if decimals >= 0 else torch.round(x.double(), decimals=decimals)


def trunc(x: Any) -> Any:
    return torch.trunc(x) if x.is_floating_point() else x


def imag(x: Any) -> Any:
    return torch.imag(x) if x.is_complex() else torch.zeros_like(x)


def conj(x: Any) -> Any:
    return torch.conj(x).resolve_conj()
