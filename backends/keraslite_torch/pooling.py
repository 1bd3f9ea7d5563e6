"""Pooling on torch tensors."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .convolution import as_given, channels_first, pad_same

_MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def pool_max(x, pool_size, strides, padding, data_format):
    if not x.is_floating_point():
        wide = torch.float64 if x.dtype in (torch.int32, torch.int64) else torch.float32
        return pool_max(x.to(wide), pool_size, strides, padding, data_format).to(x.dtype)
    x, both = channels_first(x, data_format), 0
    if padding == "same":
        x, both = pad_same(x, pool_size, strides, float("-inf"))
    return as_given(_MAX[len(pool_size)](x, pool_size, strides, both), data_format)


def pool_average(x, pool_size, strides, padding, data_format):
    if len(pool_size) == 3 and x.dtype in (torch.float16, torch.bfloat16) and x.device.type == "cpu":
        # no kernel there
        return pool_average(x.float(), pool_size, strides, padding, data_format).to(x.dtype)
    average = _AVERAGE[len(pool_size)]
    x = channels_first(x, data_format)
    if padding == "valid":
        return as_given(average(x, pool_size, strides), data_format)
    padded, both = pad_same(x, pool_size, strides)
    fits = len(pool_size) < 3 or all(n >= k for n, k in zip(x.shape[2:], pool_size, strict=True))
    if padded is x and fits:
        return as_given(average(x, pool_size, strides, both, count_include_pad=False), data_format)
    pads = [side for each in reversed(both) for side in (each, each)]  # avg_pool3d compares sizes before it pads
    ones, _ = pad_same(x.new_ones((1, 1, *x.shape[2:])), pool_size, strides)
    padded, ones = F.pad(padded, pads), F.pad(ones, pads)
    return as_given(average(padded, pool_size, strides) / average(ones, pool_size, strides), data_format)
