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

from benchmarks import layer_rows_jax, ways
from benchmarks.constants import BETA_1, BETA_2, DROPOUT, EPSILON, LEARNING_RATE, MOMENTUM, NORM_EPSILON
from benchmarks.models import ENCODERS, STAGES, nest
from benchmarks.rows import ACCUMULATED, Row

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


def encoder(size, weights, stats, x, key):
    heads = size.heads
    table, blocks, dense = weights
    x = table[x]
    attention = "cudnn" if x.dtype == jnp.bfloat16 and jax.default_backend() == "gpu" else None
    for norm_1, project, output, norm_2, up, down in blocks:
        n, length, width = x.shape
        split = _dense(project, _norm(norm_1, x)).reshape(n, length, 3, heads, width // heads)
        q, k, v = split[:, :, 0], split[:, :, 1], split[:, :, 2]
        mixed = jax.nn.dot_product_attention(q, k, v, is_causal=size.causal, implementation=attention)
        x = x + _dense(output, mixed.reshape(n, length, width))
        x = x + _dense(down, _gelu(_dense(up, _norm(norm_2, x))))
    return _dense(dense, x if size.causal else x.mean(1)), stats


FORWARD = {"mlp": mlp, "small": mlp, "wide": wide, "deep": deep, "gated": gated, "blocks": deep, "conv": conv,
           "lstm": lstm, "resnet": resnet, **layer_rows_jax.FORWARD,
           **{name: partial(encoder, size) for name, size in ENCODERS.items()}}  # fmt: skip


def _mixed(forward, weights, stats, x, key):
    """Return the forward pass in bfloat16. Running statistics and logits are float32."""

    def half(w):
        return w.astype(jnp.bfloat16) if jnp.issubdtype(w.dtype, jnp.floating) else w

    logits, stats = forward(jax.tree.map(half, weights), stats, half(x), key)
    return logits.astype(jnp.float32), stats


def entropy(logits, y):
    """Return the mean cross entropy of classes."""
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()


def adam(weights, first, second, count, gradients):
    """Return weights and moments after update number `count`."""
    rate = LEARNING_RATE * jnp.sqrt(1 - BETA_2**count) / (1 - BETA_1**count)
    first = jax.tree.map(lambda m, g: m + (g - m) * (1 - BETA_1), first, gradients)
    second = jax.tree.map(lambda v, g: v + (g * g - v) * (1 - BETA_2), second, gradients)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), weights, first, second)
    return weights, first, second


def _differentiated(forward, state, x, y):
    """Return loss, hits, running statistics and gradients."""
    weights, stats, count, key = state[0], *state[3:5], state[7]

    def loss_on(weights):
        logits, new = forward(weights, stats, x, jax.random.fold_in(key, count))
        return entropy(logits, y), (logits, new)

    (loss, (logits, stats)), gradients = jax.value_and_grad(loss_on, has_aux=True)(weights)
    return loss, (logits.argmax(1) == y).sum(), stats, gradients


def _updated(forward, state, x, y):
    """Return the new state and the loss of the batch."""
    weights, first, second, _, count, total, hits, key = state
    loss, now, stats, gradients = _differentiated(forward, state, x, y)
    count = count + 1
    weights, first, second = adam(weights, first, second, count, gradients)
    return (weights, first, second, stats, count, total + loss, hits + now, key), loss


_watched = jax.jit(_updated, static_argnums=0, donate_argnums=1)


@partial(jax.jit, static_argnums=0, donate_argnums=1)
def _step(forward, state, x, y):
    return _updated(forward, state, x, y)[0]


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=(2, 3))
def _accumulated(forward, last, state, sums, x, y):
    """Add the gradients of a batch to the sums. The last one updates the weights and returns zeros."""
    weights, first, second, _, count, total, hits, key = state
    loss, now, stats, gradients = _differentiated(forward, state, x, y)
    sums = jax.tree.map(jnp.add, sums, gradients)
    if last:
        count = count + 1
        mean = jax.tree.map(lambda g: g / ACCUMULATED, sums)
        weights, first, second = adam(weights, first, second, count, mean)
        sums = jax.tree.map(jnp.zeros_like, sums)
    return (weights, first, second, stats, count, total + loss, hits + now, key), sums


