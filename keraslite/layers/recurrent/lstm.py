"""LSTM and its cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Unpack

import numpy as np

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
from keraslite.ops.recurrent import lstm, lstm_step
from keraslite.serialization import builtin


@builtin("keras.layers")
class LSTMCell(GatedCell):
    """Long short-term memory (Hochreiter & Schmidhuber, 1997); states h and c, `(batch, units)` each, output h.

    Gates lie along the weights' last axis in the order input, forget, candidate, output. With `unit_forget_bias` the
    forget gate's bias starts as 1.
    """

    gates = 4
    state_count = 2

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

    def initial_bias(self, shape, dtype=None):
        bias = np.array(ops.convert_to_numpy(super().initial_bias(shape, dtype=dtype)))
        if self.unit_forget_bias:
            bias[self.units : 2 * self.units] = 1
        return bias

    def step(self, projected, states, masks):
        h, c = states
        z = ops.add(projected, ops.matmul(self.recurrent_input(h, masks), self.recurrent_kernel))
        h, c = lstm_step(z, c, self.activation, self.recurrent_activation)
        return h, [h, c]

    def runs_whole(self):
        return self.is_plain(LSTMCell)

    def whole(self, inputs, states, return_sequences, unroll):
        h, c = states
        output, h, c = lstm(inputs, h, c, self.kernel, self.recurrent_kernel, self.bias, return_sequences, unroll)
        return output, [h, c]


@builtin("keras.layers")
class LSTM(GatedRNN):
    """`LSTMCell` over `(batch, time, features)`. `use_cudnn` is accepted as in Keras; engines choose by themselves."""

    cell_class = LSTMCell
    config_excludes = GatedRNN.config_excludes | {"use_cudnn"}
    recurrent_activation: Callable[..., Any] = of_cell("recurrent_activation")
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
        **kwargs: Unpack[NamedOptions],
    ) -> None: ...
