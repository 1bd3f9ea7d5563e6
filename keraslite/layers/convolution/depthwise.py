"""DepthwiseConv1D, DepthwiseConv2D."""

from __future__ import annotations

from typing import Any

from keraslite import ops
from keraslite.layers.convolution.base import BaseConvolution
from keraslite.layers.roles import add_weight, set_roles
from keraslite.serialization import builtin


class _DepthwiseConv(BaseConvolution):
    strided_and_dilated = True

    def __init__(self, kernel_size: Any, strides: Any = 1, padding: str = "valid", depth_multiplier: int = 1,
                 data_format: str | None = None, dilation_rate: Any = 1, activation: Any = None, use_bias: bool = True,
                 depthwise_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros",
                 depthwise_regularizer: Any = None, bias_regularizer: Any = None, activity_regularizer: Any = None,
                 depthwise_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any):  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.depth_multiplier = depth_multiplier
        self._setup(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias)
        set_roles(self, locals())

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.kernel = add_weight(self, "kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise")
        self.bias = add_weight(self, "bias", (channels * self.depth_multiplier,)) if self.use_bias else None

    def call(self, inputs):
        return self._finish(
            ops.depthwise_conv(inputs, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate)
        )


@builtin("keras.layers")
class DepthwiseConv1D(_DepthwiseConv):
    """Each channel convolved with `depth_multiplier` filters of its own, over the steps of `(batch, steps, channels)`.

    Output channels: `channels * depth_multiplier`. Weights: kernel `(*kernel_size, channels, depth_multiplier)`, bias.
    """

    rank = 1


@builtin("keras.layers")
class DepthwiseConv2D(_DepthwiseConv):
    """Each channel of `(batch, rows, columns, channels)` convolved with `depth_multiplier` filters of its own.

    Output channels: `channels * depth_multiplier`. Weights: kernel `(*kernel_size, channels, depth_multiplier)`, bias.
    """

    rank = 2
