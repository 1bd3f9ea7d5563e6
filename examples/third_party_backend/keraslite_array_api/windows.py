"""What convolution and pooling share: windows gathered along each axis, padding, data formats."""

from __future__ import annotations

import functools

import array_api_strict as xp

from .indexing import take
from .manipulation import pad_constant


def channels_last(kernel):
    """The kernel, which takes channels last, for either data format (its last argument)."""

    @functools.wraps(kernel)
    def run(x, *args):
        *args, data_format = args
        if data_format == "channels_last":
            return kernel(x, *args)
        return xp.moveaxis(kernel(xp.moveaxis(x, 1, -1), *args), -1, 1)

    return run


def pad_same(x, window, strides, value=0):
    """`x` padded for `ceil(n / stride)` windows an axis, the odd element at the end."""
    totals = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(x.shape[1:-1], window, strides, strict=True)]
    return pad_constant(x, [(0, 0), *((t // 2, t - t // 2) for t in totals), (0, 0)], value)


def windows(x, window, strides, dilation):
    """`(batch, *counts, *window, channels)` of `x` `(batch, *spatial, channels)`."""
    rank = len(window)
    for i, (taps, step, gap) in enumerate(zip(window, strides, dilation, strict=True)):
        axis = 1 + 2 * i  # axes before have become two: which window, and where in it
        count = (x.shape[axis] - (taps - 1) * gap - 1) // step + 1
        x = take(x, xp.expand_dims(xp.arange(count) * step, axis=1) + xp.arange(taps) * gap, axis)
    return xp.permute_dims(x, (0, *range(1, 2 * rank, 2), *range(2, 2 * rank + 1, 2), 2 * rank + 1))
