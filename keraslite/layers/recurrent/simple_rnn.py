"""SimpleRNN and its cell."""

from __future__ import annotations

from keraslite import ops
from keraslite.layers.recurrent.cell import GatedCell
from keraslite.layers.recurrent.gated import GatedRNN
from keraslite.layers.roles import set_roles
from keraslite.serialization import builtin, given


@builtin("keras.layers")
class SimpleRNNCell(GatedCell):
    """`activation(x @ kernel + h @ recurrent_kernel + bias)`; its output is its state, `(batch, units)`."""

    gates = 1

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        **kwargs,
    ):
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

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(SimpleRNNCell, **given(locals()))
