"""LSTM and its cell."""

from __future__ import annotations

import numpy as np

from keraslite import activations, ops
from keraslite.layers.recurrent.cell import GatedCell
from keraslite.layers.recurrent.gated import GatedRNN, of_cell
from keraslite.layers.roles import set_roles
from keraslite.ops.recurrent import lstm, lstm_step
from keraslite.serialization import builtin, given


@builtin("keras.layers")
class LSTMCell(GatedCell):
    """Long short-term memory (Hochreiter & Schmidhuber, 1997); states h and c, `(batch, units)` each, output h.

    Gates lie along the weights' last axis in the order input, forget, candidate, output. With `unit_forget_bias` the
    forget gate's bias starts as 1.
    """

    gates = 4
    state_count = 2

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
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

    config_excludes = GatedRNN.config_excludes | {"use_cudnn"}
    recurrent_activation = of_cell("recurrent_activation")
    unit_forget_bias = of_cell("unit_forget_bias")

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        use_cudnn="auto",
        **kwargs,
    ):
        super().__init__(LSTMCell, **given(locals()))
