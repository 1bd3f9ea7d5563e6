"""Whole sequences through an LSTM or a GRU as one op, so that an engine may fuse it; and one step of each.

Not exported: the recurrent layers use them.
"""

from __future__ import annotations

from collections.abc import Callable

from keraslite.backend import registry
from keraslite.ops.activation import sigmoid
from keraslite.ops.contraction import matmul
from keraslite.ops.declare import Tensor, TensorLike, composite, given
from keraslite.ops.dtype import promote_float
from keraslite.ops.elementwise import add
from keraslite.ops.loops import scan
from keraslite.ops.order import swapaxes
from keraslite.ops.splitting import split
from keraslite.ops.trigonometry import tanh

Activation = Callable[[Tensor], Tensor]


def at_once() -> int:
    """How many steps of a cell a loop does at once by itself: more than one where a turn of it costs much."""
    return registry.current().steps_at_once


def convolutions_at_once() -> int:
    """How many steps of a cell with convolutions are written out instead of looped."""
    return registry.current().convolutions_at_once()


def lstm_step(
    z: Tensor,
    c: Tensor,
    activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid,
    axis: int = -1,
) -> tuple[Tensor, Tensor]:
    """One step of an LSTM (Hochreiter & Schmidhuber, 1997) from all its gates' sums: the next h and c.

    Args:
        z: `(batch, 4 * units)`, what input, forget, candidate and output gate are functions of.
        c: `(batch, units)`.
        activation: of the candidate and of the new c.
        recurrent_activation: of the other gates.
        axis: the axis of the units.
    """
    i, f, candidate, o = split(z, 4, axis=axis)
    sigma = recurrent_activation
    c = sigma(f) * c + sigma(i) * activation(candidate)
    return sigma(o) * activation(c), c


def gru_step(
    projected: Tensor,
    recurrent: Tensor,
    h: Tensor,
    activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid,
) -> Tensor:
    """One step of a GRU (Cho et al., 2014) whose reset gate acts after the recurrent matrix: the next h.

    Args:
        projected: `(batch, 3 * units)`, the input's part of update gate, reset gate and candidate.
        recurrent: the same, the state's part.
        h: `(batch, units)`.
        activation: of the candidate.
        recurrent_activation: of the gates.
    """
    units = recurrent.shape[-1] // 3
    gates = recurrent_activation(projected[:, : 2 * units] + recurrent[:, : 2 * units])
    z, r = gates[:, :units], gates[:, units:]
    candidate = activation(projected[:, 2 * units :] + r * recurrent[:, 2 * units :])
    return z * h + (1 - z) * candidate


def _rows(inputs: TensorLike, kernel: TensorLike, bias: TensorLike | None) -> Tensor:
    """The input's part of all gates, steps first."""
    projected = matmul(inputs, kernel)
    return swapaxes(projected if bias is None else add(projected, bias), 0, 1)


@composite(dtype=promote_float)
def lstm(
    inputs: TensorLike,
    h: TensorLike,
    c: TensorLike,
    kernel: TensorLike,
    recurrent_kernel: TensorLike,
    bias: TensorLike | None = None,
    return_sequences=False,
    unroll=1,
) -> tuple[Tensor, Tensor, Tensor]:
    """An LSTM with tanh and sigmoid over all steps.

    Args:
        inputs: `(batch, time, features)`.
        h: the state to start from, `(batch, units)`.
        c: the same.
        kernel: `(features, 4 * units)`: input, forget, candidate, output.
        recurrent_kernel: `(units, 4 * units)`.
        bias: `(4 * units,)`.
        return_sequences: whether the output is of all steps.
        unroll: how many steps a compiled loop does at once, at least.

    Returns:
        The output, `(batch, time, units)` or of the last step `(batch, units)`; the last h and c.
    """

    def step(states: tuple[Tensor, Tensor], row: Tensor) -> tuple[tuple[Tensor, Tensor], Tensor | None]:
        h, c = lstm_step(add(row, matmul(states[0], recurrent_kernel)), states[1])
        return (h, c), h if return_sequences else None

    (h, c), outputs = scan(step, (h, c), _rows(inputs, kernel, bias), unroll=max(unroll, at_once()))
    return swapaxes(outputs, 0, 1) if return_sequences else given(h), given(h), given(c)


@composite(dtype=promote_float)
def gru(
    inputs: TensorLike,
    h: TensorLike,
    kernel: TensorLike,
    recurrent_kernel: TensorLike,
    bias: TensorLike | None = None,
    return_sequences=False,
    unroll=1,
) -> tuple[Tensor, Tensor]:
    """A GRU with tanh and sigmoid over all steps, whose reset gate acts after the recurrent matrix.

    Args:
        inputs: `(batch, time, features)`.
        h: the state to start from, `(batch, units)`.
        kernel: `(features, 3 * units)`: update, reset, candidate.
        recurrent_kernel: `(units, 3 * units)`.
        bias: `(2, 3 * units)`: the input's and the state's.
        return_sequences: whether the output is of all steps.
        unroll: how many steps a compiled loop does at once, at least.

    Returns:
        The output, `(batch, time, units)` or of the last step `(batch, units)`; the last h.
    """
    bias = given(bias)
    inner = None if bias is None else bias[1]

    def step(h: Tensor, row: Tensor) -> tuple[Tensor, Tensor | None]:
        recurrent = matmul(h, recurrent_kernel)
        h = gru_step(row, recurrent if inner is None else add(recurrent, inner), h)
        return h, h if return_sequences else None

    rows = _rows(inputs, kernel, None if bias is None else bias[0])
    h, outputs = scan(step, h, rows, unroll=max(unroll, at_once()))
    return swapaxes(outputs, 0, 1) if return_sequences else given(h), given(h)
