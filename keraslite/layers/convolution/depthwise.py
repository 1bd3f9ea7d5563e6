"""DepthwiseConv1D, DepthwiseConv2D."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops
from keraslite.layers.convolution.base import BaseConvolution
from keraslite.layers.passing_on import passes_on
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
    add_weight,
    constraint,
    initializer,
    regularizer,
)
from keraslite.layers.types import (
    ActivationLike,
    ConstraintLike,
    DataFormat,
    InitializerLike,
    IntOrTuple,
    NamedOptions,
    Padding,
    RegularizerLike,
)
from keraslite.serialization import builtin


class _DepthwiseConv(BaseConvolution):
    strided_and_dilated = True

    depthwise_initializer: InitializerRole = initializer()
    depthwise_regularizer: RegularizerRole = regularizer()
    depthwise_constraint: ConstraintRole = constraint()

    @passes_on(keeps=("depth_multiplier", "depthwise_initializer", "depthwise_regularizer", "depthwise_constraint"))
    def __init__(
        self,
        kernel_size: IntOrTuple,
        strides: IntOrTuple = 1,
        padding: Padding = "valid",
        depth_multiplier: int = 1,
        data_format: DataFormat = None,
        dilation_rate: IntOrTuple = 1,
        activation: ActivationLike = None,
        use_bias: bool = True,
        depthwise_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        depthwise_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        depthwise_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **kwargs: Unpack[NamedOptions],
    ) -> None:
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = depthwise_initializer
        self.depthwise_regularizer = depthwise_regularizer
        self.depthwise_constraint = depthwise_constraint

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
