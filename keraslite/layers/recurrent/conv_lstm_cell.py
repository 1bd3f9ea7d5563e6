"""The cell of ConvLSTM1D, ConvLSTM2D and ConvLSTM3D."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from keraslite import activations, errors, ops
from keraslite.backend.contract import Tensor
from keraslite.layers.formats import known_format
from keraslite.layers.recurrent.cell import GatedCell
from keraslite.layers.recurrent.lstm import forget_bias
from keraslite.layers.recurrent.states import BatchSize, DropoutMasks, Sizes, States
from keraslite.layers.roles import add_weight
from keraslite.layers.types import (
    ActivationLike,
    CellOptions,
    ConstraintLike,
    DataFormat,
    InitializerLike,
    InputShape,
    IntOrTuple,
    Padding,
    RegularizerLike,
)
from keraslite.ops.convolution import window_count
from keraslite.ops.recurrent import lstm_step
from keraslite.serialization import builtin


def _per_axis(size: IntOrTuple, rank: int) -> tuple[int, ...]:
    return (size,) * rank if isinstance(size, int) else tuple(size)


@builtin("keras.layers")
class ConvLSTMCell(GatedCell):
    """Takes one step of a ConvLSTM: an LSTM whose matrix products are convolutions.

    The input is convolved as in a convolution layer. The state h is convolved with "same" padding and strides of 1, so
    that it keeps its sizes.

    Args:
        rank: number of spatial axes, 1 to 3.
        filters: number of channels of the output, a positive int.
        kernel_size: size of the window, a positive int for all axes or one per axis.
        strides: how far the window moves over the input. Default: 1.
        padding: "valid" or "same". Default: "valid".
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        dilation_rate: distance between neighbouring elements of the window over the input. Default: 1.
        activation: of the candidate state and the output. Default: "tanh".
        recurrent_activation: of the gates. Default: "sigmoid".
        use_bias: whether a bias is added. Default: True.
        kernel_initializer, recurrent_initializer, bias_initializer: initial values of the weights.
        unit_forget_bias: whether the forget gate's bias starts as 1. Default: True.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties on the weights.
        kernel_constraint, recurrent_constraint, bias_constraint: projections of the weights after training steps.
        dropout: fraction of the input that is dropped in training. Default: 0.0.
        recurrent_dropout: fraction of the state that is dropped in training. Default: 0.0.
        seed: a non-negative int, or None. Default: None.
        **kwargs: the keywords of every layer (see `Layer`).
    """

    gates = 4
    state_count = 2
    mask_count = 4

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: IntOrTuple,
        strides: IntOrTuple = 1,
        padding: Padding = "valid",
        data_format: DataFormat = None,
        dilation_rate: IntOrTuple = 1,
        activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        recurrent_initializer: InitializerLike = "orthogonal",
        bias_initializer: InitializerLike = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: RegularizerLike = None,
        recurrent_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        recurrent_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Unpack[CellOptions],
    ) -> None:
        super().__init__(
            units=filters,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            **kwargs,
        )
        self.rank, self.filters = rank, filters
        self.kernel_size, self.strides = _per_axis(kernel_size, rank), _per_axis(strides, rank)
        self.dilation_rate = _per_axis(dilation_rate, rank)
        self.padding, self.data_format = padding, known_format(data_format)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise errors.ArgumentError(
                f"`ConvLSTM{rank}D` needs `strides` or `dilation_rate` to be 1. Received strides={self.strides} and "
                f"dilation_rate={self.dilation_rate}."
            )
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    # ---- sizes --------------------------------------------------------------------------------------------------

    @property
    def sequence_rank(self) -> int:
        """The number of axes of sequences."""
        return self.rank + 3

    @property
    def feature_axis(self) -> int:
        """The axis of the channels of sequences."""
        return -1 if self.data_format == "channels_last" else 2

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else 1

    def _state_sizes(self, step: Sizes) -> Sizes:
        """The shape of each state for the shape of a step's input."""
        last = self.data_format == "channels_last"
        spatial = step[1:-1] if last else step[2:]
        windows = zip(spatial, self.kernel_size, self.strides, self.dilation_rate, strict=True)
        where = f"ConvLSTM{self.rank}D"
        sizes = [
            None if n is None else window_count(n, (window - 1) * dilation + 1, stride, self.padding, where)
            for n, window, stride, dilation in windows
        ]
        return (step[0], *sizes, self.filters) if last else (step[0], self.filters, *sizes)

    def build(self, input_shape: InputShape) -> None:
        channels = input_shape[self._channel_axis]
        if channels is None:
            raise errors.ArgumentError(
                f"`ConvLSTM{self.rank}D` needs a known number of channels. Received an input of shape "
                f"{tuple(input_shape)} per step."
            )
        self._step_sizes = tuple(input_shape[1:])
        width = self.gates * self.filters
        self.kernel = add_weight(self, "kernel", (*self.kernel_size, channels, width))
        self.recurrent_kernel = add_weight(
            self, "recurrent_kernel", (*self.kernel_size, self.filters, width), "recurrent"
        )
        self.bias = None
        if self.use_bias:
            self.bias = add_weight(self, "bias", self.bias_shape(), initializer=self.initial_bias)

    def initial_bias(self, shape: Sequence[int], dtype: str | None = None) -> np.ndarray:
        bias = super().initial_bias(shape, dtype=dtype)
        return forget_bias(bias, self.filters) if self.unit_forget_bias else bias

    def get_initial_state(self, batch_size: BatchSize = None) -> list[States]:
        """Return zeros for each state, of the sizes that the cell was built for.

        Args:
            batch_size: the number of sequences.
        """
        sizes = self._state_sizes((batch_size, *self._step_sizes))
        if None in sizes[1:]:
            raise errors.ArgumentError(
                f"`ConvLSTM{self.rank}D` needs known sizes for its states. Received an input of shape "
                f"{self._step_sizes} per step. Give the sizes of the model's Input."
            )
        return [ops.zeros(sizes, dtype=self.compute_dtype) for _ in range(self.state_count)]

    def states_for(self, sequences: Tensor) -> list[States]:
        """Return zeros for each state, of the sizes of the outputs for some sequences.

        Args:
            sequences: `(batch, steps, ...)`.
        """
        batch_size, _, *sizes = ops.shape(sequences)
        state = self._state_sizes((batch_size, *sizes))
        return [ops.zeros(state, dtype=self.compute_dtype) for _ in range(self.state_count)]

    def dropout_masks(self, batch_size: BatchSize, training: bool) -> DropoutMasks:
        step = (batch_size, *self._step_sizes)
        return self._draw(step, self._state_sizes(step), training)

    # ---- steps --------------------------------------------------------------------------------------------------

    def project(self, inputs: Tensor, masks: DropoutMasks) -> Tensor:
        inputs = self.dropped(inputs, masks)
        if len(inputs.shape) < self.sequence_rank:
            return self.input_conv(inputs, self.kernel, self.bias)
        batch_size, steps, *sizes = ops.shape(inputs)
        projected = self.input_conv(ops.reshape(inputs, (batch_size * steps, *sizes)), self.kernel, self.bias)
        return ops.reshape(projected, (batch_size, steps, *ops.shape(projected)[1:]))

    def input_conv(self, x: Tensor, w: Tensor, b: Tensor | None = None, padding: Padding | None = None) -> Tensor:
        """Convolve the input of a step.

        Args:
            x: the input.
            w: the kernel.
            b: a bias that is added, or None. Default: None.
            padding: "valid" or "same". Default: None, that of the cell.
        """
        found = ops.conv(x, w, self.strides, padding or self.padding, self.data_format, self.dilation_rate)
        if b is None:
            return found
        return ops.add(found, b if self._channel_axis == -1 else ops.reshape(b, (-1, *(1,) * self.rank)))

    def recurrent_conv(self, x: Tensor, w: Tensor) -> Tensor:
        """Convolve the first state.

        Args:
            x: the state.
            w: the kernel.
        """
        return ops.conv(x, w, 1, "same", self.data_format)

    def step(self, projected: Tensor, states: Sequence[Tensor], masks: DropoutMasks) -> tuple[Tensor, list[Tensor]]:
        h, c = states
        z = ops.add(projected, self.recurrent_conv(self.recurrent_input(h, masks), self.recurrent_kernel))
        h, c = lstm_step(z, c, self.activation, self.recurrent_activation, self._channel_axis)
        return h, [h, c]
