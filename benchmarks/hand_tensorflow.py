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

from benchmarks import layer_rows_tensorflow
from benchmarks.models import (
    BETA_1,
    BETA_2,
    DROPOUT,
    ENCODERS,
    EPSILON,
    LEARNING_RATE,
    MOMENTUM,
    NORM_EPSILON,
    Row,
    faster,
    nest,
)

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


def transformer(weights, stats, x, training):
    table, blocks, dense = weights
    heads = ENCODERS["transformer"].heads
    x = tf.gather(table, x)
    for norm_1, project, output, norm_2, up, down in blocks:
        length, width = x.shape[1:]
        split = tf.reshape(_rows(project, _norm(norm_1, x)), (-1, length, 3, heads, width // heads))
        q, k, v = tf.unstack(tf.transpose(split, (2, 0, 3, 1, 4)))  # (n, heads, length, width / heads) each
        scores = tf.nn.softmax(tf.matmul(q * (width // heads) ** -0.5, k, transpose_b=True))
        mixed = tf.reshape(tf.transpose(scores @ v, (0, 2, 1, 3)), (-1, length, width))
        x = x + _rows(output, mixed)
        x = x + _rows(down, tf.nn.gelu(_rows(up, _norm(norm_2, x)), approximate=False))
    return _dense(dense, tf.reduce_mean(x, 1))


FORWARD = {"mlp": mlp, "wide": wide, "deep": deep, "gated": gated, "blocks": deep, "conv": conv, "lstm": lstm,
           "transformer": transformer, **layer_rows_tensorflow.FORWARD}  # fmt: skip


def _update(variable, gradient, first, second, power_1, power_2):
    gradient = tf.convert_to_tensor(gradient)  # the gradient of an embedding is sparse, by rows
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle, m=first.handle, v=second.handle, beta1_power=power_1, beta2_power=power_2,
        lr=LEARNING_RATE, beta1=BETA_1, beta2=BETA_2, epsilon=EPSILON, grad=gradient,
    )  # fmt: skip


class Hand:
    """The row's model with its loops."""

    def __init__(self, row: Row, weights: list[np.ndarray]):
        self.row, self.batch, self.function = row, row.batch, FORWARD[row.model]
        values, stats = nest(row.model, weights)
        self.weights = tf.nest.map_structure(tf.Variable, values)
        self.stats = tf.nest.map_structure(lambda w: tf.Variable(w, trainable=False), stats)
        self.trained = tf.nest.flatten(self.weights)
        self.moments = [[tf.Variable(tf.zeros_like(w)) for w in self.trained] for _ in range(2)]
        self.powers = tf.Variable(BETA_1), tf.Variable(BETA_2)
        self.sums = tf.Variable(0.0), tf.Variable(0)
        self.step: Callable | None = None
        self.forward: Callable | None = None
        self.choice = ""

    def _step(self, x, y):
        with tf.GradientTape() as tape:
            logits = self.function(self.weights, self.stats, x, True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
        gradients = tape.gradient(loss, self.trained)
        for arguments in zip(self.trained, gradients, *self.moments, strict=True):
            _update(*arguments, *self.powers)
        self.powers[0].assign(self.powers[0] * BETA_1)
        self.powers[1].assign(self.powers[1] * BETA_2)
        self.sums[0].assign_add(loss)
        self.sums[1].assign_add(tf.reduce_sum(tf.cast(tf.argmax(logits, 1, tf.int32) == y, tf.int32)))

    def _better(self, function: Callable, arguments: list[tf.Tensor]) -> Callable:
        """Return the function as a graph, plain or compiled, whichever is faster. From cold, it is plain.

        Concrete functions are used, because they do not check the signature at each call.
        """
        signature = [tf.TensorSpec(x.shape, x.dtype) for x in arguments]
        programs = {
            name: tf.function(function, jit_compile=xla, autograph=False).get_concrete_function(*signature)
            for name, xla in (("plain", False), ("XLA", True))
            if not xla or self.row.kind != "start"
        }
        if len(programs) == 1:
            return programs["plain"]
        best, self.choice = faster({name: partial(program, *arguments) for name, program in programs.items()})
        return programs[best]

    def train(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Train one epoch and return mean loss and accuracy."""
        batch = self.batch
        step, tensor = self.step or self._tried(x, y), tf.convert_to_tensor
        for total in self.sums:
            total.assign(tf.zeros_like(total))
        for start in range(0, len(x), batch):
            step(tensor(x[start : start + batch]), tensor(y[start : start + batch]))
        return float(self.sums[0].numpy()) * batch / len(x), int(self.sums[1].numpy()) / len(x)

    def _tried(self, x: np.ndarray, y: np.ndarray) -> Callable:
        """Return the faster step. The state stays as before."""
        state = [*self.trained, *tf.nest.flatten(self.stats), *self.moments[0], *self.moments[1], *self.powers]
        before = [variable.numpy() for variable in state]
        self.step = self._better(self._step, [tf.convert_to_tensor(part[: self.batch]) for part in (x, y)])
        for variable, value in zip(state, before, strict=True):
            variable.assign(value)
        return self.step

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions for an array, as an array."""
        return self.call(tf.convert_to_tensor(x)).numpy()

    def tensor(self, x: np.ndarray) -> tf.Tensor:
        """Return an array as the tensor that `call` takes."""
        return tf.convert_to_tensor(x)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Return the outputs for a tensor, as a tensor."""
        if self.forward is None:
            self.forward = self._better(lambda x: self.function(self.weights, self.stats, x, False), [x])
        return self.forward(x)
