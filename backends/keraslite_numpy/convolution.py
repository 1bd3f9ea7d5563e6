"""Convolutions on NumPy arrays: windows as a view, then one matrix product."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .precision import widened


def _channels_last(kernel):
    """The kernel, which takes channels last, for either data format (its last argument)."""

    def run(x, *args):
        *args, data_format = args
        if data_format == "channels_last":
            return kernel(x, *args)
        return np.moveaxis(kernel(np.moveaxis(x, 1, -1), *args), -1, 1)

    return run


def pad_same(x, window, strides, value=0):
    """`x` (channels last) padded as TensorFlow's SAME."""
    totals = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(x.shape[1:-1], window, strides, strict=True)]
    pads = [(0, 0), *((t // 2, t - t // 2) for t in totals), (0, 0)]
    return np.pad(x, pads, constant_values=value) if any(totals) else x


def windows(x, window, strides, dilation):
    """View `(batch, *counts, channels, *window)` of `x`, channels last."""
    spatial = tuple(range(1, x.ndim - 1))
    whole = tuple((k - 1) * d + 1 for k, d in zip(window, dilation, strict=True))
    view = sliding_window_view(x, whole, axis=spatial)
    steps = tuple(slice(None, None, s) for s in strides)
    taps = tuple(slice(None, None, d) for d in dilation)
    return view[(slice(None), *steps, slice(None), *taps)]


def _grouped(x, kernel, strides, padding, dilation):
    """`x` channels last; `kernel` `(*window, channels / groups, filters)`."""
    window, (per_group, filters) = kernel.shape[:-2], kernel.shape[-2:]
    groups = x.shape[-1] // per_group
    if padding == "same":
        x = pad_same(x, [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)], strides)
    view = windows(x, window, strides, dilation)
    counts, taps = view.shape[: len(window) + 1], int(np.prod(window))
    columns = view.reshape(-1, groups, per_group * taps).swapaxes(0, 1)  # (groups, batch * counts, inputs)
    weights = np.moveaxis(kernel, -2, 0).reshape(per_group * taps, groups, filters // groups).swapaxes(0, 1)
    result = columns @ weights  # (groups, batch * counts, filters / groups)
    return result.swapaxes(0, 1).reshape(*counts, filters)


convolution = widened(_channels_last(_grouped))


@widened
@_channels_last
def depthwise_convolution(x, kernel, strides, padding, dilation):
    channels, multiplier = kernel.shape[-2:]
    return _grouped(x, kernel.reshape(*kernel.shape[:-2], 1, channels * multiplier), strides, padding, dilation)


@widened
@_channels_last
def transposed_convolution(x, kernel, strides, crops, dilation):
    """Zeros between the inputs and around them, then the flipped kernel."""
    rank = len(strides)
    spread = [(n - 1) * s + 1 for n, s in zip(x.shape[1:-1], strides, strict=True)]
    whole = [(k - 1) * d for k, d in zip(kernel.shape[:-2], dilation, strict=True)]
    before = [max(w - a, 0) for w, (a, _) in zip(whole, crops, strict=True)]
    after = [max(w - b, 0) for w, (_, b) in zip(whole, crops, strict=True)]
    sizes = [a + n + b for a, n, b in zip(before, spread, after, strict=True)]
    padded = np.zeros((x.shape[0], *sizes, x.shape[-1]), x.dtype)
    inside = tuple(slice(a, a + n, s) for a, n, s in zip(before, spread, strides, strict=True))
    padded[(slice(None), *inside)] = x
    rest = [(max(a - w, 0), max(b - w, 0)) for w, (a, b) in zip(whole, crops, strict=True)]
    cut = tuple(slice(a, n - b) for n, (a, b) in zip(sizes, rest, strict=True))  # crops larger than the window
    flipped = np.flip(kernel, axis=tuple(range(rank))).swapaxes(-1, -2)
    return _grouped(padded[(slice(None), *cut)], flipped, (1,) * rank, "valid", dilation)
