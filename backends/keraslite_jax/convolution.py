"""Convolutions on JAX arrays: each is one `conv_general_dilated`, or a product where windows do not overlap."""

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


def _side_by_side(x, kernel, data_format):
    """The transposed convolution whose windows stand side by side: one product. XLA takes twice as long on a CPU."""
    rank, last = kernel.ndim - 2, data_format == "channels_last"
    x = x if last else jnp.moveaxis(x, 1, -1)
    windows = jnp.tensordot(x, kernel, ((rank + 1,), (rank + 1,)))  # (n, *sizes, *window, out)
    order = [axis for i in range(rank) for axis in (1 + i, 1 + rank + i)]
    sizes = [n * k for n, k in zip(x.shape[1:-1], kernel.shape[:rank], strict=True)]
    y = windows.transpose(0, *order, 2 * rank + 1).reshape(x.shape[0], *sizes, kernel.shape[-2])
    return y if last else jnp.moveaxis(y, -1, 1)


def transposed_convolution(x, kernel, strides, crops, dilation, data_format):
    rank = len(strides)
    whole = all(tuple(crop) == (0, 0) for crop in crops) and all(each == 1 for each in dilation)
    if whole and tuple(strides) == tuple(kernel.shape[:rank]):
        return _side_by_side(x, kernel, data_format)
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
