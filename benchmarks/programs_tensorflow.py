"""The rows of `user_steps.py` and `programs.py` by hand in TensorFlow: one `tf.function` per step, plain or by XLA.

The AUC counts predictions in 200 bins, as a streaming metric does, and is read once per epoch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from benchmarks.constants import LATENT, PIXELS
from benchmarks.hand_tensorflow import Adam, better
from benchmarks.programs import BINS, area
from benchmarks.rows import Row


def _mlp(p, x):
    return tf.nn.bias_add(tf.nn.relu(tf.nn.bias_add(x @ p[0], p[1])) @ p[2], p[3])


def _binary(logits, y):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, logits))


class Program:
    """Variables with a step on a batch. A step adds to the sums, which are read once per epoch."""

    sizes: tuple[int, ...] = (1,)  # of the sums

    def __init__(self, row: Row, weights: list[np.ndarray]):
        self.row, self.choice = row, ""
        self.weights = [tf.Variable(w) for w in weights]
        self.optimizers = [Adam(part) for part in self.parts()]
        self.sums = [tf.Variable(tf.zeros(size)) for size in self.sizes]
        self.program: Callable | None = None

    def parts(self) -> list[list[tf.Variable]]:
        """Return the weights of each optimizer."""
        return [self.weights]

    def step(self, *batch: tf.Tensor) -> None:
        """Train on a batch."""
        raise NotImplementedError

    def epoch(self, *arrays: np.ndarray) -> list[np.ndarray]:
        """Train on all batches and return the sums."""
        tensor, size = tf.convert_to_tensor, self.row.batch
        if self.program is None:
            state = [variable for one in self.optimizers for variable in one.state]
            first = [tensor(one[:size]) for one in arrays]
            self.program, self.choice = better(self.step, first, state)
        for total in self.sums:
            total.assign(tf.zeros_like(total))
        for start in range(0, len(arrays[0]), size):
            self.program(*(tensor(one[start : start + size]) for one in arrays))
        return [total.numpy() for total in self.sums]


class GAN(Program):
    """A GAN with an optimizer for each network."""

    sizes = (2,)

    def parts(self) -> list[list[tf.Variable]]:
        """Return the weights of the generator and of the discriminator."""
        return [self.weights[:4], self.weights[4:]]

    def _drawn(self, noise):
        return tf.sigmoid(_mlp(self.weights[:4], noise))

    def step(self, real):
        made, critic = self._drawn(tf.random.normal(real.shape)), self.weights[4:]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(critic)
            verdict, other = _mlp(critic, real), _mlp(critic, made)
            d_loss = _binary(verdict, tf.ones_like(verdict)) + _binary(other, tf.zeros_like(other))
        self.optimizers[1].update(tape.gradient(d_loss, critic))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(self.weights[:4])
            verdict = _mlp(critic, self._drawn(tf.random.normal(real.shape)))
            g_loss = _binary(verdict, tf.ones_like(verdict))
        self.optimizers[0].update(tape.gradient(g_loss, self.weights[:4]))
        self.sums[0].assign_add(tf.stack([d_loss, g_loss]))

    def train(self, x: np.ndarray, y: None) -> tuple[float, float]:
        """Train one epoch and return the mean losses."""
        d_loss, g_loss = (self.epoch(x)[0] * self.row.batch / len(x)).tolist()
        return d_loss, g_loss

    def predict(self, noise: np.ndarray) -> np.ndarray:
        """Return the verdict on images made from noise."""
        return _mlp(self.weights[4:], self._drawn(noise)).numpy()


class Autoencoder(Program):
    """A variational autoencoder."""

    def step(self, x, y=None):
        with tf.GradientTape() as tape:
            mean, log_variance = tf.split(_mlp(self.weights[:4], x), 2, 1)
            noise = tf.random.normal((x.shape[0], LATENT))
            logits = _mlp(self.weights[4:], mean + tf.exp(0.5 * log_variance) * noise)
            apart = 1 + log_variance - tf.square(mean) - tf.exp(log_variance)
            loss = PIXELS * _binary(logits, x if y is None else y) - 0.5 * tf.reduce_mean(tf.reduce_sum(apart, 1))
        self.optimizers[0].update(tape.gradient(loss, self.weights))
        self.sums[0].assign_add([loss])

    def train(self, x: np.ndarray, y: np.ndarray | None) -> tuple[float]:
        """Train one epoch and return the mean loss."""
        arrays = (x,) if y is None else (x, y)
        return (float(self.epoch(*arrays)[0][0]) * self.row.batch / len(x),)

    def predict(self, x: np.ndarray) -> list[np.ndarray]:
        """Return the decoded means, the means and the logarithms of the variances."""
        mean, log_variance = tf.split(_mlp(self.weights[:4], x), 2, 1)
        return [part.numpy() for part in (_mlp(self.weights[4:], mean), mean, log_variance)]


class TwoOutputs(Program):
    """A class from two inputs, and a probability."""

    sizes = (1, 2 * BINS)

    def _forward(self, left, right):
        """Return logits of the classes, and the logit of the probability."""
        relu, pairs = tf.nn.relu, [self.weights[i : i + 2] for i in range(0, 10, 2)]

        def dense(x, pair):
            return tf.nn.bias_add(x @ pair[0], pair[1])

        x = tf.concat([relu(dense(left, pairs[0])), relu(dense(right, pairs[1]))], 1)
        x = relu(dense(x, pairs[2]))
        return dense(x, pairs[4]), dense(x, pairs[3])

    def step(self, left, right, kind, flag):
        with tf.GradientTape() as tape:
            logits, logit = self._forward(left, right)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(kind, logits)) + _binary(logit, flag)
        self.optimizers[0].update(tape.gradient(loss, self.weights))
        bins = tf.cast(tf.sigmoid(logit) * (BINS - 1), tf.int32) + BINS * tf.cast(flag, tf.int32)
        counts = tf.math.unsorted_segment_sum(tf.ones_like(flag), bins, 2 * BINS)
        self.sums[0].assign_add([loss])
        self.sums[1].assign_add(counts)

    def train(self, x: dict[str, np.ndarray], y: dict[str, np.ndarray]) -> tuple[float, float]:
        """Train one epoch and return the mean loss and the AUC."""
        total, counts = self.epoch(x["left"], x["right"], y["kind"], y["flag"])
        return float(total[0]) * self.row.batch / len(x["left"]), area(counts)

    def predict(self, x: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return logits and probabilities."""
        logits, logit = self._forward(x["left"], x["right"])
        return {"kind": logits.numpy(), "flag": tf.sigmoid(logit).numpy()}


def Hand(row: Row, weights: list[np.ndarray]) -> Program:
    """Return the program of a row."""
    return {"gan": GAN, "vae": Autoencoder, "dicts": TwoOutputs}[row.model](row, weights)
