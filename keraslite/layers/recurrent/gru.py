"""GRU and its cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Unpack

from keraslite import activations, ops
from keraslite.layers.passing_on import passes_on
from keraslite.layers.recurrent.cell import GatedCell
from keraslite.layers.recurrent.gated import GatedRNN, of_cell
from keraslite.layers.types import (
    ActivationLike,
    CellOptions,
    ConstraintLike,
    InitializerLike,
    NamedOptions,
    RegularizerLike,
)
from keraslite.ops.core import as_tensor
from keraslite.ops.recurrent import gru, gru_step
from keraslite.serialization import builtin


@builtin("keras.layers")
class GRUCell(GatedCell):
    """Gated recurrent unit (Cho et al., 2014); its output is its state h, `(batch, units)`.

    Gates lie along the weights' last axis in the order update, reset, candidate. With `reset_after` the reset gate
    acts after the recurrent matrix, as cuDNN and PyTorch have it, and bias is `(2, 3 * units)`; without it before.
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

    def bias_shape(self):
        """The shape of the bias: `(2, 3 * units)` with `reset_after`, else `(3 * units,)`."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def input_bias(self):
        return self.bias[0] if self.bias is not None and self.reset_after else self.bias

    def step(self, projected, states, masks):
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

    def runs_whole(self):
        return self.reset_after and self.is_plain(GRUCell)

    def whole(self, inputs, states, return_sequences, unroll):
        (h,) = states
        output, h = gru(inputs, h, self.kernel, self.recurrent_kernel, self.bias, return_sequences, unroll)
        return output, [h]


@builtin("keras.layers")
class GRU(GatedRNN):
    """`GRUCell` over `(batch, time, features)`. `use_cudnn` is accepted as in Keras; engines choose by themselves."""

    cell_class = GRUCell
    config_excludes = GatedRNN.config_excludes | {"use_cudnn"}
    recurrent_activation: Callable[..., Any] = of_cell("recurrent_activation")
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
        **kwargs: Unpack[NamedOptions],
    ) -> None: ...
