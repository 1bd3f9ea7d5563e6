"""LSTM on TensorFlow by its fused loop on a CPU, which takes half the time of the steps one by one.

The loop's kernels know float32 only, and XLA, `vectorized_map` and forward mode do not know them: there the steps are
written out, as they are for second derivatives. (TensorFlow registers the gradient of `BlockLSTM` for `BlockLSTMV2`
too, whose gates come in another order; so the right one is called here.)
"""

from __future__ import annotations

import tensorflow as tf
from tensorflow.python.ops import control_flow_util

from .tensors import dtype_names
from .transforms import is_batched, is_forward, scan

_AT_ONCE = 4  # steps a turn of the loop


def lstm(inputs, h, c, kernel, recurrent_kernel, bias, return_sequences, unroll):
    x, w = tf.transpose(inputs, (1, 0, 2)), tf.concat([kernel, recurrent_kernel], 0)
    b = tf.zeros_like(w[0]) if bias is None else bias
    if _fits(inputs):
        outputs, cells = _fused(x, h, c, w, b)
        h, c = outputs[-1], cells[-1]
    else:
        (h, c), (outputs, _) = _written_out(x, h, c, w, b, max(unroll, _AT_ONCE))
    return tf.transpose(outputs, (1, 0, 2)) if return_sequences else h, h, c


def _fits(inputs):
    sizes = inputs.shape.as_list()
    by_xla = control_flow_util.GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())
    plain = inputs.dtype == tf.float32 and None not in sizes and 0 not in sizes
    special = by_xla or is_batched() or is_forward()
    return plain and not special and not tf.config.list_physical_devices("GPU")


def _written_out(x, h, c, w, b, at_once=_AT_ONCE):
    """The last h and c, and those of all steps; `w` is the kernel above the recurrent one."""
    kernel, recurrent_kernel = w[: x.shape[-1]], w[x.shape[-1] :]

    def step(states, rows):
        i, f, candidate, o = tf.split(rows[0] + states[0] @ recurrent_kernel, 4, -1)
        c = tf.sigmoid(f) * states[1] + tf.sigmoid(i) * tf.tanh(candidate)
        h = tf.sigmoid(o) * tf.tanh(c)
        return [h, c], [h, c]

    length = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
    rows = tf.tensordot(x, kernel, 1) + b
    return scan(step, [h, c], [rows], length, False, at_once, [(h.shape, dtype_names[h.dtype])] * 2)


@tf.custom_gradient
def _fused(x, h, c, w, b):
    """h and c of all steps."""
    unused = dict.fromkeys(("wci", "wcf", "wco"), tf.zeros_like(h[0]))
    length = tf.constant(x.shape[0], tf.int64)
    given = {"seq_len_max": length, "x": x, "cs_prev": c, "h_prev": h, "w": w, "b": b, **unused, "use_peephole": False}
    kept = tf.raw_ops.BlockLSTMV2(**given, cell_clip=0.0)._asdict()

    @tf.custom_gradient
    def gradient(*values):
        found = tf.raw_ops.BlockLSTMGradV2(**given, **kept, h_grad=values[-2], cs_grad=values[-1])
        first = [found.x_grad, found.h_prev_grad, found.cs_prev_grad, found.w_grad, found.b_grad]
        return first, lambda *cotangents: _second(values, cotangents)

    return (kept["h"], kept["cs"]), lambda dh, dc: gradient(x, h, c, w, b, dh, dc)


def _second(values, cotangents):
    """The gradient of the gradient: `values` are the inputs and the gradients of all h and c."""
    *inputs, dh, dc = values
    with tf.GradientTape() as outer:
        outer.watch(values)
        with tf.GradientTape() as inner:
            inner.watch(inputs)
            _, outputs = _written_out(*inputs)
        first = inner.gradient(outputs, inputs, [dh, dc])
    return outer.gradient(first, values, list(cotangents), unconnected_gradients=tf.UnconnectedGradients.ZERO)
