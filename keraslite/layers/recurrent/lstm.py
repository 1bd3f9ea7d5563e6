"""LSTM and its cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Unpack

import numpy as np

from keraslite import activations, ops
from keraslite.backend.contract import Tensor
from keraslite.layers.passing_on import passes_on
from keraslite.layers.recurrent.cell import GatedCell
from keraslite.layers.recurrent.gated import GatedRNN, of_cell
from keraslite.layers.recurrent.states import DropoutMasks
from keraslite.layers.types import (
    ActivationLike,
    CellOptions,
    ConstraintLike,
    InitializerLike,
    RecurrentOptions,
    RegularizerLike,
)
from keraslite.ops.recurrent import lstm, lstm_step
from keraslite.serialization import builtin


def forget_bias(bias: np.ndarray, units: int) -> np.ndarray:
    """The bias of an LSTM with 1 for the forget gate."""
    result = np.array(ops.convert_to_numpy(bias))
    result[units : 2 * units] = 1
    return result


@builtin("keras.layers")
class LSTMCell(GatedCell):
    """Takes one step of an `LSTM`, a long short-term memory.

    The gates i, f and o (input, forget, output) and the candidate g are affine maps of the step's input and of h. Then
    `c = f * c + i * g` and `h = o * activation(c)`.

    Args:
        units: size of the output's last axis, a positive int.
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
        kernel_constraint: projection applied to the kernel after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        recurrent_constraint: projection applied to the recurrent kernel after each training step: the name of a
            constraint, a `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        dropout: fraction of the input's features that is dropped in training, in [0, 1]. One mask serves all steps.
            Default: 0.0.
        recurrent_dropout: fraction of the state's features that is dropped in training, in [0, 1]. One mask serves all
            steps. Default: 0.0.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, features)`, and a list of states.

    Output:
        `(batch, units)`, and the list of new states.

    States:
        h, the output, and c, `(batch, units)` each.

    Weights:
        `kernel`, shape `(features, 4 * units)`, `recurrent_kernel`, shape `(units, 4 * units)`, and `bias`, shape
        `(4 * units,)`, if `use_bias`. Gates lie along the last axis in the order input, forget, candidate, output.

    Raises:
        ArgumentError: if an argument is outside its range.

    Source:
        Hochreiter & Schmidhuber, "Long short-term memory", 1997; Gers, Schmidhuber & Cummins, "Learning to forget",
        2000. Dropout: Gal & Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks",
        2016.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.RNN(layers.LSTMCell(4))(Input((10, 8))).shape
        (None, 4)
    """

    gates = 4
    state_count = 2
    mask_count = 4

    @passes_on(keeps=("recurrent_activation", "unit_forget_bias"))
    def __init__(
        self,
        units: int,
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
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    def initial_bias(self, shape: Sequence[int], dtype: str | None = None) -> np.ndarray:
        bias = super().initial_bias(shape, dtype=dtype)
        return forget_bias(bias, self.units) if self.unit_forget_bias else bias

    def step(self, projected: Tensor, states: Sequence[Tensor], masks: DropoutMasks) -> tuple[Tensor, list[Tensor]]:
        h, c = states
        z = ops.add(projected, ops.matmul(self.recurrent_input(h, masks), self.recurrent_kernel))
        h, c = lstm_step(z, c, self.activation, self.recurrent_activation)
        return h, [h, c]

    def runs_whole(self) -> bool:
        return self.is_plain(LSTMCell)

    def whole(
        self, inputs: Tensor, states: Sequence[Tensor], mask: Tensor | None, return_sequences: bool, unroll: int
    ) -> tuple[Tensor, list[Tensor]]:
        h, c = states
        output, h, c = lstm(inputs, h, c, self.kernel, self.recurrent_kernel, self.bias, mask, return_sequences, unroll)
        return output, [h, c]


@builtin("keras.layers")
class LSTM(GatedRNN):
    """Runs a long short-term memory over the steps of a sequence.

    The gates i, f and o (input, forget, output) and the candidate g are affine maps of the step's input and of h. Then
    `c = f * c + i * g` and `h = o * activation(c)`. The states start from zeros.

    Args:
        units: size of the output's last axis, a positive int.
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
        dropout: fraction of the input's features that is dropped in training, in [0, 1]. One mask serves all steps.
            Default: 0.0.
        recurrent_dropout: fraction of the state's features that is dropped in training, in [0, 1]. One mask serves all
            steps. Default: 0.0.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        return_sequences: whether the output has all steps, or only the last one. Default: False.
        return_state: whether the final states follow the output. Default: False.
        go_backwards: whether the steps are read from the last to the first. All outputs then come in that order.
            Default: False.
        stateful: whether a batch starts from the states that the last batch ended with, until `reset_state()`. It needs
            a known batch size. Default: False.
        unroll: whether the steps are written out instead of looped. It needs a known number of steps. Default: False.
        use_cudnn: "auto", True or False, without effect: each engine chooses its kernels itself. Default: "auto".
        **kwargs: `zero_output_for_mask` (whether the output of a masked step is zero instead of the previous output,
            default False), and the keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, features)`, floats. `features` has to be known.

    Output:
        `(batch, units)`, or `(batch, steps, units)` with `return_sequences`; with `return_state` a tuple of that and
        the states. In the compute dtype.

    States:
        h, the output, and c, `(batch, units)` each.

    Weights:
        `kernel`, shape `(features, 4 * units)`, `recurrent_kernel`, shape `(units, 4 * units)`, and `bias`, shape
        `(4 * units,)`, if `use_bias`. Gates lie along the last axis in the order input, forget, candidate, output.

    Calls:
        A call takes `initial_state` (a list of states), `mask` (`(batch, steps)`, bool; a masked step leaves the
        states as they are) and `training`.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has not three axes, if `stateful`
            lacks a known batch size, or if `unroll` lacks a known number of steps.

    Source:
        Hochreiter & Schmidhuber, "Long short-term memory", 1997; Gers, Schmidhuber & Cummins, "Learning to forget",
        2000. Dropout: Gal & Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks",
        2016.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> x = np.zeros((2, 10, 8), "float32")
        >>> layer = layers.LSTM(4, return_sequences=True, return_state=True)
        >>> [tuple(each.shape) for each in layer(x)]
        [(2, 10, 4), (2, 4), (2, 4)]
        >>> [weight.shape for weight in layer.weights]
        [(8, 16), (4, 16), (16,)]
    """

    cell_class = LSTMCell
    config_excludes = GatedRNN.config_excludes | {"use_cudnn"}
    recurrent_activation: Callable[..., Tensor] = of_cell("recurrent_activation")
    unit_forget_bias: bool = of_cell("unit_forget_bias")

    @passes_on()
    def __init__(
        self,
        units: int,
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
        unroll: bool = False,
        use_cudnn: bool | Literal["auto"] = "auto",
        **kwargs: Unpack[RecurrentOptions],
    ) -> None: ...
