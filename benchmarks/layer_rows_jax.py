"""The rows of `layer_rows.py` by hand in JAX: functions (weights, stats, x, key) -> (logits, stats).

`weights` is the list of Keras's weights. The ConvLSTM is written out step by step, because XLA computes convolutions
in a loop with its slowest kernel on a CPU. Max pooling is a reshape and a maximum, and an up-convolution whose stride
is its size is one product, for the same reason.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.nn import relu, sigmoid

from benchmarks.constants import NORM_EPSILON
from benchmarks.layer_rows import GROUPS, HEAD, HEADS, RMS_EPSILON


def _conv(x, kernel, bias=None, stride=1, groups=1):
    y = jax.lax.conv_general_dilated(x, kernel, (stride, stride), "SAME", feature_group_count=groups,
                                     dimension_numbers=("NHWC", "HWIO", "NHWC"))  # fmt: skip
    return y if bias is None else y + bias


def _pool(x):
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4))


def causal(weights, stats, x, key):
    table, *parts, kernel, bias = weights
    width = HEADS * HEAD
    x = table[x]
    project = jnp.concatenate([parts[i].reshape(width, width) for i in (0, 2, 4)], 1)
    split = x @ project + jnp.concatenate([parts[i].reshape(width) for i in (1, 3, 5)])
    q, k, v = jnp.split(split.reshape(*x.shape[:2], 3, HEADS, HEAD), 3, 2)
    mixed = jax.nn.dot_product_attention(q[:, :, 0], k[:, :, 0], v[:, :, 0], is_causal=True)
    x = x + mixed.reshape(x.shape) @ parts[6].reshape(width, width) + parts[7]
    return x.mean(1) @ kernel + bias, stats


def group_norm(weights, stats, x, key):
    for i in (0, 4):
        kernel, bias, gamma, beta = weights[i : i + 4]
        x = _conv(x, kernel, bias)
        grouped = x.reshape(*x.shape[:3], GROUPS, -1)
        mean = grouped.mean((1, 2, 4), keepdims=True)
        variance = grouped.var((1, 2, 4), keepdims=True)
        x = ((grouped - mean) * jax.lax.rsqrt(variance + NORM_EPSILON)).reshape(x.shape)
        x = relu(x * gamma + beta)
        x = _pool(x) if i == 0 else x
    return x.mean((1, 2)) @ weights[8] + weights[9], stats


def rms_norm(weights, stats, x, key):
    for i in range(0, len(weights) - 2, 3):
        scale, kernel, bias = weights[i : i + 3]
        h = x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + RMS_EPSILON) * scale
        x = x + jax.nn.gelu(h @ kernel + bias, approximate=False)
    return x.mean(1) @ weights[-2] + weights[-1], stats


def conv_lstm(weights, stats, x, key):
    kernel, recurrent, bias, *dense = weights
    n, steps, *space = x.shape
    projected = _conv(x.reshape(n * steps, *space), kernel, bias).reshape(n, steps, *space[:2], -1)
    h = c = jnp.zeros((n, *space[:2], recurrent.shape[2]))
    for step in range(steps):
        i, f, g, o = jnp.split(projected[:, step] + _conv(h, recurrent), 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
        h = sigmoid(o) * jnp.tanh(c)
    return h.mean((1, 2)) @ dense[0] + dense[1], stats


def separable(weights, stats, x, key):
    x = relu(_conv(x, weights[0], weights[1], stride=2))
    for i in (2, 5):
        deep, point, bias = weights[i : i + 3]
        x = _conv(x, deep.transpose(0, 1, 3, 2), groups=deep.shape[2])
        x = relu(x @ point[0, 0] + bias)
    return x.mean((1, 2)) @ weights[8] + weights[9], stats


def gru(weights, stats, x, key):
    table, *parts, kernel, bias = weights
    mask = (x != 0).T[:, :, None]
    states = []
    for (inputs, recurrent, biases), reverse in ((parts[:3], False), (parts[3:], True)):
        projected = (table[x] @ inputs + biases[0]).swapaxes(0, 1)

        def step(h, row, recurrent=recurrent, bias=biases[1]):
            (z, r, n), (hz, hr, hn) = jnp.split(row[0], 3, -1), jnp.split(h @ recurrent + bias, 3, -1)
            z = sigmoid(z + hz)
            return jnp.where(row[1], z * h + (1 - z) * jnp.tanh(n + sigmoid(r + hr) * hn), h), None

        zeros = jnp.zeros((x.shape[0], recurrent.shape[0]))
        states.append(jax.lax.scan(step, zeros, (projected, mask), reverse=reverse)[0])
    return jnp.concatenate(states, -1) @ kernel + bias, stats


def unet(weights, stats, x, key):
    pairs = [weights[i : i + 2] for i in range(0, len(weights), 2)]

    def up(x, kernel, bias):
        n, height, width, _ = x.shape
        y = jnp.einsum("nhwc,abdc->nhawbd", x, kernel) + bias
        return y.reshape(n, 2 * height, 2 * width, -1)

    first = relu(_conv(x, *pairs[0]))
    second = relu(_conv(_pool(first), *pairs[1]))
    x = relu(_conv(_pool(second), *pairs[2]))
    x = relu(_conv(jnp.concatenate([up(x, *pairs[3]), second], -1), *pairs[4]))
    x = relu(_conv(jnp.concatenate([up(x, *pairs[5]), first], -1), *pairs[6]))
    return x.mean((1, 2)) @ pairs[7][0] + pairs[7][1], stats


FORWARD = {"causal": causal, "group-norm": group_norm, "rms-norm": rms_norm, "conv-lstm": conv_lstm,
           "separable": separable, "gru": gru, "unet": unet}  # fmt: skip
