"""LSTM and GRU on TensorFlow, with gradients of our own.

An LSTM on a CPU runs by TensorFlow's fused loop, which takes three quarters of the processor time of steps one by one.
That kernel knows float32 only and no masks, and XLA, `vectorized_map` and forward mode do not know it: there the steps
are written out, as they are for second derivatives. XLA takes half the time of the fused loop on one sample, but no
less in training, where trying it costs memory: it is tried where there is no gradient.

The gradients are made of ops here. TensorFlow's take the products with the weights step by step, and keep every
intermediate result of every step. Ours loop over the least that has to be done in order. The gates of a GRU and of a
masked LSTM are computed again, for all steps at once. (What TensorFlow registers for `BlockLSTMV2` is the gradient of
`BlockLSTM`, whose gates come in another order.)
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from . import private
from .compiling import not_by_xla
from .gradients import own_gradient
from .tensors import dtype_names
from .transforms import is_batched, is_forward, scan

_AT_ONCE = 4  # steps a turn of the loop
_FORWARD_AT_ONCE = 20  # the same by XLA, whose gradients of more steps than 4 are slower
_BACK_AT_ONCE = 20  # the same of the gradient's, whose steps are smaller
_WITHOUT_LOOP = 64  # steps of a gradient that are all written out


def lstm(inputs, h, c, kernel, recurrent_kernel, bias, mask, return_sequences, unroll):
    x, w = tf.transpose(inputs, (1, 0, 2)), tf.concat([kernel, recurrent_kernel], 0)
    b = tf.zeros_like(w[0]) if bias is None else bias
    masks = _by_step(mask)
    by_xla = private.in_xla(tf.compat.v1.get_default_graph())
    if _fits(inputs) and not by_xla:
        outputs: Any = _fused_lstm(x, h, c, w, b, *masks)
        h, c = (steps[-1] for steps in outputs)
    else:
        (h, c), outputs = _lstm_steps(x, h, c, w, b, *masks, kept=int(return_sequences), at_once=_turn(by_xla, unroll))
    return tf.transpose(outputs[0], (1, 0, 2)) if return_sequences else h, h, c


def gru(inputs, h, kernel, recurrent_kernel, bias, mask, return_sequences, unroll):
    outer, inner = (tf.zeros_like(kernel[0]),) * 2 if bias is None else tf.unstack(bias)
    rows = tf.tensordot(tf.transpose(inputs, (1, 0, 2)), kernel, 1) + outer
    masks = _by_step(mask)
    by_xla = private.in_xla(tf.compat.v1.get_default_graph())
    if _fits(inputs) and not by_xla:
        outputs: Any = _fused_gru(rows, h, recurrent_kernel, inner, *masks)
        h = outputs[-1]
    else:
        at_once, kept = _turn(by_xla, unroll), bool(return_sequences)
        h, outputs = _gru_steps(rows, h, recurrent_kernel, inner, *masks, kept=kept, at_once=at_once)
    return tf.transpose(outputs, (1, 0, 2)) if return_sequences else h, h


def _by_step(mask):
    """The mask, steps first and with an axis for the features, or nothing."""
    return () if mask is None else (tf.expand_dims(tf.transpose(mask), -1),)


def _turn(by_xla, unroll):
    """How many steps a turn of the loop takes."""
    return max(unroll, _FORWARD_AT_ONCE if by_xla and not private.could_possibly_record() else _AT_ONCE)


def _fits(inputs):
    sizes = inputs.shape.as_list()
    plain = inputs.dtype == tf.float32 and None not in sizes and 0 not in sizes
    return plain and not (is_batched() or is_forward()) and not tf.config.list_physical_devices("GPU")


def _length(steps):
    return tf.shape(steps)[0] if steps.shape[0] is None else steps.shape[0]


def _back(step, carry, rows, output_shape):
    """The loop of a gradient: from the last step to the first."""
    length = rows[0].shape[0]
    at_once = length if length <= _WITHOUT_LOOP else _BACK_AT_ONCE
    return scan(step, carry, rows, length, True, at_once, [(output_shape, "float32")])


def _delayed(first, steps):
    """What each step started from."""
    return tf.concat([first[None], steps[:-1]], 0)


def _second(written_out, values, cotangents, count):
    """The gradient of the gradient: `values` are the inputs and the gradients of the `count` outputs."""
    values = list(values)
    inputs, gradients = values[:-count], values[-count:]
    watched = [x for x in inputs if x.dtype.is_floating]
    first: Any
    with tf.GradientTape() as outer:
        outer.watch(watched + gradients)
        with tf.GradientTape() as inner:
            inner.watch(watched)
            outputs = written_out(*inputs)
        first = inner.gradient(outputs, watched, gradients)
    zero = tf.UnconnectedGradients.ZERO
    found = iter(outer.gradient(first, watched + gradients, cotangents[: len(watched)], unconnected_gradients=zero))
    return [next(found) if x.dtype.is_floating else None for x in values]


# ---- LSTM -------------------------------------------------------------------------------------------------------


def _lstm_steps(x, h, c, w, b, *masks, kept, at_once):
    """The last h and c, and of all steps nothing, h, or h and c (`kept`); `w` is the kernel above the recurrent one."""
    kernel, recurrent_kernel = w[: x.shape[-1]], w[x.shape[-1] :]

    def step(states, at):
        row, *masked = at
        i, f, candidate, o = tf.split(row + states[0] @ recurrent_kernel, 4, -1)
        c = tf.sigmoid(f) * states[1] + tf.sigmoid(i) * tf.tanh(candidate)
        new = [tf.sigmoid(o) * tf.tanh(c), c]
        for mask in masked:
            new = [tf.where(mask, x, y) for x, y in zip(new, states, strict=True)]
        return new, new[:kept]

    rows = tf.tensordot(x, kernel, 1) + b
    return scan(step, [h, c], [rows, *masks], _length(x), False, at_once, [(h.shape, dtype_names[h.dtype])] * kept)


@own_gradient
def _fused_lstm(x, h, c, w, b, *masks):
    """h and c of all steps."""
    if masks:
        _, (hs, cs) = _lstm_steps(x, h, c, w, b, *masks, kept=2, at_once=_AT_ONCE)
        kept = None
    else:
        unused: Any = dict.fromkeys(("wci", "wcf", "wco"), tf.zeros_like(h[0]))
        length = tf.constant(x.shape[0], tf.int64)
        kept: Any = tf.raw_ops.BlockLSTMV2(
            seq_len_max=length, x=x, cs_prev=c, h_prev=h, w=w, b=b, **unused, cell_clip=0.0, use_peephole=False
        )
        hs, cs = kept.h, kept.cs

    def written_out(*values):
        return _lstm_steps(*values, kept=2, at_once=_AT_ONCE)[1]

    @own_gradient
    def gradient(*values):
        def second(*cotangents):
            return _second(written_out, values, cotangents, 2)

        *_, dh, dc = values
        return _of_lstm(x, h, c, w, b, *masks, steps=(hs, cs, dh, dc), kept=kept), second

    return (hs, cs), lambda dh, dc: [*gradient(x, h, c, w, b, *masks, dh, dc), *([None] * len(masks))]


def _of_lstm(x, h, c, w, b, *masks, steps, kept):
    """The gradients of x, h, c, w and b.

    Args:
        steps: h and c of all steps, and their gradients.
        kept: the gates after their functions, `ci` the candidate and `co` tanh of c; or None, to compute them again.
    """
    not_by_xla()
    hs, cs, dh, dc = steps
    kernel, recurrent_kernel = w[: x.shape[-1]], w[x.shape[-1] :]
    before, seen = _delayed(c, cs), tf.concat([x, _delayed(h, hs)], -1)
    if kept is None:
        i, f, candidate, o = tf.split(tf.tensordot(seen, w, 1) + b, 4, -1)
        i, f, candidate, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(candidate), tf.sigmoid(o)
        tanh_c = tf.tanh(f * before + i * candidate)
    else:
        i, f, o, candidate, tanh_c = kept.i, kept.f, kept.o, kept.ci, kept.co
    slopes = [candidate * i * (1 - i), before * f * (1 - f), i * (1 - candidate**2), tanh_c * o * (1 - o)]
    slopes, to_c = tf.concat(slopes, -1), o * (1 - tanh_c**2)
    for mask in masks:
        slopes, to_c = tf.where(mask, slopes, 0.0), tf.where(mask, to_c, 0.0)
        f = tf.where(mask, f, 1.0)

    def back(states, at):
        slope, to_c, forget, dh, dc, *masked = at
        dh = dh + states[0]
        dc = tf.add_n([dc, states[1], dh * to_c])
        dz = tf.concat([dc, dc, dc, dh], -1) * slope
        before = tf.matmul(dz, recurrent_kernel, transpose_b=True)
        return [tf.where(masked[0], before, dh) if masked else before, dc * forget], [dz]

    rows = [slopes, to_c, f, dh, dc, *masks]
    (h_gradient, c_gradient), (dz,) = _back(back, [tf.zeros_like(h), tf.zeros_like(c)], rows, (h.shape[0], w.shape[-1]))
    w_gradient = tf.tensordot(seen, dz, [[0, 1], [0, 1]])
    x_gradient = tf.tensordot(dz, kernel, [[2], [1]])
    return x_gradient, h_gradient, c_gradient, w_gradient, tf.reduce_sum(dz, (0, 1))


# ---- GRU --------------------------------------------------------------------------------------------------------


def _gru_steps(rows, h, recurrent_kernel, bias, *masks, kept, at_once):
    """The last h, and if `kept` those of all steps; `rows` is the input's part of all gates."""

    def step(states, at):
        row, *masked = at
        h = states[0]
        z, _, _, candidate = _gates(row, h @ recurrent_kernel + bias)
        new = candidate + z * (h - candidate)
        for mask in masked:
            new = tf.where(mask, new, h)
        return [new], [new][:kept]

    shapes = [(h.shape, dtype_names[h.dtype])] * kept
    (h,), outputs = scan(step, [h], [rows, *masks], _length(rows), False, at_once, shapes)
    return h, outputs[0] if kept else None


