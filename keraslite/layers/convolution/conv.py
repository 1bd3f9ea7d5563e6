"""Conv1D, Conv2D, Conv3D."""

from __future__ import annotations

from typing import Unpack

from keraslite import errors, ops
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


class _Conv(BaseConvolution):
    """A convolution with one kernel `(*kernel_size, channels / groups, filters)`."""

    kernel_initializer: InitializerRole = initializer()
    kernel_regularizer: RegularizerRole = regularizer()
    kernel_constraint: ConstraintRole = constraint()

    @passes_on(keeps=("filters", "groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"))
    def __init__(
        self,
        filters: int,
        kernel_size: IntOrTuple,
        strides: IntOrTuple = 1,
        padding: CausalPadding = "valid",
        data_format: DataFormat = None,
        dilation_rate: IntOrTuple = 1,
        groups: int = 1,
        activation: ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **kwargs: Unpack[NamedOptions],
    ) -> None:
        name = type(self).__name__
        self.filters, self.groups = filters, groups
        if self.filters % self.groups:
            raise errors.ArgumentError(
                f"`{name}` needs `filters` to be a multiple of `groups`. Received filters={filters}, groups={groups}."
            )
        self.kernel_initializer = kernel_initializer
        self.kernel_regularizer = kernel_regularizer
        self.kernel_constraint = kernel_constraint

    def build(self, input_shape):
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise errors.ArgumentError(
                f"`{type(self).__name__}` needs as many channels as a multiple of `groups`. Received {channels} "
                f"channels (input_shape={tuple(input_shape)}), groups={self.groups}."
            )
        self.kernel = add_weight(self, "kernel", (*self.kernel_size, channels // self.groups, self.filters))
        self.bias = add_weight(self, "bias", (self.filters,)) if self.use_bias else None

    def convolution_op(self, inputs, kernel):
        """The convolution alone."""
        padding = self.padding
        if padding == "causal":
            inputs, padding = self._pad_causal(inputs), "valid"
        return ops.conv(inputs, kernel, self.strides, padding, self.data_format, self.dilation_rate)

    def call(self, inputs):
        return self._finish(self.convolution_op(inputs, self.kernel))


@builtin("keras.layers")
class Conv1D(_Conv):
    """Convolution over the steps of `(batch, steps, channels)`; output `(batch, windows, filters)`.

    `padding`: "valid", "same", or "causal" (no output sees later steps). Weights: kernel
    `(window, channels / groups, filters)`, bias `(filters,)`.
    """

    rank = 1
    paddings = ("valid", "same", "causal")


@builtin("keras.layers")
class Conv2D(_Conv):
    """Convolution over the rows and columns of `(batch, rows, columns, channels)`.

    Output `(batch, rows', columns', filters)`. Weights: kernel `(height, width, channels / groups, filters)`, bias
    `(filters,)`. With `data_format="channels_first"` channels are axis 1 of input and output.
    """

    rank = 2


@builtin("keras.layers")
class Conv3D(_Conv):
    """Convolution over the three spatial axes of `(batch, x, y, z, channels)`.

    Weights: kernel `(*kernel_size, channels / groups, filters)`, bias `(filters,)`.
    """

    rank = 3
