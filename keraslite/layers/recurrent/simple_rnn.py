"""SimpleRNN and its cell."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops
from keraslite.layers.passing_on import passes_on
from keraslite.layers.recurrent.cell import GatedCell
from keraslite.layers.recurrent.gated import GatedRNN
from keraslite.layers.types import (
    ActivationLike,
    CellOptions,
    ConstraintLike,
    InitializerLike,
    NamedOptions,
    RegularizerLike,
)
from keraslite.serialization import builtin


@builtin("keras.layers")
class SimpleRNNCell(GatedCell):
    """`activation(x @ kernel + h @ recurrent_kernel + bias)`; its output is its state, `(batch, units)`."""

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

    def step(self, projected, states, masks):
        state = self.recurrent_input(states[0], masks)
        output = self.activation(ops.add(projected, ops.matmul(state, self.recurrent_kernel)))
        return output, [output]


@builtin("keras.layers")
class SimpleRNN(GatedRNN):
    """A fully connected recurrent layer: `SimpleRNNCell` over `(batch, time, features)`."""

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
        **kwargs: Unpack[NamedOptions],
    ) -> None: ...
