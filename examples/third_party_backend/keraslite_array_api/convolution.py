"""Convolutions: windows, then one matrix product."""

from __future__ import annotations

import math

import array_api_strict as xp

from .manipulation import pad_constant
from .windows import channels_last, pad_same, windows


@channels_last
def convolution(x, kernel, strides, padding, dilation):
    return _grouped(x, kernel, strides, padding, dilation)


def _grouped(x, kernel, strides, padding, dilation):
    """`kernel` `(*window, channels / groups, filters)`."""
    window, (per_group, filters) = kernel.shape[:-2], kernel.shape[-2:]
    groups, taps = x.shape[-1] // per_group, math.prod(window)
    if padding == "same":
        x = pad_same(x, [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)], strides)
    view = windows(x, window, strides, dilation)
    counts = view.shape[: len(window) + 1]
    rows = math.prod(counts)
    columns = xp.permute_dims(xp.reshape(view, (rows, taps, groups, per_group)), (2, 0, 1, 3))
    weights = xp.permute_dims(xp.reshape(kernel, (taps, per_group, groups, filters // groups)), (2, 0, 1, 3))
    columns = xp.reshape(columns, (groups, rows, taps * per_group))
    weights = xp.reshape(weights, (groups, taps * per_group, filters // groups))
    return xp.reshape(xp.permute_dims(xp.matmul(columns, weights), (1, 0, 2)), (*counts, filters))


@channels_last
def depthwise_convolution(x, kernel, strides, padding, dilation):
    """As many groups as channels."""
    channels, multiplier = kernel.shape[-2:]
    kernel = xp.reshape(kernel, (*kernel.shape[:-2], 1, channels * multiplier))
    return _grouped(x, kernel, strides, padding, dilation)


@channels_last
def transposed_convolution(x, kernel, strides, crops, dilation):
    """Zeros between the inputs and around them, then the flipped kernel."""
    rank = len(strides)
    whole = [(k - 1) * d for k, d in zip(kernel.shape[:-2], dilation, strict=True)]
    sizes = [(n - 1) * s + 1 for n, s in zip(x.shape[1:-1], strides, strict=True)]
    spread = xp.zeros((x.shape[0], *sizes, x.shape[-1]), dtype=x.dtype)
    spread[(slice(None), *(slice(None, None, s) for s in strides), slice(None))] = x
    around = [(max(w - a, 0), max(w - b, 0)) for w, (a, b) in zip(whole, crops, strict=True)]
    spread = pad_constant(spread, [(0, 0), *around, (0, 0)], 0)
    rest = [(max(a - w, 0), max(b - w, 0)) for w, (a, b) in zip(whole, crops, strict=True)]  # crops beyond the window
    inside = [slice(a, n - b) for n, (a, b) in zip(spread.shape[1:-1], rest, strict=True)]
    flipped = xp.matrix_transpose(xp.flip(kernel, axis=tuple(range(rank))))
    return _grouped(spread[(slice(None), *inside, slice(None))], flipped, (1,) * rank, "valid", dilation)
