"""Conv1D, Conv2D, Conv3D."""

from __future__ import annotations

from typing import Unpack

from keraslite import errors, ops
from keraslite.backend.contract import Tensor
from keraslite.layers.convolution.base import BaseConvolution
from keraslite.layers.lora import LowRank
from keraslite.layers.names import stated
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
    InputShape,
    IntOrTuple,
    NamedOptions,
    RegularizerLike,
)
from keraslite.serialization import builtin
from keraslite.variable import Variable


class _Conv(LowRank, BaseConvolution):
    """A convolution with one kernel `(*kernel_size, channels / groups, filters)`."""

    kernel: Variable = stated("The kernel, `(*kernel_size, channels / groups, filters)`.")
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

    def build(self, input_shape: InputShape) -> None:
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise errors.ArgumentError(
                f"`{type(self).__name__}` needs as many channels as a multiple of `groups`. Received {channels} "
                f"channels (input_shape={tuple(input_shape)}), groups={self.groups}."
            )
        self.kernel = add_weight(self, "kernel", (*self.kernel_size, channels // self.groups, self.filters))
        self.bias = add_weight(self, "bias", (self.filters,)) if self.use_bias else None
        self._start_lora()

    def convolution_op(self, inputs: Tensor, kernel: Tensor | Variable) -> Tensor:
        """The convolution alone."""
        padding = self.padding
        if padding == "causal":
            inputs, padding = self._pad_causal(inputs), "valid"
        return ops.conv(inputs, kernel, self.strides, padding, self.data_format, self.dilation_rate)

    def call(self, inputs: Tensor) -> Tensor:
        return self._finish(self.convolution_op(inputs, self.kernel))


@builtin("keras.layers")
class Conv1D(_Conv):
    """Convolves its input over its steps.

    The input's windows are multiplied by a kernel that is learned: `activation(convolution(x, kernel) + bias)`. The
    kernel is not flipped.

    Args:
        filters: number of output channels, a positive int.
        kernel_size: size of the window, a positive int.
        strides: how far the window moves from one output to the next, a positive int. Default: 1.
        padding: "valid" (windows lie inside the input), "same" (zeros are added at both ends, so that the size becomes
            `ceil(size / stride)`) or "causal" (zeros are added in front, so that no output depends on later steps), in
            any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        dilation_rate: distance between neighbouring elements of the window, a positive int. Default: 1.
        groups: number of groups that the channels are split into. Each group is convolved with filters of its own. It
            divides `filters` and the input's channels. Default: 1.
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
        `kernel`, shape `(kernel_size, channels / groups, filters)`, and `bias`, shape `(filters,)`, if `use_bias`.

    Raises:
        ArgumentError: if an argument is outside its range, if `filters` is no multiple of `groups`, or if `strides` and
            `dilation_rate` are both above 1; when it is built, if the number of channels is not known or no multiple of
            `groups`.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Conv1D(16, 3, padding="same", activation="relu")(Input((8, 3))).shape
        (None, 8, 16)
    """

    rank = 1
    paddings = ("valid", "same", "causal")


@builtin("keras.layers")
class Conv2D(_Conv):
    """Convolves its input over its rows and columns.

    The input's windows are multiplied by a kernel that is learned: `activation(convolution(x, kernel) + bias)`. The
    kernel is not flipped.

    Args:
        filters: number of output channels, a positive int.
        kernel_size: size of the window, a positive int for all axes or 2 of them.
        strides: how far the window moves from one output to the next, a positive int for all axes or 2 of them.
            Default: 1.
        padding: "valid" (windows lie inside the input) or "same" (zeros are added at both ends, so that each spatial
            size becomes `ceil(size / stride)`), in any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        dilation_rate: distance between neighbouring elements of the window, a positive int for all axes or 2 of them.
            Default: 1.
        groups: number of groups that the channels are split into. Each group is convolved with filters of its own. It
            divides `filters` and the input's channels. Default: 1.
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
        `kernel`, shape `(*kernel_size, channels / groups, filters)`, and `bias`, shape `(filters,)`, if `use_bias`.

    Raises:
        ArgumentError: if an argument is outside its range, if `filters` is no multiple of `groups`, or if `strides` and
            `dilation_rate` are both above 1; when it is built, if the number of channels is not known or no multiple of
            `groups`.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Conv2D(16, 3, padding="same", activation="relu")(Input((8, 8, 3))).shape
        (None, 8, 8, 16)
    """

    rank = 2


@builtin("keras.layers")
class Conv3D(_Conv):
    """Convolves its input over its three spatial axes.

    The input's windows are multiplied by a kernel that is learned: `activation(convolution(x, kernel) + bias)`. The
    kernel is not flipped.

    Args:
        filters: number of output channels, a positive int.
        kernel_size: size of the window, a positive int for all axes or 3 of them.
        strides: how far the window moves from one output to the next, a positive int for all axes or 3 of them.
            Default: 1.
        padding: "valid" (windows lie inside the input) or "same" (zeros are added at both ends, so that each spatial
            size becomes `ceil(size / stride)`), in any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        dilation_rate: distance between neighbouring elements of the window, a positive int for all axes or 3 of them.
            Default: 1.
        groups: number of groups that the channels are split into. Each group is convolved with filters of its own. It
            divides `filters` and the input's channels. Default: 1.
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
        `kernel`, shape `(*kernel_size, channels / groups, filters)`, and `bias`, shape `(filters,)`, if `use_bias`.

    Raises:
        ArgumentError: if an argument is outside its range, if `filters` is no multiple of `groups`, or if `strides` and
            `dilation_rate` are both above 1; when it is built, if the number of channels is not known or no multiple of
            `groups`.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Conv3D(16, 3, padding="same", activation="relu")(Input((8, 8, 8, 3))).shape
        (None, 8, 8, 8, 16)
    """

    rank = 3
