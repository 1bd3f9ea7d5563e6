"""Half precision on the host: NumPy has no fast kernels for it, so products and statistics run in float32."""

from __future__ import annotations

import functools
from typing import Any

import ml_dtypes
import numpy as np

HALF = (np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16))


def widen(x: Any) -> Any:
    """Half precision as float32, the operands of a list too; everything else as it is."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(widen, x))
    return x.astype(np.float32) if getattr(x, "dtype", None) in HALF else x


def widened(kernel: Any) -> Any:
    """The kernel, computing half precision in float32. What it returns is cast back by the op."""

    @functools.wraps(kernel)
    def run(*args: Any) -> Any:
        return kernel(*map(widen, args))

    return run
