"""The rows of `user_steps.py` and `programs.py` by hand in JAX: one jitted step on a donated state.

The state holds weights, moments, the number of updates, the key, and the sums that are read once per
epoch. The AUC counts predictions in 200 bins, as a streaming metric does.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn import relu, sigmoid, softplus

from benchmarks.constants import PIXELS
from benchmarks.hand_jax import adam, entropy
from benchmarks.programs import BINS, area
from benchmarks.rows import Row


def _mlp(p, x):
    return relu(x @ p[0] + p[1]) @ p[2] + p[3]


def _binary(logits, y):
    """Return the mean cross entropy of probabilities, given as logits."""
    return (softplus(logits) - logits * y).mean()


def _moments(weights):
    return tuple(jax.tree.map(jnp.zeros_like, weights) for _ in range(2))


# ---- GAN ----------------------------------------------------------------------------------------------------------


def _drawn(maker, noise):
    return sigmoid(_mlp(maker, noise))


@partial(jax.jit, donate_argnums=0)
def _gan_step(state, real):
    (maker, g_moments), (critic, d_moments), count, key, sums = state
    count = count + 1
    keys = jax.random.split(jax.random.fold_in(key, count))
    first, second = (jax.random.normal(one, real.shape) for one in keys)
    made = _drawn(maker, first)

    def d_loss_on(critic):
        return _binary(_mlp(critic, real), 1.0) + _binary(_mlp(critic, made), 0.0)

    def g_loss_on(maker):
        return _binary(_mlp(critic, _drawn(maker, second)), 1.0)

    d_loss, gradients = jax.value_and_grad(d_loss_on)(critic)
    critic, *d_moments = adam(critic, *d_moments, count, gradients)
    g_loss, gradients = jax.value_and_grad(g_loss_on)(maker)
    maker, *g_moments = adam(maker, *g_moments, count, gradients)
    return (maker, tuple(g_moments)), (critic, tuple(d_moments)), count, key, sums + jnp.stack([d_loss, g_loss])


@jax.jit
def _gan_forward(maker, critic, noise):
    return _mlp(critic, _drawn(maker, noise))


class GAN:
    """A GAN with Adam's moments for each network."""

    choice = ""

    def __init__(self, row: Row, weights: list[np.ndarray]):
        self.row = row
        values = [jnp.array(w) for w in weights]
        parts = [(part, _moments(part)) for part in (values[:4], values[4:])]
        self.state = (*parts, jnp.int32(0), jax.random.key(0), jnp.zeros(2))

    def train(self, x: np.ndarray, y: None) -> tuple[float, float]:
        """Train one epoch and return the mean losses."""
        state, batch = (*self.state[:4], jnp.zeros(2)), self.row.batch
        for start in range(0, len(x), batch):
            state = _gan_step(state, x[start : start + batch])
        self.state = state
        d_loss, g_loss = (np.asarray(state[4]) * batch / len(x)).tolist()
        return d_loss, g_loss

    def predict(self, noise: np.ndarray) -> np.ndarray:
        """Return the verdict on images made from noise."""
        return np.asarray(_gan_forward(self.state[0][0], self.state[1][0], noise))


# ---- variational autoencoder --------------------------------------------------------------------------------------


@partial(jax.jit, donate_argnums=0)
def _vae_step(state, x, y):
    weights, moments, count, key, total = state
    count = count + 1

    def loss_on(weights):
        mean, log_variance = jnp.split(_mlp(weights[:4], x), 2, 1)
        noise = jax.random.normal(jax.random.fold_in(key, count), mean.shape)
        logits = _mlp(weights[4:], mean + jnp.exp(0.5 * log_variance) * noise)
        apart = 1 + log_variance - mean**2 - jnp.exp(log_variance)
        return PIXELS * _binary(logits, y) - 0.5 * apart.sum(1).mean()

    loss, gradients = jax.value_and_grad(loss_on)(weights)
    weights, *moments = adam(weights, *moments, count, gradients)
    return weights, tuple(moments), count, key, total + loss


