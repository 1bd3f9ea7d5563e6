"""A user's program about layers, checked as `program.py` is: no line may be an error but those that say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_type

import numpy as np

import keraslite as keras
from keraslite import initializers, layers, ops, regularizers

# ---- arguments in all their forms, and keywords of every layer
layers.Dense(2, "relu", bias_initializer=np.zeros(2), name="a", dtype=np.float32, input_dim=3, trainable=False)
layers.Dense(2, dtype=keras.mixed_precision.Policy("mixed_bfloat16"), activity_regularizer="l2", autocast=False)
layers.Conv1D(2, 3, padding="causal", kernel_regularizer=lambda kernel: ops.sum(kernel), input_shape=(8, 3))
layers.Conv3DTranspose(2, 3, (1, 2, 2), output_padding=(0, 1, 1), data_format="channels_first")
layers.GRU(3, "tanh", "sigmoid", True, "zeros", name="g", zero_output_for_mask=True)
layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d", kernel_constraint="max_norm", activity_regularizer="l1")
layers.Embedding(2, 3, weights=[np.zeros((2, 3))], name="e")
layers.Lambda(lambda x: x * 2, output_shape=(3,), name="l")
layers.LeakyReLU(alpha=0.1)
layers.add([np.ones(2), keras.Input((2,))], name="sum")
layers.dot([ops.ones((2, 3)), ops.ones((2, 3))], axes=(1, 1), normalize=True)
layers.MultiHeadAttention(2, key_dim=3, output_shape=(4, 5), attention_axes=[1, 2])(
    np.ones((1, 2, 3)), np.ones((1, 2, 3))
)


# ---- roles read as objects, and may be set to names
dense = layers.Dense(2)
assert_type(dense.kernel_initializer, Callable[..., Any] | None)
assert_type(layers.LSTM(3).recurrent_regularizer, Callable[..., Any] | None)
assert_type(layers.LSTM(3).units, int)
dense.kernel_initializer = "zeros"
dense.bias_initializer = initializers.Ones()
dense.kernel_regularizer = regularizers.L2(1.0)
dense.bias_constraint = None


# ---- classes of one's own
class Sum:
    state_size = 3

    def call(self, inputs, states):
        return inputs + states[0], [inputs + states[0]]


class Wide(layers.Conv2D):
    def __init__(self, filters: int, **kwargs):
        super().__init__(filters, 3, padding="same", **kwargs)


class Half(layers.Dense):
    def call(self, inputs, training=None):
        return super().call(inputs, training) / 2


layers.RNN(Sum(), return_state=True)
assert_type(Wide(3, activation="relu"), Wide)

# ---- mistakes that are seen
layers.Dense(2, nmae="a")  # error: reportCallIssue
layers.Dense(2, name=3)  # error: reportArgumentType
layers.Dense(2, trainable="no")  # error: reportArgumentType
layers.Dense(2, kernel_initializer=3)  # error: reportArgumentType
layers.Dense(2, dtype=32)  # error: reportArgumentType
layers.Conv2D(2, 3, padding="some")  # error: reportArgumentType
layers.Conv2D(2, "3")  # error: reportArgumentType
layers.LSTM(3, return_sequence=True)  # error: reportCallIssue
layers.GRUCell(3, activity_regulariser="l2")  # error: reportCallIssue
layers.RNN(3)  # error: reportArgumentType
layers.Bidirectional(layers.GRU(3), merge_mode="max")  # error: reportArgumentType
layers.Embedding(3)  # error: reportCallIssue
layers.MaxPooling2D(2, data_format="last")  # error: reportArgumentType
layers.Reshape("23")  # error: reportArgumentType
dense.kernel_initializer = 3  # error: reportAttributeAccessIssue
