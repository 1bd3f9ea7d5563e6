"""Kernels of this family on numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

_COMBINE = {"add": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any) -> Any:
    result = inputs.copy()
    at = tuple(np.moveaxis(indices, -1, 0))
    if reduction is None:
        result[at] = updates
    else:
        _COMBINE[reduction].at(result, at, updates)
    return result
