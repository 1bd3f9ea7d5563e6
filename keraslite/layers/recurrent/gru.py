"""GRU and its cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Unpack

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
from keraslite.ops.core import as_tensor
from keraslite.ops.recurrent import gru, gru_step
from keraslite.serialization import builtin
from keraslite.variable import Variable


@builtin("keras.layers")
class GRUCell(GatedCell):
    """Takes one step of a `GRU`, a gated recurrent unit.

    The gates z and r (update, reset) and the candidate g are affine maps of the step's input and of the state h, of
    which r  hides a part from g. Then `h = z * h + (1 - z) * g`.

    Args:
        units: size of the output's last axis, a positive int.
        activation: the name of an activation or a function, applied to the candidate state. Default: "tanh".
        recurrent_activation: the name of an activation or a function, applied to the gates. Default: "sigmoid".
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
        reset_after: whether the reset gate is applied after the product with the recurrent kernel, as in cuDNN and
            PyTorch, or before it. Default: True.
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
        `kernel`, shape `(features, 3 * units)`, `recurrent_kernel`, shape `(units, 3 * units)`, and `bias`, if
        `use_bias`, of shape `(2, 3 * units)` with `reset_after` and `(3 * units,)` without. Gates lie along the last
        axis in the order update, reset, candidate.

    Raises:
        ArgumentError: if an argument is outside its range.

    Source:
        Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation",
        2014. Dropout: Gal & Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks",
        2016.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.RNN(layers.GRUCell(4))(Input((10, 8))).shape
        (None, 4)
    """

    gates = 3

    @passes_on(keeps=("recurrent_activation", "reset_after"))
    def __init__(
        self,
        units: int,
        activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
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
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Unpack[CellOptions],
    ) -> None:
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    def bias_shape(self) -> tuple[int, ...]:
        """The shape of the bias: `(2, 3 * units)` with `reset_after`, else `(3 * units,)`."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def input_bias(self) -> Tensor | Variable | None:
        return self.bias[0] if self.bias is not None and self.reset_after else self.bias

    def step(self, projected: Tensor, states: Sequence[Tensor], masks: DropoutMasks) -> tuple[Tensor, list[Tensor]]:
        h, sigma = states[0], self.recurrent_activation
        state = self.recurrent_input(h, masks)
        if self.reset_after:
            recurrent = ops.matmul(state, self.recurrent_kernel)
            if self.bias is not None:
                recurrent = ops.add(recurrent, self.bias[1])
            h = gru_step(projected, recurrent, h, self.activation, sigma)
            return h, [h]
        units, kernel = self.units, as_tensor(self.recurrent_kernel)
        gates = sigma(projected[:, : 2 * units] + ops.matmul(state, kernel[:, : 2 * units]))
        z, r = gates[:, :units], gates[:, units:]
        candidate = self.activation(projected[:, 2 * units :] + ops.matmul(r * state, kernel[:, 2 * units :]))
        h = z * h + (1 - z) * candidate
        return h, [h]

    def runs_whole(self) -> bool:
        return self.reset_after and self.is_plain(GRUCell)

    def whole(
        self, inputs: Tensor, states: Sequence[Tensor], mask: Tensor | None, return_sequences: bool, unroll: int
    ) -> tuple[Tensor, list[Tensor]]:
        (h,) = states
        output, h = gru(inputs, h, self.kernel, self.recurrent_kernel, self.bias, mask, return_sequences, unroll)
        return output, [h]


@builtin("keras.layers")
class GRU(GatedRNN):
    """Runs a gated recurrent unit over the steps of a sequence.

    The gates z and r (update, reset) and the candidate g are affine maps of the step's input and of the state h, of
    which r  hides a part from g. Then `h = z * h + (1 - z) * g`. The state starts from zeros.

    Args:
        units: size of the output's last axis, a positive int.
        activation: the name of an activation or a function, applied to the candidate state. Default: "tanh".
        recurrent_activation: the name of an activation or a function, applied to the gates. Default: "sigmoid".
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
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        return_sequences: whether the output has all steps, or only the last one. Default: False.
        return_state: whether the final states follow the output. Default: False.
        go_backwards: whether the steps are read from the last to the first. All outputs then come in that order.
            Default: False.
        stateful: whether a batch starts from the states that the last batch ended with, until `reset_state()`. It needs
            a known batch size. Default: False.
        unroll: whether the steps are written out instead of looped. It needs a known number of steps. Default: False.
        reset_after: whether the reset gate is applied after the product with the recurrent kernel, as in cuDNN and
            PyTorch, or before it. Default: True.
        use_cudnn: "auto", True or False, without effect: each engine chooses its kernels itself. Default: "auto".
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
        `kernel`, shape `(features, 3 * units)`, `recurrent_kernel`, shape `(units, 3 * units)`, and `bias`, if
        `use_bias`, of shape `(2, 3 * units)` with `reset_after` and `(3 * units,)` without. Gates lie along the last
        axis in the order update, reset, candidate.

    Calls:
        A call takes `initial_state` (a list of states), `mask` (`(batch, steps)`, bool; a masked step leaves the
        states as they are) and `training`.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has not three axes, if `stateful`
            lacks a known batch size, or if `unroll` lacks a known number of steps.

    Source:
        Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation",
        2014. Dropout: Gal & Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks",
        2016.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> x = np.zeros((2, 10, 8), "float32")
        >>> layer = layers.GRU(4, return_sequences=True, return_state=True)
        >>> [tuple(each.shape) for each in layer(x)]
        [(2, 10, 4), (2, 4)]
        >>> [weight.shape for weight in layer.weights]
        [(8, 12), (4, 12), (2, 12)]
    """

    cell_class = GRUCell
    config_excludes = GatedRNN.config_excludes | {"use_cudnn"}
    recurrent_activation: Callable[..., Tensor] = of_cell("recurrent_activation")
    reset_after: bool = of_cell("reset_after")

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
        reset_after: bool = True,
        use_cudnn: bool | Literal["auto"] = "auto",
        **kwargs: Unpack[RecurrentOptions],
    ) -> None: ...
