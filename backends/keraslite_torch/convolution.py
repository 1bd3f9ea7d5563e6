"""Convolutions on torch tensors.

torch wants channels first. Channels last goes in as a permuted view, which is torch's own "channels_last"
memory format, and comes out as one: no copies.
"""

from __future__ import annotations

import torch.nn.functional as F

_CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def channels_first(x, data_format):
    """`(batch, channels, *spatial)`, a view."""
    return x if data_format == "channels_first" else x.movedim(-1, 1)


def as_given(x, data_format):
    """Back in the data format, a view."""
    return x if data_format == "channels_first" else x.movedim(1, -1)


def pad_same(x, window, strides, value=0.0):
    """(`x` padded where the two sides differ, the rest to pad on both), channels first, as TensorFlow's SAME."""
    totals = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(x.shape[2:], window, strides, strict=True)]
    if not any(t % 2 for t in totals):
        return x, tuple(t // 2 for t in totals)
    pads = [side for t in reversed(totals) for side in (t // 2, t - t // 2)]
    return F.pad(x, pads, value=value), (0,) * len(totals)


def _grouped(x, weight, strides, padding, dilation, data_format, groups):
    x = channels_first(x, data_format)
    both = 0
    if padding == "same":
        x, both = pad_same(x, [(k - 1) * d + 1 for k, d in zip(weight.shape[2:], dilation, strict=True)], strides)
    return as_given(_CONV[len(strides)](x, weight, None, strides, both, dilation, groups), data_format)


def _first(kernel):
    """The kernel with its last two axes in front: a view, unless the first has size 1.

    Of such a view torch takes the strides for another order, and its plain kernels then refuse to give a gradient.
    """
    weight = kernel.movedim((-1, -2), (0, 1))
    return weight.contiguous() if weight.shape[0] == 1 else weight


def convolution(x, kernel, strides, padding, dilation, data_format):
    channels = x.shape[-1 if data_format == "channels_last" else 1]
    weight = _first(kernel)  # (filters, channels / groups, *window)
    return _grouped(x, weight, strides, padding, dilation, data_format, channels // kernel.shape[-2])


def depthwise_convolution(x, kernel, strides, padding, dilation, data_format):
    weight = kernel.flatten(-2).movedim(-1, 0).unsqueeze(1)  # (channels * multiplier, 1, *window)
    return _grouped(x, weight, strides, padding, dilation, data_format, kernel.shape[-2])


def transposed_convolution(x, kernel, strides, crops, dilation, data_format):
    weight = _first(kernel)  # (channels, filters, *window)
    x = channels_first(x, data_format)
    # torch crops both sides alike; what is left over is cut or padded after it.
    both = tuple(max(min(before, after), 0) for before, after in crops)
    result = _TRANSPOSED[len(strides)](x, weight, None, strides, both, 0, 1, dilation)
    rest = [side for (a, b), c in zip(reversed(crops), reversed(both), strict=True) for side in (c - a, c - b)]
    return as_given(F.pad(result, rest) if any(rest) else result, data_format)
