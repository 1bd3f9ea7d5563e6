"""The error function to 15 digits in float64, near 0 and far from it. The standard has none."""

from __future__ import annotations

import math

import array_api_strict as xp

NEAR = 1.0
_TERMS = 25
_STEP = 0.5
_ZERO_FROM = 30.0


def erf_near_0(x):
    """`erf(x)` for |x| up to `NEAR`, by a sum without cancellation, from its last term to its first.

    `2 / sqrt(pi) * exp(-x**2) * sum of 2**k * x**(2k + 1) / (1 * 3 * ... * (2k + 1))`: Abramowitz and Stegun, Handbook
    of Mathematical Functions, 7.1.6.
    """
    square = x * x
    total = xp.ones_like(x)
    for k in range(_TERMS, 0, -1):
        total = 1 + total * square * (2 / (2 * k + 1))
    return 2 / math.sqrt(math.pi) * xp.exp(-square) * x * total


def erfc_far_from_0(x):
    """`1 - erf(x)` for `x` from `NEAR` on (less counts as `NEAR`), by the trapezoidal rule.

    It is `x / pi * exp(-x**2)` times the integral of `exp(-t**2) / (x**2 + t**2)` over all `t`, and what the pole adds:
    Matta and Reichel, Uniform computation of the error function and other related functions, 1971.
    """
    x = xp.clip(x, NEAR, _ZERO_FROM)
    square = x * x
    total = 1 / square
    for n in range(1, math.ceil(6 / _STEP) + 1):
        t = (n * _STEP) ** 2
        total = total + 2 * math.exp(-t) / (square + t)
    pole = xp.where(x < math.pi / _STEP, 2 / (1 - xp.exp(2 * math.pi / _STEP * x)), 0.0)
    return _STEP * x / math.pi * xp.exp(-square) * total + pole
