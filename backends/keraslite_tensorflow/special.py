"""Kernels of this family on tensorflow."""

from __future__ import annotations

from tensorflow.math import bessel_i0 as i0
from tensorflow.math import erfc