def _gates(rows, recurrent):
    """Update and reset gate, what the reset gate lets through or not, and the candidate."""
    units = rows.shape[-1] // 3
    z, r = tf.split(tf.sigmoid(rows[..., : 2 * units] + recurrent[..., : 2 * units]), 2, -1)
    state = recurrent[..., 2 * units :]
    return z, r, state, tf.tanh(rows[..., 2 * units :] + r * state)


@own_gradient
def _fused_gru(rows, h, recurrent_kernel, bias, *masks):
    """h of all steps."""

    def written_out(*values):
        return _gru_steps(*values, kept=True, at_once=_AT_ONCE)[1]

    outputs = written_out(rows, h, recurrent_kernel, bias, *masks)

    @own_gradient
    def gradient(*values):
        def second(*cotangents):
            return _second(written_out, values, cotangents, 1)

        return _of_gru(rows, h, recurrent_kernel, bias, *masks, steps=(outputs, values[-1])), second

    return outputs, lambda dh: [*gradient(rows, h, recurrent_kernel, bias, *masks, dh), *([None] * len(masks))]


def _of_gru(rows, h, recurrent_kernel, bias, *masks, steps):
    """The gradients of the rows, h, the recurrent kernel and the bias. `steps`: h of all steps, and its gradient."""
    not_by_xla()
    outputs, dh = steps
    before = _delayed(h, outputs)
    z, r, state, candidate = _gates(rows, tf.tensordot(before, recurrent_kernel, 1) + bias)
    to_candidate = (1 - z) * (1 - candidate**2)
    slopes = [(before - candidate) * z * (1 - z), to_candidate * state * r * (1 - r), to_candidate * r]
    slopes = tf.concat(slopes, -1)
    for mask in masks:
        slopes, to_candidate = tf.where(mask, slopes, 0.0), tf.where(mask, to_candidate, 0.0)
        z = tf.where(mask, z, 1.0)

    def back(states, at):
        slope, z, dh = at
        dh = dh + states[0]
        to_state = tf.matmul(tf.concat([dh, dh, dh], -1) * slope, recurrent_kernel, transpose_b=True)
        return [to_state + dh * z], [dh]

    (h_gradient,), (dh,) = _back(back, [tf.zeros_like(h)], [slopes, z, dh], h.shape)
    to_recurrent: Any = tf.concat([dh, dh, dh], -1) * slopes
    kernel_gradient = tf.tensordot(before, to_recurrent, [[0, 1], [0, 1]])
    row_gradient = tf.concat([to_recurrent[..., : 2 * h.shape[-1]], dh * to_candidate], -1)
    return row_gradient, h_gradient, kernel_gradient, tf.reduce_sum(to_recurrent, (0, 1))
