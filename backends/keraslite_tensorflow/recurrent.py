"""LSTM on TensorFlow by its fused loop on a CPU, which takes three quarters of the processor time of steps one by one.

The kernel knows float32 only, and XLA, `vectorized_map` and forward mode do not know it: there the steps are written
out, as they are for second derivatives. XLA takes half the time of the fused loop on one sample, but no less in
training, where trying it costs memory: it is tried where there is no gradient.

The fused loop's gradient is made of ops here: TensorFlow's takes the products with the weights step by step, and what
it registers for `BlockLSTMV2` is that of `BlockLSTM`, whose gates come in another order.
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


def lstm(inputs, h, c, kernel, recurrent_kernel, bias, return_sequences, unroll):
    x, w = tf.transpose(inputs, (1, 0, 2)), tf.concat([kernel, recurrent_kernel], 0)
    b = tf.zeros_like(w[0]) if bias is None else bias
    by_xla = private.in_xla(tf.compat.v1.get_default_graph())
    if _fits(inputs) and not by_xla:
        outputs: Any = _fused(x, h, c, w, b)
        h, c = (steps[-1] for steps in outputs)
    else:
        at_once = max(unroll, _FORWARD_AT_ONCE if by_xla and not private.could_possibly_record() else _AT_ONCE)
        (h, c), outputs = _written_out(x, h, c, w, b, int(return_sequences), at_once)
    return tf.transpose(outputs[0], (1, 0, 2)) if return_sequences else h, h, c


def _fits(inputs):
    sizes = inputs.shape.as_list()
    plain = inputs.dtype == tf.float32 and None not in sizes and 0 not in sizes
    return plain and not (is_batched() or is_forward()) and not tf.config.list_physical_devices("GPU")


def _written_out(x, h, c, w, b, kept, at_once):
    """The last h and c, and of all steps nothing, h, or h and c (`kept`); `w` is the kernel above the recurrent one."""
    kernel, recurrent_kernel = w[: x.shape[-1]], w[x.shape[-1] :]

    def step(states, rows):
        i, f, candidate, o = tf.split(rows[0] + states[0] @ recurrent_kernel, 4, -1)
        c = tf.sigmoid(f) * states[1] + tf.sigmoid(i) * tf.tanh(candidate)
        h = tf.sigmoid(o) * tf.tanh(c)
        return [h, c], [h, c][:kept]

    length = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
    rows = tf.tensordot(x, kernel, 1) + b
    return scan(step, [h, c], [rows], length, False, at_once, [(h.shape, dtype_names[h.dtype])] * kept)


@own_gradient
def _fused(x, h, c, w, b):
    """h and c of all steps."""
    unused: Any = dict.fromkeys(("wci", "wcf", "wco"), tf.zeros_like(h[0]))
    length = tf.constant(x.shape[0], tf.int64)
    kept: Any = tf.raw_ops.BlockLSTMV2(
        seq_len_max=length, x=x, cs_prev=c, h_prev=h, w=w, b=b, **unused, cell_clip=0.0, use_peephole=False
    )

    @own_gradient
    def gradient(*values):
        return _first(*values, kept=kept), lambda *cotangents: _second(values, cotangents)

    return (kept.h, kept.cs), lambda dh, dc: gradient(x, h, c, w, b, dh, dc)


def _first(x, h, c, w, b, dh, dc, kept):
    """The gradient. `dh`, `dc`: those of all h and c. `kept`: the gates after their functions, `ci` the candidate."""
    not_by_xla()
    i, f, o, candidate, tanh_c = kept.i, kept.f, kept.o, kept.ci, kept.co
    slopes = [candidate * i * (1 - i), _delayed(c, kept.cs) * f * (1 - f), i * (1 - candidate**2), tanh_c * o * (1 - o)]
    kernel, recurrent_kernel = w[: x.shape[-1]], w[x.shape[-1] :]

    def back(states, rows):
        slope, to_c, forget, dh, dc = rows
        dh = dh + states[0]
        dc = tf.add_n([dc, states[1], dh * to_c])
        dz = tf.concat([dc, dc, dc, dh], -1) * slope
        return [tf.matmul(dz, recurrent_kernel, transpose_b=True), dc * forget], [dz]

    rows = [tf.concat(slopes, -1), o * (1 - tanh_c**2), f, dh, dc]
    start = [tf.zeros_like(h), tf.zeros_like(c)]
    shape = (h.shape[0], w.shape[-1])
    length = x.shape[0]
    at_once = length if length <= _WITHOUT_LOOP else _BACK_AT_ONCE
    (h_gradient, c_gradient), (dz,) = scan(back, start, rows, length, True, at_once, [(shape, "float32")])
    seen = tf.concat([x, _delayed(h, kept.h)], -1)
    w_gradient = tf.tensordot(seen, dz, [[0, 1], [0, 1]])
    x_gradient = tf.tensordot(dz, kernel, [[2], [1]])
    return x_gradient, h_gradient, c_gradient, w_gradient, tf.reduce_sum(dz, (0, 1))


def _delayed(first, steps):
    """What each step started from."""
    return tf.concat([first[None], steps[:-1]], 0)


def _second(values, cotangents):
    """The gradient of the gradient: `values` are the inputs and the gradients of all h and c."""
    *inputs, dh, dc = values
    first: Any
    with tf.GradientTape() as outer:
        outer.watch(values)
        with tf.GradientTape() as inner:
            inner.watch(inputs)
            _, outputs = _written_out(*inputs, kept=2, at_once=_AT_ONCE)
        first = inner.gradient(outputs, inputs, [dh, dc])
    return outer.gradient(first, values, list(cotangents), unconnected_gradients=tf.UnconnectedGradients.ZERO)
