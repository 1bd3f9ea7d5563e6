"""Kernels of this family on jax."""

from __future__ import annotations

from jax.numpy import bitwise_and, bitwise_left_shift, bitwise_or, bitwise_right_shift, bitwise_xor
from jax.numpy import bitwise_not as bitwise_invert
