"""Kernels of this family on numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from .quiet import quiet as _quiet

equal = _quiet(np.equal)
not_equal = _quiet(np.not_equal)
greater = _quiet(np.greater)
greater_equal = _quiet(np.greater_equal)
less = _quiet(np.less)
less_equal = _quiet(np.less_equal)
logical_and = _quiet(np.logical_and)
logical_or = _quiet(np.logical_or)
logical_xor = _quiet(np.logical_xor)
logical_not = _quiet(np.logical_not)
isfinite = _quiet(np.isfinite)
isnan = _quiet(np.isnan)
isinf = _quiet(np.isinf)
signbit = _quiet(np.signbit)


def where(condition: Any, x1: Any, x2: Any) -> Any:
    return tuple(np.nonzero(condition)) if x1 is None and x2 is None else np.where(condition, x1, x2)
