"""Kernels of this family on numpy."""

from __future__ import annotations

import numpy as np

from .quiet import quiet as _quiet

sin = _quiet(np.sin)
cos = _quiet(np.cos)
tan = _quiet(np.tan)
arcsin = _quiet(np.arcsin)
arccos = _quiet(np.arccos)
arctan = _quiet(np.arctan)
arctan2 = _quiet(np.arctan2)
sinh = _quiet(np.sinh)
cosh = _quiet(np.cosh)
tanh = _quiet(np.tanh)
arcsinh = _quiet(np.arcsinh)
arccosh = _quiet(np.arccosh)
arctanh = _quiet(np.arctanh)
