"""SeparableConv1D, SeparableConv2D."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops
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

    def build(self, input_shape: InputShape) -> None:
        channels, multiplier = self._channels(input_shape), self.depth_multiplier
        depthwise, pointwise = (*self.kernel_size, channels, multiplier), (channels * multiplier, self.filters)
        self.depthwise_kernel = add_weight(self, "depthwise_kernel", depthwise, "depthwise")
        self.pointwise_kernel = add_weight(self, "pointwise_kernel", (*(1,) * self.rank, *pointwise), "pointwise")
        self.bias = add_weight(self, "bias", (self.filters,)) if self.use_bias else None

    def call(self, inputs: Tensor) -> Tensor:
        padding = self.padding
        if padding == "causal":
            inputs, padding = self._pad_causal(inputs), "valid"
        kernels = (self.depthwise_kernel, self.pointwise_kernel)
        layout = (self.data_format, self.dilation_rate)
        return self._finish(ops.separable_conv(inputs, *kernels, self.strides, padding, *layout))


@builtin("keras.layers")
class SeparableConv1D(_SeparableConv):
    """Convolves each channel over the steps, then mixes the channels at each place.

    A depthwise convolution is followed by one with windows of size 1. It has far fewer weights than `Conv1D`.

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
        depth_multiplier: number of filters per input channel, a positive int. Default: 1.
        activation: the name of an activation, or a function from tensor to tensor, applied to the result. Default:
            None, the identity.
        use_bias: whether a bias is added. Default: True.
        depthwise_initializer: initial values of the depthwise kernel: the name of an initializer, an `Initializer`, a
            function of `(shape, dtype)` or an array. Default: "glorot_uniform".
        pointwise_initializer: initial values of the pointwise kernel: the name of an initializer, an `Initializer`, a
            function of `(shape, dtype)` or an array. Default: "glorot_uniform".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        depthwise_regularizer: penalty on the depthwise kernel, added to the loss: the name of a regularizer, a
            `Regularizer` or a function from tensor to scalar. Default: None.
        pointwise_regularizer: penalty on the pointwise kernel, added to the loss: the name of a regularizer, a
            `Regularizer` or a function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        activity_regularizer: penalty on the output, divided by the batch size and added to the loss: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        depthwise_constraint: projection applied to the depthwise kernel after each training step: the name of a
            constraint, a `Constraint` or a function from tensor to tensor. Default: None.
        pointwise_constraint: projection applied to the pointwise kernel after each training step: the name of a
            constraint, a `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with `data_format="channels_first"`; floats.

    Output:
        `(batch, steps', filters)`, or `(batch, filters, steps')`, in the compute dtype.

    Weights:
        `depthwise_kernel`, shape `(kernel_size, channels, depth_multiplier)`, `pointwise_kernel`, shape
        `(1, channels * depth_multiplier, filters)`, and `bias`, shape `(filters,)`, if `use_bias`.

    Raises:
        ArgumentError: if an argument is outside its range; when it is built, if the number of channels is not known.

    Source:
        Chollet, "Xception: deep learning with depthwise separable convolutions", 2016.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.SeparableConv1D(16, 3, padding="same")(Input((8, 3))).shape
        (None, 8, 16)
    """

    rank = 1
    paddings = ("valid", "same", "causal")


@builtin("keras.layers")
class SeparableConv2D(_SeparableConv):
    """Convolves each channel over the rows and columns, then mixes the channels at each place.

    A depthwise convolution is followed by one with windows of size 1. It has far fewer weights than `Conv2D`.

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
        depth_multiplier: number of filters per input channel, a positive int. Default: 1.
        activation: the name of an activation, or a function from tensor to tensor, applied to the result. Default:
            None, the identity.
        use_bias: whether a bias is added. Default: True.
        depthwise_initializer: initial values of the depthwise kernel: the name of an initializer, an `Initializer`, a
            function of `(shape, dtype)` or an array. Default: "glorot_uniform".
        pointwise_initializer: initial values of the pointwise kernel: the name of an initializer, an `Initializer`, a
            function of `(shape, dtype)` or an array. Default: "glorot_uniform".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        depthwise_regularizer: penalty on the depthwise kernel, added to the loss: the name of a regularizer, a
            `Regularizer` or a function from tensor to scalar. Default: None.
        pointwise_regularizer: penalty on the pointwise kernel, added to the loss: the name of a regularizer, a
            `Regularizer` or a function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        activity_regularizer: penalty on the output, divided by the batch size and added to the loss: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        depthwise_constraint: projection applied to the depthwise kernel after each training step: the name of a
            constraint, a `Constraint` or a function from tensor to tensor. Default: None.
        pointwise_constraint: projection applied to the pointwise kernel after each training step: the name of a
            constraint, a `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`;
        floats.

    Output:
        `(batch, rows', columns', filters)`, or `(batch, filters, rows', columns')`, in the compute dtype.

    Weights:
        `depthwise_kernel`, shape `(*kernel_size, channels, depth_multiplier)`, `pointwise_kernel`, shape
        `(1, 1, channels * depth_multiplier, filters)`, and `bias`, shape `(filters,)`, if `use_bias`.

    Raises:
        ArgumentError: if an argument is outside its range; when it is built, if the number of channels is not known.

    Source:
        Chollet, "Xception: deep learning with depthwise separable convolutions", 2016.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.SeparableConv2D(16, 3, padding="same")(Input((8, 8, 3))).shape
        (None, 8, 8, 16)
    """

    rank = 2
