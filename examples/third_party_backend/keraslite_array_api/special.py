"""Special functions, which the standard lacks: computed in float64."""

from __future__ import annotations

import math

import array_api_strict as xp

from .error_function import NEAR, erf_near_0, erfc_far_from_0

_NODES = 120  # for 15 digits wherever the result is finite


def erfc(x):
    wide = xp.astype(x, xp.float64)
    size = xp.abs(wide)
    far = erfc_far_from_0(size)
    return xp.astype(xp.where(size < NEAR, 1 - erf_near_0(wide), xp.where(wide < 0, 2 - far, far)), x.dtype)


def i0(x):
    """The mean of `cosh(x * cos(t))` over a period, by the trapezoidal rule: Abramowitz and Stegun, 9.6.16."""
    wide = xp.astype(x, xp.float64)
    total = (1 + xp.cosh(wide)) / _NODES
    for n in range(1, _NODES // 2):
        total = total + xp.cosh(wide * math.cos(math.pi * n / _NODES)) * (2 / _NODES)
    return xp.astype(total, x.dtype)
