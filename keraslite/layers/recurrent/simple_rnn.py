"""SimpleRNN and its cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from keraslite import ops
from keraslite.backend.contract import Tensor
from keraslite.layers.passing_on import passes_on
from keraslite.layers.recurrent.cell import GatedCell
from keraslite.layers.recurrent.gated import GatedRNN
from keraslite.layers.recurrent.states import DropoutMasks
from keraslite.layers.types import (
    ActivationLike,
    CellOptions,
    ConstraintLike,
    InitializerLike,
    RecurrentOptions,
    RegularizerLike,
)
from keraslite.serialization import builtin


@builtin("keras.layers")
class SimpleRNNCell(GatedCell):
    """Takes one step of a `SimpleRNN`: `activation(x @ kernel + h @ recurrent_kernel + bias)`.

    Args:
        units: size of the output's last axis, a positive int.
        activation: the name of an activation or a function, applied to the new state. Default: "tanh".
        use_bias: whether a bias is added. Default: True.
        kernel_initializer: initial values of the kernel: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "glorot_uniform".
        recurrent_initializer: initial values of the recurrent kernel: the name of an initializer, an `Initializer`, a
            function of `(shape, dtype)` or an array. Default: "orthogonal".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
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
        h, `(batch, units)`, which is the output.

    Weights:
        `kernel`, shape `(features, units)`, `recurrent_kernel`, shape `(units, units)`, and `bias`, shape `(units,)`,
        if `use_bias`.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.RNN(layers.SimpleRNNCell(4))(Input((10, 8))).shape
        (None, 4)
    """

    gates = 1

    @passes_on()
    def __init__(
        self,
        units: int,
        activation: ActivationLike = "tanh",
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        recurrent_initializer: InitializerLike = "orthogonal",
        bias_initializer: InitializerLike = "zeros",
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
    ) -> None: ...

    def call(self, sequence: Tensor, states: Sequence[Tensor], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Take one step.

        Args:
            sequence: the input of the step, `(batch, features)`.
            states: a list with the state, `(batch, units)`.
            training: whether dropout is active. Default: False.

        Returns:
            The output, `(batch, units)`, and the list of new states.
        """
        return super().call(sequence, states, training)

    def step(self, projected: Tensor, states: Sequence[Tensor], masks: DropoutMasks) -> tuple[Tensor, list[Tensor]]:
        state = self.recurrent_input(states[0], masks)
        output = self.activation(ops.add(projected, ops.matmul(state, self.recurrent_kernel)))
        return output, [output]


@builtin("keras.layers")
class SimpleRNN(GatedRNN):
    """Runs a fully connected recurrent layer over the steps of a sequence.

    Each step is `h = activation(x @ kernel + h @ recurrent_kernel + bias)`, starting from zeros.

    Args:
        units: size of the output's last axis, a positive int.
        activation: the name of an activation or a function, applied to the new state. Default: "tanh".
        use_bias: whether a bias is added. Default: True.
        kernel_initializer: initial values of the kernel: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "glorot_uniform".
        recurrent_initializer: initial values of the recurrent kernel: the name of an initializer, an `Initializer`, a
            function of `(shape, dtype)` or an array. Default: "orthogonal".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
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
        return_sequences: whether the output has all steps, or only the last one. Default: False.
        return_state: whether the final states follow the output. Default: False.
        go_backwards: whether the steps are read from the last to the first. All outputs then come in that order.
            Default: False.
        stateful: whether a batch starts from the states that the last batch ended with, until `reset_state()`. It needs
            a known batch size. Default: False.
        unroll: whether the steps are written out instead of looped. It needs a known number of steps. Default: False.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `zero_output_for_mask` (whether the output of a masked step is zero instead of the previous output,
            default False), and the keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, features)`, floats. `features` has to be known.

    Output:
        `(batch, units)`, or `(batch, steps, units)` with `return_sequences`; with `return_state` a tuple of that and
        the states. In the compute dtype.

    States:
        h, `(batch, units)`, which is the output.

    Weights:
        `kernel`, shape `(features, units)`, `recurrent_kernel`, shape `(units, units)`, and `bias`, shape `(units,)`,
        if `use_bias`.

    Calls:
        A call takes `initial_state` (a list of states), `mask` (`(batch, steps)`, bool; a masked step leaves the
        states as they are) and `training`.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has not three axes, if `stateful`
            lacks a known batch size, or if `unroll` lacks a known number of steps.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> x = np.zeros((2, 10, 8), "float32")
        >>> layer = layers.SimpleRNN(4, return_sequences=True, return_state=True)
        >>> [tuple(each.shape) for each in layer(x)]
        [(2, 10, 4), (2, 4)]
        >>> [weight.shape for weight in layer.weights]
        [(8, 4), (4, 4), (4,)]
    """

    cell_class = SimpleRNNCell
    config_excludes = GatedRNN.config_excludes | {"seed"}

    @passes_on()
    def __init__(
        self,
        units: int,
        activation: ActivationLike = "tanh",
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        recurrent_initializer: InitializerLike = "orthogonal",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        recurrent_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        recurrent_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Unpack[RecurrentOptions],
    ) -> None: ...
