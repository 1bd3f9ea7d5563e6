"""What the convolution layers share."""

from __future__ import annotations

from typing import Any

from keraslite import activations, check, config, errors, ops
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.roles import set_roles

FORMATS = ("channels_last", "channels_first")


class BaseConvolution(Layer):
    """Arguments and checks of every convolution; `rank` spatial axes."""

    rank: int
    strides: Any
    dilation_rate: Any
    bias: Any
    config_omits = frozenset()
    paddings = ("valid", "same")

    def _setup(self, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, **shared):
        """Check what all convolutions take. `shared`: initializers, regularizers and constraints by name."""
        name = type(self).__name__
        self.kernel_size = check.int_tuple(kernel_size, self.rank, "kernel_size", name)
        self.strides = check.int_tuple(strides, self.rank, "strides", name)
        self.dilation_rate = check.int_tuple(dilation_rate, self.rank, "dilation_rate", name)
        self.padding = check.one_of(str(padding).lower(), self.paddings, "padding", name)
        data_format = config.image_data_format() if data_format is None else data_format
        self.data_format = check.one_of(data_format, FORMATS, "data_format", name)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise errors.ArgumentError(
                f"`{name}` needs `strides` or `dilation_rate` to be 1. Received strides={self.strides} and "
                f"dilation_rate={self.dilation_rate}."
            )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        set_roles(self, **shared)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else 1

    def _channels(self, input_shape) -> int:
        channels = input_shape[self._channel_axis]
        if channels is None:
            raise errors.ArgumentError(
                f"`{type(self).__name__}` needs a known number of channels (axis {self._channel_axis}). Received "
                f"input_shape={tuple(input_shape)}."
            )
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channel_axis: channels})
        return channels

    def _weight(self, name: str, shape, role: str):
        """A weight whose initializer, regularizer and constraint are those of `role`, such as "kernel"."""
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=getattr(self, f"{role}_initializer"),
            regularizer=getattr(self, f"{role}_regularizer"),
            constraint=getattr(self, f"{role}_constraint"),
        )

    def _finish(self, x):
        """Bias and activation."""
        if self.bias is not None:
            bias = self.bias
            if self.data_format == "channels_first":
                bias = ops.reshape(bias, (1, -1, *(1,) * self.rank))
            x = ops.add(x, bias)
        return self.activation(x)

    def _pad_causal(self, inputs):
        """Zeros before the first step, so that no output sees a later step."""
        before = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        last = self.data_format == "channels_last"
        return ops.pad(inputs, ((0, 0), (before, 0), (0, 0)) if last else ((0, 0), (0, 0), (before, 0)))
