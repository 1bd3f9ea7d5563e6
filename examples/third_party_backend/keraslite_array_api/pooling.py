"""Maximum and average of windows."""

from __future__ import annotations

import array_api_strict as xp

from .windows import channels_last, pad_same, windows


@channels_last
def pool_max(x, pool_size, strides, padding):
    lowest = -xp.inf if xp.isdtype(x.dtype, "real floating") else xp.iinfo(x.dtype).min
    return _reduced(xp.max, x, pool_size, strides, padding, lowest)


@channels_last
def pool_average(x, pool_size, strides, padding):
    """Of "same" padding only the elements inside count."""
    inside = xp.ones((1, *x.shape[1:-1], 1), dtype=x.dtype)
    total, count = (_reduced(xp.sum, each, pool_size, strides, padding, 0) for each in (x, inside))
    return total / count


def _reduced(reduce, x, pool, strides, padding, value):
    if padding == "same":
        x = pad_same(x, pool, strides, value)
    rank = len(pool)
    return reduce(windows(x, pool, strides, (1,) * rank), axis=tuple(range(1 + rank, 1 + 2 * rank)))
