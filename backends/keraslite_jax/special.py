"""Kernels of this family on jax."""

from __future__ import annotations

from jax import lax
from jax.numpy import gcd, i0, lcm, ldexp
from jax.scipy.special import gammainc

erfc = lax.erfc
lgamma = lax.lgamma
