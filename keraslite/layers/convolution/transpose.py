"""Conv1DTranspose, Conv2DTranspose, Conv3DTranspose."""

from __future__ import annotations

from typing import Unpack, cast

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor
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
    InputShape,
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

    def build(self, input_shape: InputShape) -> None:
        channels = self._channels(input_shape)
        self.kernel = add_weight(self, "kernel", (*self.kernel_size, self.filters, channels))
        self.bias = add_weight(self, "bias", (self.filters,)) if self.use_bias else None

    def call(self, inputs: Tensor) -> Tensor:
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
    """Enlarges its input over its steps by a transposed convolution.

    It is the gradient of a convolution for its input: each input element adds a multiple of the kernel to the output.

    Args:
        filters: number of output channels, a positive int.
        kernel_size: size of the window, a positive int.
        strides: by how much the input is enlarged, a positive int. Default: 1.
        padding: "valid" (the output has all places that the input reaches) or "same" (each spatial size becomes
            `size * stride`), in any case. Default: "valid".
        output_padding: how much is added at one end of the output, a non-negative int, each below its stride. None
            derives it from the other arguments. Default: None.
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        dilation_rate: distance between neighbouring elements of the window, a positive int. Default: 1.
        activation: the name of an activation, or a function from tensor to tensor, applied to the result. Default:
            None, the identity.
        use_bias: whether a bias is added. Default: True.
        kernel_initializer: initial values of the kernel: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "glorot_uniform".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        kernel_regularizer: penalty on the kernel, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        activity_regularizer: penalty on the output, divided by the batch size and added to the loss: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        kernel_constraint: projection applied to the kernel after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with `data_format="channels_first"`; floats.

    Output:
        `(batch, steps', filters)`, or `(batch, filters, steps')`, in the compute dtype.

    Weights:
        `kernel`, shape `(kernel_size, filters, channels)`, and `bias`, shape `(filters,)`, if `use_bias`.

    Raises:
        ArgumentError: if an argument is outside its range, if `strides` and `dilation_rate` are both above 1, or if
            `output_padding` is not below `strides`; when it is built, if the number of channels is not known.

    Source:
        Zeiler et al., "Deconvolutional networks", 2010.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Conv1DTranspose(16, 3, strides=2, padding="same")(Input((8, 3))).shape
        (None, 16, 16)
    """

    rank = 1


@builtin("keras.layers")
class Conv2DTranspose(_ConvTranspose):
    """Enlarges its input over its rows and columns by a transposed convolution.

    It is the gradient of a convolution for its input: each input element adds a multiple of the kernel to the output.

    Args:
        filters: number of output channels, a positive int.
        kernel_size: size of the window, a positive int for all axes or 2 of them.
        strides: by how much the input is enlarged, a positive int for all axes or 2 of them. Default: 1.
        padding: "valid" (the output has all places that the input reaches) or "same" (each spatial size becomes
            `size * stride`), in any case. Default: "valid".
        output_padding: how much is added at one end of the output, a non-negative int for all axes or 2 of them, each
            below its stride. None derives it from the other arguments. Default: None.
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        dilation_rate: distance between neighbouring elements of the window, a positive int for all axes or 2 of them.
            Default: 1.
        activation: the name of an activation, or a function from tensor to tensor, applied to the result. Default:
            None, the identity.
        use_bias: whether a bias is added. Default: True.
        kernel_initializer: initial values of the kernel: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "glorot_uniform".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        kernel_regularizer: penalty on the kernel, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        activity_regularizer: penalty on the output, divided by the batch size and added to the loss: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        kernel_constraint: projection applied to the kernel after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`;
        floats.

    Output:
        `(batch, rows', columns', filters)`, or `(batch, filters, rows', columns')`, in the compute dtype.

    Weights:
        `kernel`, shape `(*kernel_size, filters, channels)`, and `bias`, shape `(filters,)`, if `use_bias`.

    Raises:
        ArgumentError: if an argument is outside its range, if `strides` and `dilation_rate` are both above 1, or if
            `output_padding` is not below `strides`; when it is built, if the number of channels is not known.

    Source:
        Zeiler et al., "Deconvolutional networks", 2010.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Conv2DTranspose(16, 3, strides=2, padding="same")(Input((8, 8, 3))).shape
        (None, 16, 16, 16)
    """

    rank = 2


@builtin("keras.layers")
class Conv3DTranspose(_ConvTranspose):
    """Enlarges its input over its three spatial axes by a transposed convolution.

    It is the gradient of a convolution for its input: each input element adds a multiple of the kernel to the output.

    Args:
        filters: number of output channels, a positive int.
        kernel_size: size of the window, a positive int for all axes or 3 of them.
        strides: by how much the input is enlarged, a positive int for all axes or 3 of them. Default: 1.
        padding: "valid" (the output has all places that the input reaches) or "same" (each spatial size becomes
            `size * stride`), in any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        output_padding: how much is added at one end of the output, a non-negative int for all axes or 3 of them, each
            below its stride. None derives it from the other arguments. Default: None.
        dilation_rate: distance between neighbouring elements of the window, a positive int for all axes or 3 of them.
            Default: 1.
        activation: the name of an activation, or a function from tensor to tensor, applied to the result. Default:
            None, the identity.
        use_bias: whether a bias is added. Default: True.
        kernel_initializer: initial values of the kernel: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "glorot_uniform".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        kernel_regularizer: penalty on the kernel, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        activity_regularizer: penalty on the output, divided by the batch size and added to the loss: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        kernel_constraint: projection applied to the kernel after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, x, y, z, channels)`, or `(batch, channels, x, y, z)` with `data_format="channels_first"`; floats.

    Output:
        `(batch, x', y', z', filters)`, or `(batch, filters, x', y', z')`, in the compute dtype.

    Weights:
        `kernel`, shape `(*kernel_size, filters, channels)`, and `bias`, shape `(filters,)`, if `use_bias`.

    Raises:
        ArgumentError: if an argument is outside its range, if `strides` and `dilation_rate` are both above 1, or if
            `output_padding` is not below `strides`; when it is built, if the number of channels is not known.

    Source:
        Zeiler et al., "Deconvolutional networks", 2010.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Conv3DTranspose(16, 3, strides=2, padding="same")(Input((8, 8, 8, 3))).shape
        (None, 16, 16, 16, 16)
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
