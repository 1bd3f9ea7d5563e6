"""LSTM and GRU over whole sequences against loops in NumPy."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from keraslite.conformance.rows import Row, call

GENERATOR = np.random.default_rng(11)


def array(*shape):
    return GENERATOR.normal(size=shape) * 0.5


def lstm(inputs, h, c, kernel, recurrent_kernel, bias=0, mask=None, return_sequences=False, unroll=1):
    outputs = np.zeros((*inputs.shape[:2], h.shape[1]))
    for t in range(inputs.shape[1]):
        i, f, new, o = np.split(inputs[:, t] @ kernel + h @ recurrent_kernel + bias, 4, 1)
        kept = True if mask is None else mask[:, t, None]
        c = np.where(kept, expit(f) * c + expit(i) * np.tanh(new), c)
        h = outputs[:, t] = np.where(kept, expit(o) * np.tanh(c), h)
    return outputs if return_sequences else h, h, c


def gru(inputs, h, kernel, recurrent_kernel, bias=(0, 0), mask=None, return_sequences=False, unroll=1):
    outputs = np.zeros((*inputs.shape[:2], h.shape[1]))
    for t in range(inputs.shape[1]):
        z, r, new = np.split(inputs[:, t] @ kernel + bias[0], 3, 1)
        z_state, r_state, state = np.split(h @ recurrent_kernel + bias[1], 3, 1)
        z = expit(z + z_state)
        kept = True if mask is None else mask[:, t, None]
        h = outputs[:, t] = np.where(kept, z * h + (1 - z) * np.tanh(new + expit(r + r_state) * state), h)
    return outputs if return_sequences else h, h


def given(time, gates, states, *shape):
    """Inputs `(2, time, 3)`, states of 4 units, kernels, bias of a shape."""
    weights = array(3, gates * 4), array(4, gates * 4)
    return array(2, time, 3), *(array(2, 4) for _ in range(states)), *weights, *([array(*shape)] if shape else [])


MASK = np.array([[True, True, False, True, False], [False, True, True, True, True]])

ROWS = [
    Row(
        "recurrent.lstm",
        (
            call(*given(5, 4, 2, 16), return_sequences=True),
            call(*given(6, 4, 2, 16)),
            call(*given(3, 4, 2), return_sequences=True, unroll=3),
            call(*given(1, 4, 2), unroll=1),
            call(*given(0, 4, 2, 16), return_sequences=True),
            call(*given(5, 4, 2, 16), MASK, return_sequences=True),
            call(*given(5, 4, 2, 16), mask=MASK),
        ),
        lstm,
        mixes=False,
    ),
    Row(
        "recurrent.gru",
        (
            call(*given(5, 3, 1, 2, 12), return_sequences=True),
            call(*given(6, 3, 1, 2, 12)),
            call(*given(3, 3, 1), return_sequences=True, unroll=3),
            call(*given(1, 3, 1), unroll=1),
            call(*given(0, 3, 1, 2, 12), return_sequences=True),
            call(*given(5, 3, 1, 2, 12), MASK, return_sequences=True),
            call(*given(5, 3, 1, 2, 12), mask=MASK),
        ),
        gru,
        mixes=False,
    ),
]
