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
    if x1 is None and x2 is None:
        return tuple(np.nonzero(condition))
    return _choose(condition, x1, x2) if _is_by_sample(condition, x1, x2) else np.where(condition, x1, x2)


def _is_by_sample(condition: Any, x1: Any, x2: Any) -> bool:
    """Whether there is one condition for each element of the first axis, as for images of a batch."""
    shape = getattr(condition, "shape", ())
    return (
        len(shape) > 1
        and isinstance(x1, np.ndarray)
        and isinstance(x2, np.ndarray)
        and x1.shape == x2.shape
        and x1.dtype == x2.dtype
        and shape == (*x1.shape[:1], *[1] * (x1.ndim - 1))
    )


def _choose(condition: Any, x1: Any, x2: Any) -> Any:
    result = x2.copy()
    for i in np.flatnonzero(condition):
        result[i] = x1[i]
    return result
