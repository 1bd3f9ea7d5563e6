"""SimpleRNN and its cell."""

from __future__ import annotations

from typing import Any

from keraslite import ops
from keraslite.layers.recurrent.cell import GatedCell
from keraslite.layers.recurrent.gated import GatedRNN
from keraslite.layers.roles import set_roles
from keraslite.serialization import builtin, given


@builtin("keras.layers")
class SimpleRNNCell(GatedCell):
    """`activation(x @ kernel + h @ recurrent_kernel + bias)`; its output is its state, `(batch, units)`."""

    gates = 1

    def __init__(self, units: int, activation: Any = "tanh", use_bias: bool = True,
                 kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal",
                 bias_initializer: Any = "zeros", kernel_regularizer: Any = None, recurrent_regularizer: Any = None,
                 bias_regularizer: Any = None, kernel_constraint: Any = None, recurrent_constraint: Any = None,
                 bias_constraint: Any = None, dropout: float = 0.0, recurrent_dropout: float = 0.0, seed: Any = None,
                 **kwargs: Any):  # fmt: skip
        super().__init__(**kwargs)
        set_roles(self, locals())
        self._setup(units, activation, use_bias, dropout, recurrent_dropout, seed)

    def step(self, projected, states, masks):
        state = self.recurrent_input(states[0], masks)
        output = self.activation(ops.add(projected, ops.matmul(state, self.recurrent_kernel)))
        return output, [output]


@builtin("keras.layers")
class SimpleRNN(GatedRNN):
    """A fully connected recurrent layer: `SimpleRNNCell` over `(batch, time, features)`."""

    config_excludes = GatedRNN.config_excludes | {"seed"}

    def __init__(self, units: int, activation: Any = "tanh", use_bias: bool = True,
                 kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal",
                 bias_initializer: Any = "zeros", kernel_regularizer: Any = None, recurrent_regularizer: Any = None,
                 bias_regularizer: Any = None, activity_regularizer: Any = None, kernel_constraint: Any = None,
                 recurrent_constraint: Any = None, bias_constraint: Any = None, dropout: float = 0.0,
                 recurrent_dropout: float = 0.0, return_sequences: bool = False, return_state: bool = False,
                 go_backwards: bool = False, stateful: bool = False, unroll: bool = False, seed: Any = None,
                 **kwargs: Any):  # fmt: skip
        super().__init__(SimpleRNNCell, **given(locals()))
