"""Kernels of this family on numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from .quiet import quiet as _quiet
from .tensors import native as _native

bitwise_and = _quiet(np.bitwise_and)
bitwise_or = _quiet(np.bitwise_or)
bitwise_xor = _quiet(np.bitwise_xor)
bitwise_invert = _quiet(np.bitwise_not)
bitwise_left_shift = _quiet(np.left_shift)
bitwise_right_shift = _quiet(np.right_shift)


def bitcast(x: Any, size: Any, dtype: str) -> Any:
    return np.ascontiguousarray(x).reshape(x.shape).view(_native[dtype])
