"""Running sums and products."""

from __future__ import annotations

import array_api_strict as xp


def cumsum(x, axis, dtype):
    x, axis = (xp.reshape(x, (-1,)), 0) if axis is None else (x, axis)
    return xp.cumulative_sum(x, axis=axis, dtype=x.dtype)


def cumprod(x, axis, dtype):
    x, axis = (xp.reshape(x, (-1,)), 0) if axis is None else (x, axis)
    return xp.cumulative_prod(x, axis=axis, dtype=x.dtype)
