"""Conv1DTranspose, Conv2DTranspose, Conv3DTranspose."""

from __future__ import annotations

from typing import Any

from keraslite import errors, ops, ranges
from keraslite.layers.convolution.base import BaseConvolution
from keraslite.layers.roles import add_weight, set_roles
from keraslite.serialization import builtin, given


class _ConvTranspose(BaseConvolution):
    argument_checks = ranges.checks(output_padding=lambda cls: ranges.sizes(cls.rank, 0) | None)

    def __init__(self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid",
                 output_padding: Any = None, data_format: str | None = None, dilation_rate: Any = 1,
                 activation: Any = None, use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
                 bias_initializer: Any = "zeros", kernel_regularizer: Any = None, bias_regularizer: Any = None,
                 activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None,
                 **kwargs: Any):  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = filters
        self._setup(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias)
        set_roles(self, locals())
        self.output_padding = output_padding
        if any(out >= step for out, step in zip(output_padding or (), self.strides, strict=False)):
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

    def __init__(self, filters: int, kernel_size: Any, strides: Any = (1, 1, 1), padding: str = "valid",
                 data_format: str | None = None, output_padding: Any = None, dilation_rate: Any = (1, 1, 1),
                 activation: Any = None, use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
                 bias_initializer: Any = "zeros", kernel_regularizer: Any = None, bias_regularizer: Any = None,
                 activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None,
                 **kwargs: Any):  # fmt: skip
        super().__init__(**given(locals()))
