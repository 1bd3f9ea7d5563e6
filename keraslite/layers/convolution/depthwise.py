"""DepthwiseConv1D, DepthwiseConv2D."""

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

    def build(self, input_shape: InputShape) -> None:
        channels = self._channels(input_shape)
        self.kernel = add_weight(self, "kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise")
        self.bias = add_weight(self, "bias", (channels * self.depth_multiplier,)) if self.use_bias else None

    def call(self, inputs: Tensor) -> Tensor:
        return self._finish(
            ops.depthwise_conv(inputs, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate)
        )


@builtin("keras.layers")
class DepthwiseConv1D(_DepthwiseConv):
    """Convolves each channel over the steps with filters of its own.

    Args:
        kernel_size: size of the window, a positive int.
        strides: how far the window moves from one output to the next, a positive int. Default: 1.
        padding: "valid" (windows lie inside the input) or "same" (zeros are added at both ends, so that each spatial
            size becomes `ceil(size / stride)`), in any case. Default: "valid".
        depth_multiplier: number of filters per input channel, a positive int. Default: 1.
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        dilation_rate: distance between neighbouring elements of the window, a positive int. Default: 1.
        activation: the name of an activation, or a function from tensor to tensor, applied to the result. Default:
            None, the identity.
        use_bias: whether a bias is added. Default: True.
        depthwise_initializer: initial values of the depthwise kernel: the name of an initializer, an `Initializer`, a
            function of `(shape, dtype)` or an array. Default: "glorot_uniform".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        depthwise_regularizer: penalty on the depthwise kernel, added to the loss: the name of a regularizer, a
            `Regularizer` or a function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        activity_regularizer: penalty on the output, divided by the batch size and added to the loss: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        depthwise_constraint: projection applied to the depthwise kernel after each training step: the name of a
            constraint, a `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with `data_format="channels_first"`; floats.

    Output:
        `(batch, steps', channels * depth_multiplier)`, or `(batch, channels * depth_multiplier, steps')`, in the
        compute dtype.

    Weights:
        `kernel`, shape `(kernel_size, channels, depth_multiplier)`, and `bias`, shape `(channels * depth_multiplier,)`,
        if `use_bias`.

    Raises:
        ArgumentError: if an argument is outside its range; when it is built, if the number of channels is not known.

    Source:
        Howard et al., "MobileNets", 2017.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.DepthwiseConv1D(3, depth_multiplier=2)(Input((8, 3))).shape
        (None, 6, 6)
    """

    rank = 1


@builtin("keras.layers")
class DepthwiseConv2D(_DepthwiseConv):
    """Convolves each channel over the rows and columns with filters of its own.

    Args:
        kernel_size: size of the window, a positive int for all axes or 2 of them.
        strides: how far the window moves from one output to the next, a positive int for all axes or 2 of them.
            Default: 1.
        padding: "valid" (windows lie inside the input) or "same" (zeros are added at both ends, so that each spatial
            size becomes `ceil(size / stride)`), in any case. Default: "valid".
        depth_multiplier: number of filters per input channel, a positive int. Default: 1.
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        dilation_rate: distance between neighbouring elements of the window, a positive int for all axes or 2 of them.
            Default: 1.
        activation: the name of an activation, or a function from tensor to tensor, applied to the result. Default:
            None, the identity.
        use_bias: whether a bias is added. Default: True.
        depthwise_initializer: initial values of the depthwise kernel: the name of an initializer, an `Initializer`, a
            function of `(shape, dtype)` or an array. Default: "glorot_uniform".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        depthwise_regularizer: penalty on the depthwise kernel, added to the loss: the name of a regularizer, a
            `Regularizer` or a function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        activity_regularizer: penalty on the output, divided by the batch size and added to the loss: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        depthwise_constraint: projection applied to the depthwise kernel after each training step: the name of a
            constraint, a `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`;
        floats.

    Output:
        `(batch, rows', columns', channels * depth_multiplier)`, or
        `(batch, channels * depth_multiplier, rows', columns')`, in the compute dtype.

    Weights:
        `kernel`, shape `(*kernel_size, channels, depth_multiplier)`, and `bias`, shape
        `(channels * depth_multiplier,)`, if `use_bias`.

    Raises:
        ArgumentError: if an argument is outside its range; when it is built, if the number of channels is not known.

    Source:
        Howard et al., "MobileNets", 2017.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.DepthwiseConv2D(3, depth_multiplier=2)(Input((8, 8, 3))).shape
        (None, 6, 6, 6)
    """

    rank = 2
