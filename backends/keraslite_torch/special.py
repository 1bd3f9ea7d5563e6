"""Kernels of this family on torch."""

from __future__ import annotations

from torch import erfc, gcd, i0, lcm
