"""Conv1DTranspose, Conv2DTranspose, Conv3DTranspose."""

from __future__ import annotations

from typing import Unpack, cast

from keraslite import errors, ops, ranges
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


class _ConvTranspose(BaseConvolution):
    argument_checks = ranges.checks(output_padding=lambda cls: ranges.sizes(cls.rank, 0) | None)

    kernel_initializer: InitializerRole = initializer()
    kernel_regularizer: RegularizerRole = regularizer()
    kernel_constraint: ConstraintRole = constraint()

    @passes_on(keeps=("filters", "output_padding", "kernel_initializer", "kernel_regularizer", "kernel_constraint"))
    def __init__(
        self,
        filters: int,
        kernel_size: IntOrTuple,
        strides: IntOrTuple = 1,
        padding: Padding = "valid",
        output_padding: IntOrTuple | None = None,
        data_format: DataFormat = None,
        dilation_rate: IntOrTuple = 1,
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
        self.filters = filters
        self.kernel_initializer = kernel_initializer
        self.kernel_regularizer = kernel_regularizer
        self.kernel_constraint = kernel_constraint
        self.output_padding = cast("tuple[int, ...] | None", output_padding)  # as its check makes it
        if any(out >= step for out, step in zip(self.output_padding or (), self.strides, strict=False)):
            raise errors.ArgumentError(
                f"`{type(self).__name__}` needs `output_padding` below `strides`. Received "
                f"output_padding={output_padding} and strides={self.strides}."
            )

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.kernel = add_weight(self, "kernel", (*self.kernel_size, self.filters, channels))
        self.bias = add_weight(self, "bias", (self.filters,)) if self.use_bias else None

    def call(self, inputs):
        x = ops.conv_transpose(
            inputs,
            self.kernel,
            self.strides,
            self.padding,
            output_padding=self.output_padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self._finish(x)


@builtin("keras.layers")
class Conv1DTranspose(_ConvTranspose):
    """Transposed convolution: enlarges the steps of `(batch, steps, channels)` by `strides`.

    Weights: kernel `(*kernel_size, filters, channels)`, bias `(filters,)`.
    """

    rank = 1


@builtin("keras.layers")
class Conv2DTranspose(_ConvTranspose):
    """Transposed convolution: enlarges the rows and columns of `(batch, rows, columns, channels)` by `strides`.

    Weights: kernel `(*kernel_size, filters, channels)`, bias `(filters,)`.
    """

    rank = 2


@builtin("keras.layers")
class Conv3DTranspose(_ConvTranspose):
    """Transposed convolution: enlarges the spatial axes of `(batch, x, y, z, channels)` by `strides`.

    Weights: kernel `(*kernel_size, filters, channels)`, bias `(filters,)`.
    """

    rank = 3

    @passes_on()
    def __init__(
        self,
        filters: int,
        kernel_size: IntOrTuple,
        strides: IntOrTuple = (1, 1, 1),
        padding: Padding = "valid",
        data_format: DataFormat = None,
        output_padding: IntOrTuple | None = None,
        dilation_rate: IntOrTuple = (1, 1, 1),
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
    ) -> None: ...
