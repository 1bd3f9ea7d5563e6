"""What every kernel of the NumPy engine needs around a NumPy function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function without warnings (other engines give inf and NaN silently), its scalars as arrays."""

    def kernel(*args: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.asarray(function(*args))

    kernel.__module__ = "numpy"  # a kernel of the file that names it, no helper of this one
    return kernel
