"""ConvLSTM1D, ConvLSTM2D, ConvLSTM3D."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Unpack

from keraslite import ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.formats import FORMAT
from keraslite.layers.passing_on import passes_on
from keraslite.layers.recurrent.conv_lstm_cell import ConvLSTMCell
from keraslite.layers.recurrent.gated import GatedRNN, of_cell
from keraslite.layers.recurrent.states import States
from keraslite.layers.types import (
    ActivationLike,
    ConstraintLike,
    ConvRecurrentOptions,
    DataFormat,
    InitializerLike,
    IntOrTuple,
    Padding,
    RegularizerLike,
)
from keraslite.ops.recurrent import convolutions_at_once
from keraslite.serialization import builtin


class _ConvLSTM(GatedRNN):
    """A ConvLSTM over `rank` spatial axes."""

    rank: ClassVar[int]
    cell_class = ConvLSTMCell
    recurrent_activation: Callable[..., Tensor] = of_cell("recurrent_activation")
    unit_forget_bias: bool = of_cell("unit_forget_bias")
    filters: int = of_cell("filters")
    kernel_size: tuple[int, ...] = of_cell("kernel_size")
    strides: tuple[int, ...] = of_cell("strides")
    padding: str = of_cell("padding")
    data_format: str = of_cell("data_format")
    dilation_rate: tuple[int, ...] = of_cell("dilation_rate")

    argument_checks = ranges.checks(
        filters=ranges.positive_int,
        kernel_size=lambda cls: ranges.sizes(cls.rank),
        strides=lambda cls: ranges.sizes(cls.rank),
        padding=ranges.one_of("valid", "same", fold=True),
        data_format=FORMAT,
        dilation_rate=lambda cls: ranges.sizes(cls.rank),
    )

    @passes_on()
    def __init__(
        self,
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
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        recurrent_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Unpack[ConvRecurrentOptions],
    ) -> None: ...

    def cell_options(self) -> dict[str, object]:
        return {"rank": self.rank}

    def _unrolled(self, sequences: Tensor) -> int:
        length = sequences.shape[1]
        if not self.unroll and isinstance(length, int) and 0 < length <= convolutions_at_once():
            return length
        return super()._unrolled(sequences)

    def first_states(self, sequences: Tensor) -> list[States]:
        return self.cell.states_for(sequences)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "unroll": self.unroll}


@builtin("keras.layers")
class ConvLSTM1D(_ConvLSTM):
    """Runs a convolutional LSTM over the steps of a sequence of rows.

    It is an LSTM whose matrix products are convolutions: of the step's input with `kernel`, and of the state h with
    `recurrent_kernel`, which keeps the sizes of h ("same" padding). The states start from zeros.

    Args:
        filters: number of channels of the output, a positive int.
        kernel_size: size of the window, a positive int.
        strides: how far the window moves over the input, a positive int. Default: 1.
        padding: how the input is padded: "valid" (windows lie inside the input) or "same" (zeros are added at both
            ends, so that each spatial size becomes `ceil(size / stride)`), in any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 2), or None for `config.image_data_format()`.
            Default: None.
        dilation_rate: distance between neighbouring elements of the window over the input, a positive int.
            Default: 1.
        activation: the name of an activation or a function, applied to the candidate state and the output. Default:
            "tanh".
        recurrent_activation: the name of an activation or a function, applied to the gates. Default: "sigmoid".
        use_bias: whether a bias is added. Default: True.
        kernel_initializer: initial values of the kernel: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "glorot_uniform".
        recurrent_initializer: initial values of the recurrent kernel: the name of an initializer, an `Initializer`, a
            function of `(shape, dtype)` or an array. Default: "orthogonal".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        unit_forget_bias: whether the forget gate's bias starts as 1 (Jozefowicz et al., 2015). Default: True.
        kernel_regularizer: penalty on the kernel, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        recurrent_regularizer: penalty on the recurrent kernel, added to the loss: the name of a regularizer, a
            `Regularizer` or a function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        activity_regularizer: penalty on the output, divided by the batch size and added to the loss: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        kernel_constraint: projection applied to the kernel after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        recurrent_constraint: projection applied to the recurrent kernel after each training step: the name of a
            constraint, a `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        dropout: fraction of the input that is dropped in training, in [0, 1]. One mask serves all steps. Default: 0.0.
        recurrent_dropout: fraction of the state that is dropped in training, in [0, 1]. One mask serves all steps.
            Default: 0.0.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        return_sequences: whether the output has all steps, or only the last one. Default: False.
        return_state: whether the final states follow the output. Default: False.
        go_backwards: whether the steps are read from the last to the first. All outputs then come in that order.
            Default: False.
        stateful: whether a batch starts from the states that the last batch ended with, until `reset_state()`. It needs
            a known batch size and known spatial sizes. Default: False.
        **kwargs: `unroll` (whether the steps are written out instead of looped, default False), `zero_output_for_mask`
            (whether the output of a masked step is zero instead of the previous output, default False), and the
            keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, places, channels)`, or `(batch, steps, channels, places)` with
        `data_format="channels_first"`; floats.

    Output:
        `(batch, places', filters)`, or `(batch, steps, places', filters)` with `return_sequences`;
        channels first with `data_format="channels_first"`. With `return_state` a tuple of that and the states. In the
        compute dtype.

    States:
        h, the output, and c, of the shape of the last step's output each.

    Weights:
        `kernel`, shape `(*kernel_size, channels, 4 * filters)`, `recurrent_kernel`, shape
        `(*kernel_size, filters, 4 * filters)`, and `bias`, shape `(4 * filters,)`, if `use_bias`. Gates lie along the
        last axis in the order input, forget, candidate, output.

    Calls:
        A call takes `initial_state` (a list of states), `mask` (`(batch, steps)`, bool; a masked step leaves the
        states as they are) and `training`.

    Raises:
        ArgumentError: if an argument is outside its range, or if `strides` and `dilation_rate` are both above 1; in a
            call, if the input has another number of axes, if the number of channels is not known, or if `stateful`
            lacks known sizes.

    Source:
        Shi et al., "Convolutional LSTM network", 2015.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.ConvLSTM1D(4, 3, padding="same")(Input((5, 8, 3))).shape
        (None, 8, 4)
    """

    rank = 1


@builtin("keras.layers")
class ConvLSTM2D(_ConvLSTM):
    """Runs a convolutional LSTM over the steps of a sequence of images.

    It is an LSTM whose matrix products are convolutions: of the step's input with `kernel`, and of the state h with
    `recurrent_kernel`, which keeps the sizes of h ("same" padding). The states start from zeros.

    Args:
        filters: number of channels of the output, a positive int.
        kernel_size: size of the window, a positive int for all axes or 2 of them.
        strides: how far the window moves over the input, a positive int for all axes or 2 of them. Default: 1.
        padding: how the input is padded: "valid" (windows lie inside the input) or "same" (zeros are added at both
            ends, so that each spatial size becomes `ceil(size / stride)`), in any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 2), or None for `config.image_data_format()`.
            Default: None.
        dilation_rate: distance between neighbouring elements of the window over the input, a positive int for all axes
            or 2 of them. Default: 1.
        activation: the name of an activation or a function, applied to the candidate state and the output. Default:
            "tanh".
        recurrent_activation: the name of an activation or a function, applied to the gates. Default: "sigmoid".
        use_bias: whether a bias is added. Default: True.
        kernel_initializer: initial values of the kernel: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "glorot_uniform".
        recurrent_initializer: initial values of the recurrent kernel: the name of an initializer, an `Initializer`, a
            function of `(shape, dtype)` or an array. Default: "orthogonal".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        unit_forget_bias: whether the forget gate's bias starts as 1 (Jozefowicz et al., 2015). Default: True.
        kernel_regularizer: penalty on the kernel, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        recurrent_regularizer: penalty on the recurrent kernel, added to the loss: the name of a regularizer, a
            `Regularizer` or a function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        activity_regularizer: penalty on the output, divided by the batch size and added to the loss: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        kernel_constraint: projection applied to the kernel after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        recurrent_constraint: projection applied to the recurrent kernel after each training step: the name of a
            constraint, a `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        dropout: fraction of the input that is dropped in training, in [0, 1]. One mask serves all steps. Default: 0.0.
        recurrent_dropout: fraction of the state that is dropped in training, in [0, 1]. One mask serves all steps.
            Default: 0.0.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        return_sequences: whether the output has all steps, or only the last one. Default: False.
        return_state: whether the final states follow the output. Default: False.
        go_backwards: whether the steps are read from the last to the first. All outputs then come in that order.
            Default: False.
        stateful: whether a batch starts from the states that the last batch ended with, until `reset_state()`. It needs
            a known batch size and known spatial sizes. Default: False.
        **kwargs: `unroll` (whether the steps are written out instead of looped, default False), `zero_output_for_mask`
            (whether the output of a masked step is zero instead of the previous output, default False), and the
            keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, rows, columns, channels)`, or `(batch, steps, channels, rows, columns)` with
        `data_format="channels_first"`; floats.

    Output:
        `(batch, rows', columns', filters)`, or `(batch, steps, rows', columns', filters)` with `return_sequences`;
        channels first with `data_format="channels_first"`. With `return_state` a tuple of that and the states. In the
        compute dtype.

    States:
        h, the output, and c, of the shape of the last step's output each.

    Weights:
        `kernel`, shape `(*kernel_size, channels, 4 * filters)`, `recurrent_kernel`, shape
        `(*kernel_size, filters, 4 * filters)`, and `bias`, shape `(4 * filters,)`, if `use_bias`. Gates lie along the
        last axis in the order input, forget, candidate, output.

    Calls:
        A call takes `initial_state` (a list of states), `mask` (`(batch, steps)`, bool; a masked step leaves the
        states as they are) and `training`.

    Raises:
        ArgumentError: if an argument is outside its range, or if `strides` and `dilation_rate` are both above 1; in a
            call, if the input has another number of axes, if the number of channels is not known, or if `stateful`
            lacks known sizes.

    Source:
        Shi et al., "Convolutional LSTM network", 2015.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.ConvLSTM2D(4, 3, padding="same")(Input((5, 8, 8, 3))).shape
        (None, 8, 8, 4)
    """

    rank = 2


@builtin("keras.layers")
class ConvLSTM3D(_ConvLSTM):
    """Runs a convolutional LSTM over the steps of a sequence of volumes.

    It is an LSTM whose matrix products are convolutions: of the step's input with `kernel`, and of the state h with
    `recurrent_kernel`, which keeps the sizes of h ("same" padding). The states start from zeros.

    Args:
        filters: number of channels of the output, a positive int.
        kernel_size: size of the window, a positive int for all axes or 3 of them.
        strides: how far the window moves over the input, a positive int for all axes or 3 of them. Default: 1.
        padding: how the input is padded: "valid" (windows lie inside the input) or "same" (zeros are added at both
            ends, so that each spatial size becomes `ceil(size / stride)`), in any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 2), or None for `config.image_data_format()`.
            Default: None.
        dilation_rate: distance between neighbouring elements of the window over the input, a positive int for all axes
            or 3 of them. Default: 1.
        activation: the name of an activation or a function, applied to the candidate state and the output. Default:
            "tanh".
        recurrent_activation: the name of an activation or a function, applied to the gates. Default: "sigmoid".
        use_bias: whether a bias is added. Default: True.
        kernel_initializer: initial values of the kernel: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "glorot_uniform".
        recurrent_initializer: initial values of the recurrent kernel: the name of an initializer, an `Initializer`, a
            function of `(shape, dtype)` or an array. Default: "orthogonal".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        unit_forget_bias: whether the forget gate's bias starts as 1 (Jozefowicz et al., 2015). Default: True.
        kernel_regularizer: penalty on the kernel, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        recurrent_regularizer: penalty on the recurrent kernel, added to the loss: the name of a regularizer, a
            `Regularizer` or a function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        activity_regularizer: penalty on the output, divided by the batch size and added to the loss: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        kernel_constraint: projection applied to the kernel after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        recurrent_constraint: projection applied to the recurrent kernel after each training step: the name of a
            constraint, a `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        dropout: fraction of the input that is dropped in training, in [0, 1]. One mask serves all steps. Default: 0.0.
        recurrent_dropout: fraction of the state that is dropped in training, in [0, 1]. One mask serves all steps.
            Default: 0.0.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        return_sequences: whether the output has all steps, or only the last one. Default: False.
        return_state: whether the final states follow the output. Default: False.
        go_backwards: whether the steps are read from the last to the first. All outputs then come in that order.
            Default: False.
        stateful: whether a batch starts from the states that the last batch ended with, until `reset_state()`. It needs
            a known batch size and known spatial sizes. Default: False.
        **kwargs: `unroll` (whether the steps are written out instead of looped, default False), `zero_output_for_mask`
            (whether the output of a masked step is zero instead of the previous output, default False), and the
            keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, x, y, z, channels)`, or `(batch, steps, channels, x, y, z)` with
        `data_format="channels_first"`; floats.

    Output:
        `(batch, x', y', z', filters)`, or `(batch, steps, x', y', z', filters)` with `return_sequences`;
        channels first with `data_format="channels_first"`. With `return_state` a tuple of that and the states. In the
        compute dtype.

    States:
        h, the output, and c, of the shape of the last step's output each.

    Weights:
        `kernel`, shape `(*kernel_size, channels, 4 * filters)`, `recurrent_kernel`, shape
        `(*kernel_size, filters, 4 * filters)`, and `bias`, shape `(4 * filters,)`, if `use_bias`. Gates lie along the
        last axis in the order input, forget, candidate, output.

    Calls:
        A call takes `initial_state` (a list of states), `mask` (`(batch, steps)`, bool; a masked step leaves the
        states as they are) and `training`.

    Raises:
        ArgumentError: if an argument is outside its range, or if `strides` and `dilation_rate` are both above 1; in a
            call, if the input has another number of axes, if the number of channels is not known, or if `stateful`
            lacks known sizes.

    Source:
        Shi et al., "Convolutional LSTM network", 2015.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.ConvLSTM3D(4, 3, padding="same")(Input((5, 8, 8, 8, 3))).shape
        (None, 8, 8, 8, 4)
    """

    rank = 3
