"""Kernels of this family on torch."""

from __future__ import annotations

from torch import bitwise_and, bitwise_left_shift, bitwise_or, bitwise_right_shift, bitwise_xor
from torch import bitwise_not as bitwise_invert
