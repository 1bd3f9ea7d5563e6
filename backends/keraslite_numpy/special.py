"""Kernels of this family on numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .quiet import quiet as _quiet

gcd = _quiet(np.gcd)
i0 = _quiet(np.i0)
lcm = _quiet(np.lcm)
ldexp = _quiet(np.ldexp)
nextafter = _quiet(np.nextafter)
sinc = _quiet(np.sinc)


def erfc(x: Any) -> Any:
    return np.asarray(np.frompyfunc(math.erfc, 1, 1)(x.astype("float64")), "float64").astype(x.dtype)
