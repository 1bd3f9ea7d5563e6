"""Kernels of this family on numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .quiet import quiet as _quiet

add = _quiet(np.add)
subtract = _quiet(np.subtract)
multiply = _quiet(np.multiply)
divide = _quiet(np.divide)
floor_divide = _quiet(np.floor_divide)
fmax = _quiet(np.fmax)
fmin = _quiet(np.fmin)
fmod = _quiet(np.fmod)
heaviside = _quiet(np.heaviside)
mod = _quiet(np.mod)
power = _quiet(np.power)
maximum = _quiet(np.maximum)
minimum = _quiet(np.minimum)
negative = _quiet(np.negative)
absolute = _quiet(np.abs)
sign = _quiet(np.sign)
square = _quiet(np.square)
sqrt = _quiet(np.sqrt)
cbrt = _quiet(np.cbrt)
exp = _quiet(np.exp)
exp2 = _quiet(np.exp2)
expm1 = _quiet(np.expm1)
log = _quiet(np.log)
log1p = _quiet(np.log1p)
log2 = _quiet(np.log2)
log10 = _quiet(np.log10)
logaddexp = _quiet(np.logaddexp)
logaddexp2 = _quiet(np.logaddexp2)
hypot = _quiet(np.hypot)
floor = _quiet(np.floor)
ceil = _quiet(np.ceil)
round = _quiet(np.round)
trunc = _quiet(np.trunc)
real = _quiet(np.real)
imag = _quiet(np.imag)
conj = _quiet(np.conj)


_erf = np.frompyfunc(math.erf, 1, 1)


@_quiet
def erf(x: Any) -> Any:
    return np.asarray(_erf(x.astype("float64")), x.dtype)


@_quiet
def erfinv(x: Any) -> Any:
    # An estimate (Winitzki, 2008), then Halley's steps on erf(y) = x.
    wide = np.atleast_1d(x.astype("float64"))
    tail = np.log1p(-wide * wide)
    part = 2 / (math.pi * 0.147) + tail / 2
    y = np.copysign(np.sqrt(np.sqrt(part * part - tail / 0.147) - part), wide)
    inside = np.abs(wide) < 1
    for _ in range(3):
        step = (np.asarray(_erf(y), "float64") - wide) * (math.sqrt(math.pi) / 2) * np.exp(y * y)
        y = np.where(inside, y - step / (1 + y * step), y)
    y = np.where(np.abs(wide) > 1, np.nan, y)
    return np.where(np.abs(wide) == 1, np.copysign(np.inf, wide), y).reshape(x.shape).astype(x.dtype)
