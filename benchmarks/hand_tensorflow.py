"""The rows written by hand in TensorFlow, as a good user would write them.

They are plain functions of `tf.Variable`s. Each step is one `tf.function` call that contains gradient, update and the
sums of loss and hits. The update is the fused `ResourceApplyAdam`. Arrays are sliced on the host and passed as tensors.
The sums are read once per epoch. The step and the forward pass exist as a plain graph and compiled by XLA, and the
first epoch decides which one is used. The LSTM projects its inputs in one product and is unrolled in the graph. The
three projections of attention are one matrix. `predict` and `call` are the `tf.function` of the forward pass.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import tensorflow as tf

from benchmarks import layer_rows_tensorflow, ways
from benchmarks.constants import BETA_1, BETA_2, DROPOUT, EPSILON, LEARNING_RATE, MOMENTUM, NORM_EPSILON
from benchmarks.models import ENCODERS, faster, nest
from benchmarks.rows import ACCUMULATED, Row

# A forward pass is (weights, stats, x, training) -> logits.


def _dense(p, x):
    return tf.nn.bias_add(x @ p[0], p[1])


def _rows(p, x):
    """`_dense` on `(n, length, width)`, as one product."""
    flat = tf.nn.bias_add(tf.reshape(x, (-1, p[0].shape[0])) @ p[0], p[1])
    return tf.reshape(flat, (-1, x.shape[1], p[0].shape[1]))


def _norm(p, x):
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, p[1], p[0], NORM_EPSILON)


def mlp(weights, stats, x, training):
    for p in weights[:-1]:
        x = tf.nn.relu(_dense(p, x))
    return _dense(weights[-1], x)


def wide(weights, stats, x, training):
    for p in weights[:-1]:
        x = tf.nn.relu(_dense(p, x))
        x = tf.nn.dropout(x, DROPOUT) if training else x
    return _dense(weights[-1], x)


def deep(weights, stats, x, training):
    for p in weights[:-1]:
        x = x + tf.nn.gelu(_dense(p[2:], _norm(p[:2], x)), approximate=False)
    return _dense(weights[-1], x)


def gated(weights, stats, x, training):
    for p in weights[:-1]:
        x = x + 0.5 * _dense(p[:2], x) * tf.sigmoid(_dense(p[2:], x))
    return _dense(weights[-1], x)


def conv(weights, stats, x, training):
    for i, (kernel, bias, gamma, beta) in enumerate(weights[:-1]):
        x = tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "SAME"), bias)
        given = {} if training else {"mean": stats[i][0], "variance": stats[i][1]}
        x, *moments = tf.compat.v1.nn.fused_batch_norm(
            x, gamma, beta, epsilon=NORM_EPSILON, is_training=training, **given
        )
        if training:
            for old, new in zip(stats[i], moments, strict=True):
                old.assign_sub((old - new) * (1 - MOMENTUM))
        x = tf.nn.relu(x)
        if i == 0:
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
    return _dense(weights[-1], tf.reduce_mean(x, (1, 2)))


def lstm(weights, stats, x, training):
    table, kernel, recurrent, bias, *dense = weights
    projected = _rows((kernel, bias), tf.gather(table, x))  # (batch, time, 4 * units)
    h = c = tf.zeros_like(projected[:, 0, :64])
    for row in tf.unstack(projected, axis=1):
        i, f, g, o = tf.split(row + h @ recurrent, 4, axis=-1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
    return _dense(dense, h)


def transformer(size, weights, stats, x, training):
    table, blocks, dense = weights
    heads = size.heads
    x = tf.gather(table, x)
    hidden = (1.0 - tf.linalg.band_part(tf.ones((x.shape[1], x.shape[1])), -1, 0)) * -1e9
    for norm_1, project, output, norm_2, up, down in blocks:
        length, width = x.shape[1:]
        split = tf.reshape(_rows(project, _norm(norm_1, x)), (-1, length, 3, heads, width // heads))
        q, k, v = tf.unstack(tf.transpose(split, (2, 0, 3, 1, 4)))  # (n, heads, length, width / heads) each
        scores = tf.matmul(q * (width // heads) ** -0.5, k, transpose_b=True)
        scores = tf.nn.softmax(scores + hidden if size.causal else scores)
        mixed = tf.reshape(tf.transpose(scores @ v, (0, 2, 1, 3)), (-1, length, width))
        x = x + _rows(output, mixed)
        x = x + _rows(down, tf.nn.gelu(_rows(up, _norm(norm_2, x)), approximate=False))
    return _rows(dense, x) if size.causal else _dense(dense, tf.reduce_mean(x, 1))


def _mixed(function):
    """Return the forward pass in bfloat16. The logits are float32."""

    def half(w):
        return tf.cast(w, tf.bfloat16)

    def forward(weights, stats, x, training):
        return tf.cast(function(tf.nest.map_structure(half, weights), stats, half(x), training), tf.float32)

    return forward


FORWARD = {"mlp": mlp, "small": mlp, "wide": wide, "deep": deep, "gated": gated, "blocks": deep, "conv": conv,
           "lstm": lstm, **layer_rows_tensorflow.FORWARD,
           **{name: partial(transformer, size) for name, size in ENCODERS.items()}}  # fmt: skip


class Adam:
    """The optimizer of some variables, to be called in a graph."""

    def __init__(self, trained: list[tf.Variable]):
        self.trained = trained
        self.moments = [[tf.Variable(tf.zeros_like(w)) for w in trained] for _ in range(2)]
        self.powers = tf.Variable(BETA_1), tf.Variable(BETA_2)

    @property
    def state(self) -> list[tf.Variable]:
        """All variables that an update changes."""
        return [*self.trained, *self.moments[0], *self.moments[1], *self.powers]

    def update(self, gradients: list[tf.Tensor]) -> None:
        """Run one update."""
        for variable, gradient, first, second in zip(self.trained, gradients, *self.moments, strict=True):
            gradient = tf.convert_to_tensor(gradient)  # the gradient of an embedding is sparse, by rows
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle, m=first.handle, v=second.handle, beta1_power=self.powers[0],
                beta2_power=self.powers[1], lr=LEARNING_RATE, beta1=BETA_1, beta2=BETA_2, epsilon=EPSILON,
                grad=gradient,
            )  # fmt: skip
        self.powers[0].assign(self.powers[0] * BETA_1)
        self.powers[1].assign(self.powers[1] * BETA_2)


def better(function: Callable, arguments: list, state: list[tf.Variable], cold: bool = False) -> tuple[Callable, str]:
    """Return the function as a graph, plain or compiled, whichever is faster, and a line about it.

    From cold, it is plain. The state stays as before. Concrete functions are used, because they do not check the
    signature at each call.
    """
    signature = tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), arguments)
    programs = {
        name: tf.function(function, jit_compile=xla, autograph=False).get_concrete_function(*signature)
        for name, xla in (("plain", False), ("XLA", True))
        if not xla or not cold
    }
    if len(programs) == 1:
        return programs["plain"], ""
    before = [variable.numpy() for variable in state]
    best, line = faster({name: partial(program, *arguments) for name, program in programs.items()})
    for variable, value in zip(state, before, strict=True):
        variable.assign(value)
    return programs[best], line


class Hand:
    """The row's model with its loops."""

    def __init__(self, row: Row, weights: list[np.ndarray]):
        self.row, self.batch, self.function = row, row.batch, FORWARD[row.model]
        if row.half:
            self.function = _mixed(self.function)
        values, stats = nest(row.model, weights)
        self.weights = tf.nest.map_structure(tf.Variable, values)
        self.stats = tf.nest.map_structure(lambda w: tf.Variable(w, trainable=False), stats)
        self.adam = Adam(tf.nest.flatten(self.weights))
        self.sums = tf.Variable(0.0), tf.Variable(0)
        self.gradients = [tf.Variable(tf.zeros_like(w)) for w in self.adam.trained if row.way == "accumulated"]
        self.programs: dict[str, Callable] = {}
        self.choice = ""

    def _counted(self, logits, y):
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
        self.sums[0].assign_add(loss)
        self.sums[1].assign_add(tf.reduce_sum(tf.cast(tf.argmax(logits, 1, tf.int32) == y, tf.int32)))
        return loss

    def _differentiated(self, x, y):
        with tf.GradientTape() as tape:
            loss = self._counted(self.function(self.weights, self.stats, x, True), y)
        return loss, tape.gradient(loss, self.adam.trained)

    def _step(self, x, y):
        self._watched(x, y)

    def _watched(self, x, y):
        loss, gradients = self._differentiated(x, y)
        self.adam.update(gradients)
        return loss

    def _add(self, x, y):
        _, gradients = self._differentiated(x, y)
        for total, gradient in zip(self.gradients, gradients, strict=True):
            total.assign_add(gradient)

    def _last(self, x, y):
        self._add(x, y)
        self.adam.update([total / ACCUMULATED for total in self.gradients])
        for total in self.gradients:
            total.assign(tf.zeros_like(total))

    def _score(self, x, y):
        self._counted(self.function(self.weights, self.stats, x, False), y)

    def _forward(self, x):
        return self.function(self.weights, self.stats, x, False)

    def _written(self, tokens, i):
        token = tf.argmax(self._forward(tokens)[0, i - 1], output_type=tokens.dtype)
        return tf.tensor_scatter_nd_update(tokens, [[0, i]], [token])

    def _program(self, function: Callable, *arguments: tf.Tensor) -> Callable:
        """Return the method as a graph."""
        name = function.__name__
        if name not in self.programs:
            state = [*self.adam.state, *tf.nest.flatten(self.stats), *self.gradients]
            self.programs[name], self.choice = better(function, list(arguments), state, self.row.cold)
        return self.programs[name]

    def _pass(self, functions: list[Callable], x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Call the functions in turn on all batches."""
        tensor, batch = tf.convert_to_tensor, self.batch
        programs = [self._program(one, tensor(x[:batch]), tensor(y[:batch])) for one in functions]
        count, losses, watched = len(programs), [], self.row.way == "watched"
        for total in self.sums:
            total.assign(tf.zeros_like(total))
        for i, (inputs, target) in enumerate(ways.batches(self.row, x, y)):
            loss = programs[i % count](tensor(inputs), tensor(target))
            if watched:
                losses.append(float(loss))
        return float(self.sums[0].numpy()) * batch / len(x), int(self.sums[1].numpy()) / len(x)

    def train(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Train one epoch and return mean loss and accuracy."""
        ways = {"accumulated": [*[self._add] * (ACCUMULATED - 1), self._last], "watched": [self._watched]}
        return self._pass(ways.get(self.row.way, [self._step]), x, y)

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Return mean loss and accuracy without training."""
        return self._pass([self._score], x, y)

    def predict_all(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions for many samples, computed in batches, as an array."""
        batch, tensor = self.batch, tf.convert_to_tensor
        forward = self._program(self._forward, tensor(x[:batch]))
        return np.concatenate([forward(tensor(x[i : i + batch])).numpy() for i in range(0, len(x), batch)])

    def write(self, tokens: np.ndarray) -> np.ndarray:
        """Return tokens `(1, n)` that go on after the first, each the likeliest."""
        written = tf.convert_to_tensor(tokens)
        places = [tf.constant(i) for i in range(tokens.shape[1])]
        step = self._program(self._written, written, places[1])
        for place in places[1:]:
            written = step(written, place)
        return written.numpy()

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions for an array, as an array."""
        return self.call(tf.convert_to_tensor(x)).numpy()

    def tensor(self, x: np.ndarray) -> tf.Tensor:
        """Return an array as the tensor that `call` takes."""
        return tf.convert_to_tensor(x)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Return the outputs for a tensor, as a tensor."""
        return self._program(self._forward, x)(x)
