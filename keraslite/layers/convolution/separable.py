"""SeparableConv1D, SeparableConv2D."""

from __future__ import annotations

from typing import Any

from keraslite import ops
from keraslite.layers.convolution.base import BaseConvolution
from keraslite.layers.roles import add_weight, set_roles
from keraslite.serialization import builtin


class _SeparableConv(BaseConvolution):
    strided_and_dilated = True

    def __init__(self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid",
                 data_format: str | None = None, dilation_rate: Any = 1, depth_multiplier: int = 1,
                 activation: Any = None, use_bias: bool = True, depthwise_initializer: Any = "glorot_uniform",
                 pointwise_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros",
                 depthwise_regularizer: Any = None, pointwise_regularizer: Any = None, bias_regularizer: Any = None,
                 activity_regularizer: Any = None, depthwise_constraint: Any = None, pointwise_constraint: Any = None,
                 bias_constraint: Any = None, **kwargs: Any):  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters, self.depth_multiplier = filters, depth_multiplier
        self._setup(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias)
        set_roles(self, locals())

    def build(self, input_shape):
        channels, multiplier = self._channels(input_shape), self.depth_multiplier
        depthwise, pointwise = (*self.kernel_size, channels, multiplier), (channels * multiplier, self.filters)
        self.depthwise_kernel = add_weight(self, "depthwise_kernel", depthwise, "depthwise")
        self.pointwise_kernel = add_weight(self, "pointwise_kernel", (*(1,) * self.rank, *pointwise), "pointwise")
        self.bias = add_weight(self, "bias", (self.filters,)) if self.use_bias else None

    def call(self, inputs):
        padding = self.padding
        if padding == "causal":
            inputs, padding = self._pad_causal(inputs), "valid"
        kernels = (self.depthwise_kernel, self.pointwise_kernel)
        layout = (self.data_format, self.dilation_rate)
        return self._finish(ops.separable_conv(inputs, *kernels, self.strides, padding, *layout))


@builtin("keras.layers")
class SeparableConv1D(_SeparableConv):
    """A depthwise convolution over the steps of `(batch, steps, channels)`, then one with windows of 1.

    Weights: depthwise_kernel `(*kernel_size, channels, depth_multiplier)`, pointwise_kernel
    `(1, ..., channels * depth_multiplier, filters)`, bias `(filters,)`.
    """

    rank = 1
    paddings = ("valid", "same", "causal")


@builtin("keras.layers")
class SeparableConv2D(_SeparableConv):
    """A depthwise convolution over `(batch, rows, columns, channels)`, then one with windows of 1.

    Weights: depthwise_kernel `(*kernel_size, channels, depth_multiplier)`, pointwise_kernel
    `(1, ..., channels * depth_multiplier, filters)`, bias `(filters,)`.
    """

    rank = 2