@jax.jit
def _vae_forward(weights, x):
    mean, log_variance = jnp.split(_mlp(weights[:4], x), 2, 1)
    return _mlp(weights[4:], mean), mean, log_variance


class Autoencoder:
    """A variational autoencoder."""

    choice = ""

    def __init__(self, row: Row, weights: list[np.ndarray]):
        self.row = row
        values = [jnp.array(w) for w in weights]
        self.state = values, _moments(values), jnp.int32(0), jax.random.key(0), jnp.float32(0)

    def train(self, x: np.ndarray, y: np.ndarray | None) -> tuple[float]:
        """Train one epoch and return the mean loss."""
        state, batch = (*self.state[:4], jnp.float32(0)), self.row.batch
        y = x if y is None else y
        for start in range(0, len(x), batch):
            state = _vae_step(state, x[start : start + batch], y[start : start + batch])
        self.state = state
        return (float(state[4]) * batch / len(x),)

    def predict(self, x: np.ndarray) -> list[np.ndarray]:
        """Return the decoded means, the means and the logarithms of the variances."""
        return [np.asarray(part) for part in _vae_forward(self.state[0], x)]


# ---- two inputs and outputs ---------------------------------------------------------------------------------------


def _two(weights, left, right):
    """Return logits of the classes, and the logit of the probability."""
    pairs = [weights[i : i + 2] for i in range(0, len(weights), 2)]
    (a, b), (c, d), (e, f), flag, kind = pairs
    x = relu(jnp.concatenate([relu(left @ a + b), relu(right @ c + d)], 1) @ e + f)
    return x @ kind[0] + kind[1], x @ flag[0] + flag[1]


@partial(jax.jit, donate_argnums=0)
def _two_step(state, left, right, kind, flag):
    weights, moments, count, total, counts = state
    count = count + 1

    def loss_on(weights):
        logits, logit = _two(weights, left, right)
        return entropy(logits, kind) + _binary(logit, flag), logit

    (loss, logit), gradients = jax.value_and_grad(loss_on, has_aux=True)(weights)
    weights, *moments = adam(weights, *moments, count, gradients)
    bins = (sigmoid(logit) * (BINS - 1)).astype("int32") + BINS * flag.astype("int32")
    return weights, tuple(moments), count, total + loss, counts.at[bins.ravel()].add(1.0)


@jax.jit
def _two_forward(weights, left, right):
    logits, logit = _two(weights, left, right)
    return logits, sigmoid(logit)


class TwoOutputs:
    """A class from two inputs, and a probability."""

    choice = ""

    def __init__(self, row: Row, weights: list[np.ndarray]):
        self.row = row
        values = [jnp.array(w) for w in weights]
        self.state = values, _moments(values), jnp.int32(0), jnp.float32(0), jnp.zeros(2 * BINS)

    def train(self, x: dict[str, np.ndarray], y: dict[str, np.ndarray]) -> tuple[float, float]:
        """Train one epoch and return the mean loss and the AUC."""
        arrays, batch = (x["left"], x["right"], y["kind"], y["flag"]), self.row.batch
        state = (*self.state[:3], jnp.float32(0), jnp.zeros(2 * BINS))
        for start in range(0, len(arrays[0]), batch):
            state = _two_step(state, *(one[start : start + batch] for one in arrays))
        self.state = state
        return float(state[3]) * batch / len(arrays[0]), area(np.asarray(state[4]))

    def predict(self, x: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return logits and probabilities."""
        logits, probability = _two_forward(self.state[0], x["left"], x["right"])
        return {"kind": np.asarray(logits), "flag": np.asarray(probability)}


def Hand(row: Row, weights: list[np.ndarray]) -> GAN | Autoencoder | TwoOutputs:
    """Return the program of a row."""
    return {"gan": GAN, "vae": Autoencoder, "dicts": TwoOutputs}[row.model](row, weights)
