"""Pooling on NumPy arrays: windows as a view, then one reduction."""

from __future__ import annotations

import math

import numpy as np

from .convolution import pad_same, windows
from .precision import widened


def _reduced(x, pool, strides, padding, data_format, lowest, reduce):
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    if padding == "same":
        x = pad_same(x, pool, strides, lowest)
    view = windows(x, pool, strides, (1,) * len(pool))
    result = reduce(view, axis=tuple(range(-len(pool), 0)))
    return np.moveaxis(result, -1, 1) if data_format == "channels_first" else result


@widened
def pool_max(x, pool_size, strides, padding, data_format):
    lowest = -np.inf if x.dtype.kind == "f" else False if x.dtype.kind == "b" else np.iinfo(x.dtype).min
    return _reduced(x, pool_size, strides, padding, data_format, lowest, np.max)


@widened
def pool_average(x, pool_size, strides, padding, data_format):
    total = _reduced(x, pool_size, strides, padding, data_format, 0, np.sum)
    if padding == "valid":
        return total / math.prod(pool_size)
    batch_and_channels = (0, 1) if data_format == "channels_first" else (0, -1)
    ones = np.ones(
        [1 if i in (batch_and_channels[0], batch_and_channels[1] % x.ndim) else n for i, n in enumerate(x.shape)],
        x.dtype,
    )
    return total / _reduced(ones, pool_size, strides, padding, data_format, 0, np.sum)
