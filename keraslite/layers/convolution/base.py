"""What the convolution layers share."""

from __future__ import annotations

from typing import ClassVar, Unpack

from keraslite import activations, errors, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
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
    LayerOptions,
    RegularizerLike,
)
from keraslite.variable import Variable


class BaseConvolution(Layer):
    """What every convolution over `rank` spatial axes keeps and checks.

    The constructor gets checked arguments: tuples with one int per axis. Each kind of convolution has a constructor
    that declares its parameters in Keras's order and passes them on to this one. Its classes of several axes show
    tuples as defaults of `strides` and `dilation_rate`, as in Keras.
    """

    rank: ClassVar[int]
    bias: Variable | None
    bias_initializer: InitializerRole = initializer()
    bias_regularizer: RegularizerRole = regularizer()
    bias_constraint: ConstraintRole = constraint()
    config_omits = frozenset()
    strided_and_dilated = False  # whether both may be above 1, as in Keras
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")
    argument_checks = ranges.checks(
        kernel_size=lambda cls: ranges.sizes(cls.rank),
        strides=lambda cls: ranges.sizes(cls.rank),
        padding=lambda cls: ranges.one_of(*cls.paddings, fold=True),
        data_format=FORMAT,
        dilation_rate=lambda cls: ranges.sizes(cls.rank),
        filters=ranges.positive_int,
        depth_multiplier=ranges.positive_int,
        groups=ranges.positive_int,
        use_bias=ranges.flag,
    )

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if vars(cls).get("rank", 1) > 1:
            cls.shown_defaults = {"strides": (1,) * cls.rank, "dilation_rate": (1,) * cls.rank}

    def __init__(
        self,
        *,
        kernel_size: tuple[int, ...],
        strides: tuple[int, ...],
        padding: CausalPadding,
        data_format: DataFormat,
        dilation_rate: tuple[int, ...],
        activation: ActivationLike,
        use_bias: bool,
        bias_initializer: InitializerLike,
        bias_regularizer: RegularizerLike,
        bias_constraint: ConstraintLike,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        name = type(self).__name__
        self.kernel_size, self.strides, self.dilation_rate = kernel_size, strides, dilation_rate
        self.padding, self.data_format = padding, known_format(data_format)
        if not self.strided_and_dilated and max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise errors.ArgumentError(
                f"`{name}` needs `strides` or `dilation_rate` to be 1. Received strides={self.strides} and "
                f"dilation_rate={self.dilation_rate}."
            )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.bias_initializer = bias_initializer
        self.bias_regularizer = bias_regularizer
        self.bias_constraint = bias_constraint
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else 1

    def _channels(self, input_shape: InputShape) -> int:
        channels = input_shape[self._channel_axis]
        if channels is None:
            raise errors.ArgumentError(
                f"`{type(self).__name__}` needs a known number of channels (axis {self._channel_axis}). Received "
                f"input_shape={tuple(input_shape)}."
            )
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channel_axis: channels})
        return channels

    def _finish(self, x: Tensor) -> Tensor:
        """Bias and activation."""
        if self.bias is not None:
            bias = self.bias
            if self.data_format == "channels_first":
                bias = ops.reshape(bias, (1, -1, *(1,) * self.rank))
            x = ops.add(x, bias)
        return self.activation(x)

    def _pad_causal(self, inputs: Tensor) -> Tensor:
        """Zeros before the first step, so that no output sees a later step."""
        before = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        last = self.data_format == "channels_last"
        return ops.pad(inputs, ((0, 0), (before, 0), (0, 0)) if last else ((0, 0), (0, 0), (before, 0)))
