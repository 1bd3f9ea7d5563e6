"""Whole sequences through an LSTM or a GRU as one op, so that an engine may fuse it; and one step of each.

Not exported: the recurrent layers use them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from keraslite.backend import registry
from keraslite.ops.activation import sigmoid
from keraslite.ops.comparison import where
from keraslite.ops.contraction import matmul
from keraslite.ops.declare import Tensor, TensorLike, composite, given
from keraslite.ops.dtype import Names, promote_float, result_type
from keraslite.ops.elementwise import add
from keraslite.ops.loops import scan
from keraslite.ops.manipulation import expand_dims
from keraslite.ops.order import swapaxes
from keraslite.ops.splitting import split
from keraslite.ops.trigonometry import tanh

Activation = Callable[[Tensor], Tensor]
Step = tuple[Tensor, Tensor | None]  # a step's part of the gates and of the mask


def _floats(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str | Names | None]:
    """All share a float dtype, but the mask stays bool."""
    masks = [result_type((dtype,)) == "bool" for dtype in dtypes]
    _, common = promote_float(tuple(x for x, mask in zip(dtypes, masks, strict=True) if not mask), attributes)
    return tuple("bool" if mask else common for mask in masks), common


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
    (to_z, to_r, candidate), (z, r, state) = split(projected, 3, axis=-1), split(recurrent, 3, axis=-1)
    z = recurrent_activation(to_z + z)
    return z * h + (1 - z) * activation(candidate + recurrent_activation(to_r + r) * state)


def _rows(inputs: TensorLike, kernel: TensorLike, bias: TensorLike | None) -> Tensor:
    """The input's part of all gates, steps first."""
    projected = matmul(inputs, kernel)
    return swapaxes(projected if bias is None else add(projected, bias), 0, 1)


def _by_step(mask: TensorLike | None) -> Tensor | None:
    """The mask, steps first and with an axis for the units."""
    return None if mask is None else expand_dims(swapaxes(mask, 0, 1), -1)


def _chosen(mask: Tensor | None, new: Tensor, old: Tensor) -> Tensor:
    return new if mask is None else where(mask, new, old)


@composite(dtype=_floats)
def lstm(
    inputs: TensorLike,
    h: TensorLike,
    c: TensorLike,
    kernel: TensorLike,
    recurrent_kernel: TensorLike,
    bias: TensorLike | None = None,
    mask: TensorLike | None = None,
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
        mask: bool, `(batch, time)`; a step where it is false leaves the states as they are. Default: None.
        return_sequences: whether the output is of all steps.
        unroll: how many steps a compiled loop does at once, at least.

    Returns:
        The output, `(batch, time, units)` or of the last step `(batch, units)`; the last h and c.
    """

    def step(states: tuple[Tensor, Tensor], at: Step) -> tuple[tuple[Tensor, Tensor], Tensor | None]:
        row, masked = at
        h, c = lstm_step(add(row, matmul(states[0], recurrent_kernel)), states[1])
        h, c = _chosen(masked, h, states[0]), _chosen(masked, c, states[1])
        return (h, c), h if return_sequences else None

    steps = _rows(inputs, kernel, bias), _by_step(mask)
    (h, c), outputs = scan(step, (h, c), steps, unroll=max(unroll, at_once()))
    return swapaxes(outputs, 0, 1) if return_sequences else given(h), given(h), given(c)


@composite(dtype=_floats)
def gru(
    inputs: TensorLike,
    h: TensorLike,
    kernel: TensorLike,
    recurrent_kernel: TensorLike,
    bias: TensorLike | None = None,
    mask: TensorLike | None = None,
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
        mask: bool, `(batch, time)`; a step where it is false leaves the states as they are. Default: None.
        return_sequences: whether the output is of all steps.
        unroll: how many steps a compiled loop does at once, at least.

    Returns:
        The output, `(batch, time, units)` or of the last step `(batch, units)`; the last h.
    """
    bias = given(bias)
    inner = None if bias is None else bias[1]

    def step(h: Tensor, at: Step) -> tuple[Tensor, Tensor | None]:
        row, masked = at
        recurrent = matmul(h, recurrent_kernel)
        h = _chosen(masked, gru_step(row, recurrent if inner is None else add(recurrent, inner), h), h)
        return h, h if return_sequences else None

    steps = _rows(inputs, kernel, None if bias is None else bias[0]), _by_step(mask)
    h, outputs = scan(step, h, steps, unroll=max(unroll, at_once()))
    return swapaxes(outputs, 0, 1) if return_sequences else given(h), given(h)
