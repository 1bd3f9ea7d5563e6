"""Kernels of this family on jax."""

from __future__ import annotations

from typing import Any

from jax.numpy import bitwise_and, bitwise_left_shift, bitwise_or, bitwise_right_shift, bitwise_xor
from jax.numpy import bitwise_not as bitwise_invert

from .tensors import native as _native


def bitcast(x: Any, size: Any, dtype: str) -> Any:
    return x.view(_native(dtype))
