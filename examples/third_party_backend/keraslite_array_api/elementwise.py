"""Functions of each element. Most are the standard's own, under keraslite's names."""

from __future__ import annotations

import math

import array_api_strict as xp
from array_api_strict import abs as absolute
from array_api_strict import (
    add,
    ceil,
    conj,
    divide,
    exp,
    expm1,
    floor,
    floor_divide,
    log,
    log1p,
    maximum,
    minimum,
    multiply,
    negative,
    real,
    sign,
    sqrt,
    subtract,
    trunc,
)
from array_api_strict import pow as power
from array_api_strict import remainder as mod

from .error_function import NEAR, erf_near_0, erfc_far_from_0
from .tensors import is_complex

__all__ = [
    "absolute",
    "add",
    "ceil",
    "conj",
    "divide",
    "erf",
    "erfinv",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "imag",
    "log",
    "log1p",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "power",
    "real",
    "round",
    "sign",
    "sqrt",
    "subtract",
    "trunc",
]


def imag(x):
    return xp.imag(x) if is_complex(x) else xp.zeros_like(x)


def round(x, decimals):
    """The standard rounds to integers only."""
    if decimals == 0 or (decimals > 0 and not xp.isdtype(x.dtype, "real floating")):
        return xp.round(x)
    wide = xp.astype(x, xp.float64)
    factor = 10.0 ** abs(decimals)
    scaled = xp.round(wide * factor) / factor if decimals > 0 else xp.round(wide / factor) * factor
    # Of one dtype whatever `decimals` is: keraslite looks at the result of the first such call, and then no more.
    return xp.astype(xp.where(xp.isfinite(scaled), scaled, wide), x.dtype)


def erf(x):
    wide = xp.astype(x, xp.float64)
    size = xp.abs(wide)
    far = 1 - erfc_far_from_0(size)
    return xp.astype(xp.where(size < NEAR, erf_near_0(wide), xp.copysign(far, wide)), x.dtype)


def erfinv(x):
    """An estimate (Winitzki, 2008), then Halley's steps on `erf(y) = x`."""
    wide = xp.astype(x, xp.float64)
    tail = xp.log1p(-wide * wide)
    part = 2 / (math.pi * 0.147) + tail / 2
    y = xp.copysign(xp.sqrt(xp.sqrt(part * part - tail / 0.147) - part), wide)
    inside = xp.abs(wide) < 1
    for _ in range(3):
        step = (erf(y) - wide) * (math.sqrt(math.pi) / 2) * xp.exp(y * y)
        y = xp.where(inside, y - step / (1 + y * step), y)
    y = xp.where(xp.abs(wide) == 1, xp.copysign(xp.full_like(wide, xp.inf), wide), y)
    return xp.astype(xp.where(xp.abs(wide) > 1, xp.nan, y), x.dtype)