@partial(jax.jit, static_argnums=0, donate_argnums=3)
def _score(forward, weights, stats, sums, x, y):
    logits = forward(weights, stats, x, None)[0]
    return sums[0] + entropy(logits, y), sums[1] + (logits.argmax(1) == y).sum()


@partial(jax.jit, static_argnums=0, donate_argnums=3)
def _written(forward, weights, stats, tokens, i):
    """Return the tokens with the likeliest one at position `i`."""
    return tokens.at[0, i].set(forward(weights, stats, tokens, None)[0][0, i - 1].argmax().astype(tokens.dtype))


@partial(jax.jit, static_argnums=0)
def _forward(forward, weights, stats, x):
    return forward(weights, stats, x, None)[0]


class Hand:
    """The row's model with its loops."""

    def __init__(self, row: Row, weights: list[np.ndarray]):
        self.row, self.batch, self.function = row, row.batch, FORWARD[row.model]
        if row.half:
            self.function = partial(_mixed, self.function)
        values, stats = jax.tree.map(jnp.array, nest(row.model, weights))
        zeros = partial(jax.tree.map, jnp.zeros_like)
        self.state = (values, zeros(values), zeros(values), stats, jnp.int32(0), jnp.float32(0), jnp.int32(0),
                      jax.random.key(0))  # fmt: skip
        self.choice = ""  # there is nothing to choose

    def train(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Train one epoch and return mean loss and accuracy."""
        state = (*self.state[:5], jnp.float32(0), jnp.int32(0), self.state[7])
        loops = {"accumulated": self._accumulating, "watched": self._watching}
        self.state = state = loops.get(self.row.way, self._stepping)(state, x, y)
        return float(state[5]) * self.batch / len(x), int(state[6]) / len(x)

    def _stepping(self, state: tuple, x: np.ndarray, y: np.ndarray) -> tuple:
        step, function = _step, self.function
        for inputs, target in ways.batches(self.row, x, y):
            state = step(function, state, inputs, target)
        return state

    def _watching(self, state: tuple, x: np.ndarray, y: np.ndarray) -> tuple:
        losses = []
        for inputs, target in ways.batches(self.row, x, y):
            state, loss = _watched(self.function, state, inputs, target)
            losses.append(float(loss))
        return state

    def _accumulating(self, state: tuple, x: np.ndarray, y: np.ndarray) -> tuple:
        sums = jax.tree.map(jnp.zeros_like, state[0])
        for i, (inputs, target) in enumerate(ways.batches(self.row, x, y), 1):
            state, sums = _accumulated(self.function, i % ACCUMULATED == 0, state, sums, inputs, target)
        return state

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Return mean loss and accuracy without training."""
        sums = jnp.float32(0), jnp.int32(0)
        for inputs, target in ways.batches(self.row, x, y):
            sums = _score(self.function, self.state[0], self.state[3], sums, inputs, target)
        return float(sums[0]) * self.batch / len(x), int(sums[1]) / len(x)

    def predict_all(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions for many samples, computed in batches, as an array."""
        weights, stats, batch = self.state[0], self.state[3], self.batch
        found = [_forward(self.function, weights, stats, x[i : i + batch]) for i in range(0, len(x), batch)]
        return np.concatenate([np.asarray(one) for one in found])

    def write(self, tokens: np.ndarray) -> np.ndarray:
        """Return tokens `(1, n)` that go on after the first, each the likeliest."""
        written = jnp.array(tokens)
        for i in range(1, tokens.shape[1]):
            written = _written(self.function, self.state[0], self.state[3], written, i)
        return np.asarray(written)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions for an array, as an array."""
        return np.asarray(_forward(self.function, self.state[0], self.state[3], x))

    def tensor(self, x: np.ndarray) -> jax.Array:
        """Return an array as the tensor that `call` takes."""
        return jnp.asarray(x)

    def call(self, x: jax.Array) -> jax.Array:
        """Return the outputs for a tensor, as a tensor."""
        return _forward(self.function, self.state[0], self.state[3], x).block_until_ready()
