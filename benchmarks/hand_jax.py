"""The rows written by hand in JAX, as a good user would write them.

They are plain functions of a nest of arrays, without a library. Adam's formula is applied to the nest. Each call is one
jitted step that takes weights, moments, running statistics, the sums of loss and hits, and the key, all of them
donated. Arrays are sliced on the host and passed to the call. The sums are read once per epoch. The LSTM projects its
inputs in one product before the `lax.scan`, and the three projections of attention are one matrix. Max pooling is a
reshape and a maximum, because the gradient of `reduce_window` makes that step take twice as long on a CPU. `predict`
and `call` are the jitted forward pass. The rows for a GPU use bfloat16, with means and variances in float32, and
cuDNN's attention.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import layer_rows_jax
from benchmarks.models import (
    BETA_1,
    BETA_2,
    DROPOUT,
    ENCODERS,
    EPSILON,
    LEARNING_RATE,
    MOMENTUM,
    NORM_EPSILON,
    STAGES,
    Row,
    nest,
)

# A forward pass is (weights, stats, x, key) -> (logits, stats); the key is None outside training.


def _dense(p, x):
    return x @ p[0] + p[1]


def _norm(p, x):
    exact = x.astype(jnp.float32)
    centered = exact - exact.mean(-1, keepdims=True)
    y = centered * jax.lax.rsqrt((centered**2).mean(-1, keepdims=True) + NORM_EPSILON)
    return (y * p[0] + p[1]).astype(x.dtype)


def _conv(kernel, x, stride=1, padding="SAME"):
    return jax.lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def _batch_norm(p, stats, x, key):
    """Return the normalized tensor and the new running statistics."""
    mean, variance = stats
    exact = x.astype(jnp.float32)
    if key is not None:
        mean, variance = exact.mean((0, 1, 2)), exact.var((0, 1, 2))
        now = zip(stats, (mean, variance), strict=True)
        stats = [MOMENTUM * old + (1 - MOMENTUM) * new for old, new in now]
    y = (exact - mean) * (jax.lax.rsqrt(variance + NORM_EPSILON) * p[0]) + p[1]
    return y.astype(x.dtype), stats


def _gelu(x):
    return jax.nn.gelu(x, approximate=False)


def mlp(weights, stats, x, key):
    for p in weights[:-1]:
        x = jax.nn.relu(_dense(p, x))
    return _dense(weights[-1], x), stats


def wide(weights, stats, x, key):
    for i, p in enumerate(weights[:-1]):
        x = jax.nn.relu(_dense(p, x))
        if key is not None:
            keep = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - DROPOUT, x.shape)
            x = jnp.where(keep, x / (1 - DROPOUT), 0)
    return _dense(weights[-1], x), stats


def deep(weights, stats, x, key):
    for p in weights[:-1]:
        x = x + _gelu(_dense(p[2:], _norm(p[:2], x)))
    return _dense(weights[-1], x), stats


def gated(weights, stats, x, key):
    for p in weights[:-1]:
        x = x + 0.5 * _dense(p[:2], x) * jax.nn.sigmoid(_dense(p[2:], x))
    return _dense(weights[-1], x), stats


def conv(weights, stats, x, key):
    moments = []
    for i, (kernel, bias, *p) in enumerate(weights[:-1]):
        x, now = _batch_norm(p, stats[i], _conv(kernel, x) + bias, key)
        moments.append(now)
        x = jax.nn.relu(x)
        if i == 0:
            n, height, width, channels = x.shape
            x = x.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4))
    return _dense(weights[-1], x.mean((1, 2))), moments


def resnet(weights, stats, x, key):
    kernels, norms, moments = iter(weights[0]), iter(zip(weights[1], stats, strict=True)), []

    def conv(x, stride=1, padding="SAME"):
        return _conv(next(kernels), x, stride, padding)

    def norm(x):
        y, now = _batch_norm(*next(norms), x, key)
        moments.append(now)
        return y

    x = jax.nn.relu(norm(conv(x, 2, [(3, 3), (3, 3)])))
    x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 3, 3, 1), (1, 2, 2, 1), [(0, 0), (1, 1), (1, 1), (0, 0)])
    for _, count, stride in STAGES:
        for i in range(count):
            step = stride if i == 0 else 1
            y = jax.nn.relu(norm(conv(jax.nn.relu(norm(conv(x, step))))))
            x = norm(conv(x, step)) if i == 0 else x
            x = jax.nn.relu(x + norm(conv(y)))
    return _dense(weights[2], x.mean((1, 2))), moments


def lstm(weights, stats, x, key):
    table, kernel, recurrent, bias, *dense = weights
    projected = (table[x] @ kernel + bias).swapaxes(0, 1)  # (time, batch, 4 * units)

    def step(carry, row):
        h, c = carry
        i, f, g, o = jnp.split(row + h @ recurrent, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    zeros = jnp.zeros((x.shape[0], recurrent.shape[0]), table.dtype)
    (h, _), _ = jax.lax.scan(step, (zeros, zeros), projected)
    return _dense(dense, h), stats


def encoder(heads, weights, stats, x, key):
    table, blocks, dense = weights
    x = table[x]
    attention = "cudnn" if x.dtype == jnp.bfloat16 and jax.default_backend() == "gpu" else None
    for norm_1, project, output, norm_2, up, down in blocks:
        n, length, width = x.shape
        split = _dense(project, _norm(norm_1, x)).reshape(n, length, 3, heads, width // heads)
        q, k, v = split[:, :, 0], split[:, :, 1], split[:, :, 2]
        mixed = jax.nn.dot_product_attention(q, k, v, implementation=attention)
        x = x + _dense(output, mixed.reshape(n, length, width))
        x = x + _dense(down, _gelu(_dense(up, _norm(norm_2, x))))
    return _dense(dense, x.mean(1)), stats


FORWARD = {"mlp": mlp, "wide": wide, "deep": deep, "gated": gated, "blocks": deep, "conv": conv, "lstm": lstm,
           "resnet": resnet, **layer_rows_jax.FORWARD,
           **{name: partial(encoder, size.heads) for name, size in ENCODERS.items()}}  # fmt: skip


def _mixed(forward, weights, stats, x, key):
    """Return the forward pass in bfloat16. Running statistics and logits are float32."""

    def half(w):
        return w.astype(jnp.bfloat16) if jnp.issubdtype(w.dtype, jnp.floating) else w

    logits, stats = forward(jax.tree.map(half, weights), stats, half(x), key)
    return logits.astype(jnp.float32), stats


@partial(jax.jit, static_argnums=0, donate_argnums=1)
def _step(forward, state, x, y):
    weights, first, second, stats, count, total, hits, key = state

    def loss_on(weights):
        logits, new = forward(weights, stats, x, jax.random.fold_in(key, count))
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1)
        return -chosen.mean(), (logits, new)

    (loss, (logits, stats)), gradients = jax.value_and_grad(loss_on, has_aux=True)(weights)
    count = count + 1
    rate = LEARNING_RATE * jnp.sqrt(1 - BETA_2**count) / (1 - BETA_1**count)
    first = jax.tree.map(lambda m, g: m + (g - m) * (1 - BETA_1), first, gradients)
    second = jax.tree.map(lambda v, g: v + (g * g - v) * (1 - BETA_2), second, gradients)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), weights, first, second)
    hits = hits + (logits.argmax(1) == y).sum()
    return weights, first, second, stats, count, total + loss, hits, key


@partial(jax.jit, static_argnums=0)
def _forward(forward, weights, stats, x):
    return forward(weights, stats, x, None)[0]


class Hand:
    """The row's model with its loops."""

    def __init__(self, row: Row, weights: list[np.ndarray]):
        self.batch, self.function = row.batch, FORWARD[row.model]
        if row.gpu:
            self.function = partial(_mixed, self.function)
        values, stats = jax.tree.map(jnp.array, nest(row.model, weights))
        zeros = partial(jax.tree.map, jnp.zeros_like)
        self.state = (values, zeros(values), zeros(values), stats, jnp.int32(0), jnp.float32(0), jnp.int32(0),
                      jax.random.key(0))  # fmt: skip
        self.choice = ""  # there is nothing to choose

    def train(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Train one epoch and return mean loss and accuracy."""
        step, function, batch = _step, self.function, self.batch
        state = (*self.state[:5], jnp.float32(0), jnp.int32(0), self.state[7])
        for start in range(0, len(x), batch):
            state = step(function, state, x[start : start + batch], y[start : start + batch])
        self.state = state
        return float(state[5]) * batch / len(x), int(state[6]) / len(x)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions for an array, as an array."""
        return np.asarray(_forward(self.function, self.state[0], self.state[3], x))

    def tensor(self, x: np.ndarray) -> jax.Array:
        """Return an array as the tensor that `call` takes."""
        return jnp.asarray(x)

    def call(self, x: jax.Array) -> jax.Array:
        """Return the outputs for a tensor, as a tensor."""
        return _forward(self.function, self.state[0], self.state[3], x).block_until_ready()
