"""Convolutions on JAX arrays: each is one `conv_general_dilated`."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax

_SPATIAL = {1: "W", 2: "HW", 3: "DHW"}


def _numbers(rank, data_format, kernel="{}IO"):
    spatial = _SPATIAL[rank]
    layout = f"N{spatial}C" if data_format == "channels_last" else f"NC{spatial}"
    return layout, kernel.format(spatial), layout


def convolution(x, kernel, strides, padding, dilation, data_format):
    channels = x.shape[-1 if data_format == "channels_last" else 1]
    return lax.conv_general_dilated(
        x,
        kernel,
        strides,
        padding.upper(),
        rhs_dilation=dilation,
        dimension_numbers=_numbers(len(strides), data_format),
        feature_group_count=channels // kernel.shape[-2],
    )


def depthwise_convolution(x, kernel, strides, padding, dilation, data_format):
    single = kernel.reshape(*kernel.shape[:-2], 1, -1)  # (*window, 1, channels * multiplier)
    return convolution(x, single, strides, padding, dilation, data_format)


def transposed_convolution(x, kernel, strides, crops, dilation, data_format):
    rank = len(strides)
    pads = [
        ((k - 1) * d - before, (k - 1) * d - after)
        for k, d, (before, after) in zip(kernel.shape[:-2], dilation, crops, strict=True)
    ]
    return lax.conv_general_dilated(
        x,
        jnp.flip(kernel, range(rank)),
        (1,) * rank,
        pads,
        lhs_dilation=strides,
        rhs_dilation=dilation,
        dimension_numbers=_numbers(rank, data_format, "{}OI"),
    )
