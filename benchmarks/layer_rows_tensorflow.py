"""The rows of `layer_rows.py` by hand in TensorFlow: functions (weights, stats, x, training) -> logits.

`weights` is the list of Keras's weights, as Variables. Recurrent layers are unrolled in the graph.
"""

from __future__ import annotations

import tensorflow as tf

from benchmarks.constants import NORM_EPSILON
from benchmarks.layer_rows import GROUPS, HEAD, HEADS, RMS_EPSILON


def _rows(x, kernel, bias):
    """Return a product on `(n, length, width)`, as one of matrices."""
    flat = tf.nn.bias_add(tf.reshape(x, (-1, kernel.shape[0])) @ kernel, bias)
    return tf.reshape(flat, (-1, *x.shape[1:-1], kernel.shape[1]))


def _conv(x, kernel, bias, stride=1):
    return tf.nn.bias_add(tf.nn.conv2d(x, kernel, stride, "SAME"), bias)


def causal(weights, stats, x, training):
    table, *parts, kernel, bias = weights
    width = HEADS * HEAD
    x = tf.gather(table, x)
    length = x.shape[1]
    project = tf.concat([tf.reshape(parts[i], (width, width)) for i in (0, 2, 4)], 1)
    biases = tf.concat([tf.reshape(parts[i], (width,)) for i in (1, 3, 5)], 0)
    split = tf.reshape(_rows(x, project, biases), (-1, length, 3, HEADS, HEAD))
    q, k, v = tf.unstack(tf.transpose(split, (2, 0, 3, 1, 4)))
    hidden = (1.0 - tf.linalg.band_part(tf.ones((length, length)), -1, 0)) * -1e9
    scores = tf.nn.softmax(tf.matmul(q * HEAD**-0.5, k, transpose_b=True) + hidden)
    mixed = tf.reshape(tf.transpose(scores @ v, (0, 2, 1, 3)), (-1, length, width))
    x = x + _rows(mixed, tf.reshape(parts[6], (width, width)), parts[7])
    return tf.nn.bias_add(tf.reduce_mean(x, 1) @ kernel, bias)


def group_norm(weights, stats, x, training):
    for i in (0, 4):
        kernel, bias, gamma, beta = weights[i : i + 4]
        x = _conv(x, kernel, bias)
        height, width, channels = x.shape[1:]
        grouped = tf.reshape(x, (-1, height, width, GROUPS, channels // GROUPS))
        mean, variance = tf.nn.moments(grouped, [1, 2, 4], keepdims=True)
        shape = (1, 1, 1, GROUPS, channels // GROUPS)
        gamma, beta = tf.reshape(gamma, shape), tf.reshape(beta, shape)
        y = tf.nn.batch_normalization(grouped, mean, variance, beta, gamma, NORM_EPSILON)
        x = tf.nn.relu(tf.reshape(y, (-1, height, width, channels)))
        x = tf.nn.max_pool2d(x, 2, 2, "VALID") if i == 0 else x
    return tf.nn.bias_add(tf.reduce_mean(x, (1, 2)) @ weights[8], weights[9])


def rms_norm(weights, stats, x, training):
    for i in range(0, len(weights) - 2, 3):
        scale, kernel, bias = weights[i : i + 3]
        h = x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True) + RMS_EPSILON) * scale
        x = x + tf.nn.gelu(_rows(h, kernel, bias), approximate=False)
    return tf.nn.bias_add(tf.reduce_mean(x, 1) @ weights[-2], weights[-1])


def conv_lstm(weights, stats, x, training):
    kernel, recurrent, bias, *dense = weights
    steps, height, width, channels = x.shape[1:]
    projected = _conv(tf.reshape(x, (-1, height, width, channels)), kernel, bias)
    projected = tf.reshape(projected, (-1, steps, height, width, projected.shape[-1]))
    h = c = tf.zeros_like(projected[:, 0, :, :, : recurrent.shape[2]])
    for row in tf.unstack(projected, axis=1):
        i, f, g, o = tf.split(row + tf.nn.conv2d(h, recurrent, 1, "SAME"), 4, axis=-1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
    return tf.nn.bias_add(tf.reduce_mean(h, (1, 2)) @ dense[0], dense[1])


def separable(weights, stats, x, training):
    x = tf.nn.relu(_conv(x, weights[0], weights[1], 2))
    for i in (2, 5):
        deep, point, bias = weights[i : i + 3]
        x = tf.nn.relu(tf.nn.bias_add(tf.nn.separable_conv2d(x, deep, point, (1, 1, 1, 1), "SAME"), bias))
    return tf.nn.bias_add(tf.reduce_mean(x, (1, 2)) @ weights[8], weights[9])


def gru(weights, stats, x, training):
    table, *parts, kernel, bias = weights
    masks = tf.unstack(tf.expand_dims(x != 0, -1), axis=1)
    embedded, states = tf.gather(table, x), []
    for (inputs, recurrent, biases), order in ((parts[:3], 1), (parts[3:], -1)):
        biases = tf.unstack(biases)
        rows = tf.unstack(_rows(embedded, inputs, biases[0]), axis=1)
        h = tf.zeros_like(rows[0][:, : recurrent.shape[0]])
        for row, mask in zip(rows[::order], masks[::order], strict=True):
            z, r, n = tf.split(row, 3, axis=-1)
            hz, hr, hn = tf.split(tf.nn.bias_add(h @ recurrent, biases[1]), 3, axis=-1)
            z = tf.sigmoid(z + hz)
            h = tf.where(mask, z * h + (1 - z) * tf.tanh(n + tf.sigmoid(r + hr) * hn), h)
        states.append(h)
    return tf.nn.bias_add(tf.concat(states, -1) @ kernel, bias)


def unet(weights, stats, x, training):
    pairs = [weights[i : i + 2] for i in range(0, len(weights), 2)]

    def conv(x, pair):
        return tf.nn.relu(_conv(x, *pair))

    def up(x, kernel, bias):
        shape = (tf.shape(x)[0], 2 * x.shape[1], 2 * x.shape[2], kernel.shape[2])
        return tf.nn.bias_add(tf.nn.conv2d_transpose(x, kernel, shape, 2, "VALID"), bias)

    def pool(x):
        return tf.nn.max_pool2d(x, 2, 2, "VALID")

    first = conv(x, pairs[0])
    second = conv(pool(first), pairs[1])
    x = conv(pool(second), pairs[2])
    x = conv(tf.concat([up(x, *pairs[3]), second], -1), pairs[4])
    x = conv(tf.concat([up(x, *pairs[5]), first], -1), pairs[6])
    return tf.nn.bias_add(tf.reduce_mean(x, (1, 2)) @ pairs[7][0], pairs[7][1])


FORWARD = {"causal": causal, "group-norm": group_norm, "rms-norm": rms_norm, "conv-lstm": conv_lstm,
           "separable": separable, "gru": gru, "unet": unet}  # fmt: skip
