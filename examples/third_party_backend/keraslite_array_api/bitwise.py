"""Functions of bits. Of integers they are the standard's own."""

from __future__ import annotations

import array_api_strict as xp
import numpy as np
from array_api_strict import (
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
)

from keraslite.backend import dtypes

from .tensors import to_numpy

__all__ = [
    "bitcast",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
]


def bitcast(x, size, dtype):
    """The standard has no way to read the same bits as another dtype: on the host, by NumPy."""
    host = np.array(to_numpy(x), order="C")
    return xp.asarray(host.view(dtypes.to_numpy_dtype(dtype)))
