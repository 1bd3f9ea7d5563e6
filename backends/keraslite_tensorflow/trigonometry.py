"""Kernels of this family on tensorflow."""

from __future__ import annotations

from tensorflow.math import acos as arccos
from tensorflow.math import acosh as arccosh
from tensorflow.math import asin as arcsin
from tensorflow.math import asinh as arcsinh
from tensorflow.math import atan as arctan
from tensorflow.math import atan2 as _atan2
from tensorflow.math import atanh as arctanh
from tensorflow.math import cos, cosh, sin, sinh, tan, tanh

from .guards import at_origin as _at_origin

arctan2 = _at_origin(_atan2)
