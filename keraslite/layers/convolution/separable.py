"""SeparableConv1D, SeparableConv2D."""

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
    CausalPadding,
    ConstraintLike,
    DataFormat,
    InitializerLike,
    IntOrTuple,
    NamedOptions,
    RegularizerLike,
)
from keraslite.serialization import builtin


class _SeparableConv(BaseConvolution):
    strided_and_dilated = True

    depthwise_initializer: InitializerRole = initializer()
    depthwise_regularizer: RegularizerRole = regularizer()
    depthwise_constraint: ConstraintRole = constraint()
    pointwise_initializer: InitializerRole = initializer()
    pointwise_regularizer: RegularizerRole = regularizer()
    pointwise_constraint: ConstraintRole = constraint()

    @passes_on(
        keeps=(
            "filters",
            "depth_multiplier",
            "depthwise_initializer",
            "depthwise_regularizer",
            "depthwise_constraint",
            "pointwise_initializer",
            "pointwise_regularizer",
            "pointwise_constraint",
        )
    )
    def __init__(
        self,
        filters: int,
        kernel_size: IntOrTuple,
        strides: IntOrTuple = 1,
        padding: CausalPadding = "valid",
        data_format: DataFormat = None,
        dilation_rate: IntOrTuple = 1,
        depth_multiplier: int = 1,
        activation: ActivationLike = None,
        use_bias: bool = True,
        depthwise_initializer: InitializerLike = "glorot_uniform",
        pointwise_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        depthwise_regularizer: RegularizerLike = None,
        pointwise_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        depthwise_constraint: ConstraintLike = None,
        pointwise_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **kwargs: Unpack[NamedOptions],
    ) -> None:
        self.filters, self.depth_multiplier = filters, depth_multiplier
        self.depthwise_initializer = depthwise_initializer
        self.depthwise_regularizer = depthwise_regularizer
        self.depthwise_constraint = depthwise_constraint
        self.pointwise_initializer = pointwise_initializer
        self.pointwise_regularizer = pointwise_regularizer
        self.pointwise_constraint = pointwise_constraint

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
