"""Models whose train step is a user's own, in keraslite and Keras. `programs_*.py` has them by hand.

In keraslite, a step is written once, with `transforms.value_and_grad`. In Keras, it is written for each engine as its
guides show: `zero_grad` and `backward` on PyTorch, a tape on TensorFlow, a step on a state on JAX. Such a state has
one optimizer, so on JAX the GAN has a loop of its own around a jitted function.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.constants import HIDDEN, LATENT, LEARNING_RATE, PIXELS


def _module(name: str) -> Any:
    return importlib.import_module(name)


def _which(keras: Any) -> str:
    """Return whose way of writing a step a library has."""
    return "keraslite" if keras.__name__ == "keraslite" else keras.config.backend()


# ---- variational autoencoder --------------------------------------------------------------------------------------


def nothing(keras: Any) -> dict[str, Any]:
    """Return what a model whose step computes its own loss is compiled with."""
    return {}


def vae(keras: Any) -> Any:
    """A variational autoencoder. Its means are decoded outside training."""
    layers, ops = keras.layers, keras.ops
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    class Autoencoder(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = keras.Sequential([layers.Dense(HIDDEN, activation="relu"), layers.Dense(2 * LATENT)])
            self.decoder = keras.Sequential([layers.Dense(HIDDEN, activation="relu"), layers.Dense(PIXELS)])
            self.seed = keras.random.SeedGenerator(7)
            self.loss_tracker = keras.metrics.Mean(name="loss")

        @property
        def metrics(self) -> list[Any]:
            return [self.loss_tracker]

        def call(self, x: Any, training: bool = False) -> tuple[Any, Any, Any]:
            mean, log_variance = ops.split(self.encoder(x), 2, axis=-1)
            z = mean
            if training:
                z = z + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=self.seed)
            return self.decoder(z), mean, log_variance

        def loss_of(self, y: Any, outputs: tuple[Any, Any, Any]) -> Any:
            logits, mean, log_variance = outputs
            apart = 1 + log_variance - ops.square(mean) - ops.exp(log_variance)
            return PIXELS * entropy(y, logits) - 0.5 * ops.mean(ops.sum(apart, axis=-1))

        train_step = VAE_STEPS[_which(keras)]()

    model = Autoencoder()
    model(np.zeros((1, PIXELS), "float32"))
    return model


def _pair(data: Any) -> tuple[Any, Any]:
    """Return samples and targets of a step. Without targets, the samples are the targets."""
    data = data if isinstance(data, tuple) else (data,)
    return data[0], data[1] if len(data) > 1 and data[1] is not None else data[0]


def _vae_step() -> Callable[..., Any]:
    keras = _module("keraslite")

    def train_step(self: Any, data: Any) -> dict[str, Any]:
        x, y = _pair(data)
        differentiated = keras.transforms.value_and_grad(
            lambda: self.loss_of(y, self(x, training=True)), self.trainable_variables
        )
        loss, gradients = differentiated()
        self.optimizer.apply(gradients, self.trainable_variables)
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}

    return train_step


def _vae_step_torch() -> Callable[..., Any]:
    torch = _module("torch")

    def train_step(self: Any, data: Any) -> dict[str, Any]:
        x, y = _pair(data)
        self.zero_grad()
        loss = self.loss_of(y, self(x, training=True))
        loss.backward()
        variables = self.trainable_variables
        with torch.no_grad():
            self.optimizer.apply([v.value.grad for v in variables], variables)
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}

    return train_step


def _vae_step_tensorflow() -> Callable[..., Any]:
    tf = _module("tensorflow")

    def train_step(self: Any, data: Any) -> dict[str, Any]:
        x, y = _pair(data)
        with tf.GradientTape() as tape:
            loss = self.loss_of(y, self(x, training=True))
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}

    return train_step


def _vae_step_jax() -> Callable[..., Any]:
    jax = _module("jax")

    def train_step(self: Any, state: Any, data: Any) -> tuple[dict[str, Any], Any]:
        x, y = _pair(data)
        trained, others, optimizer, metrics = state

        def loss_on(trained: Any) -> tuple[Any, Any]:
            outputs, new = self.stateless_call(trained, others, x, training=True)
            return self.loss_of(y, outputs), new

        (loss, others), gradients = jax.value_and_grad(loss_on, has_aux=True)(trained)
        trained, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trained)
        metrics = self.loss_tracker.stateless_update_state(metrics, loss)
        return {"loss": self.loss_tracker.stateless_result(metrics)}, (trained, others, optimizer, metrics)

    return train_step


VAE_STEPS = {"keraslite": _vae_step, "torch": _vae_step_torch, "tensorflow": _vae_step_tensorflow,
             "jax": _vae_step_jax}  # fmt: skip


# ---- GAN ----------------------------------------------------------------------------------------------------------


def two_optimizers(keras: Any) -> dict[str, Any]:
    """Return what the GAN is compiled with beside the optimizer of its discriminator."""
    return {"g_optimizer": keras.optimizers.Adam(LEARNING_RATE)}


def gan(keras: Any) -> Any:
    """A GAN (Goodfellow et al., 2014). Its call returns the verdict on images made from noise."""
    layers, ops = keras.layers, keras.ops

    class GAN(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.generator = keras.Sequential(
                [layers.Dense(HIDDEN, activation="relu"), layers.Dense(PIXELS, activation="sigmoid")]
            )
            self.discriminator = keras.Sequential([layers.Dense(HIDDEN, activation="relu"), layers.Dense(1)])
            self.seed = keras.random.SeedGenerator(7)
            self.trackers = [keras.metrics.Mean(name="d_loss"), keras.metrics.Mean(name="g_loss")]

        @property
        def metrics(self) -> list[Any]:
            return self.trackers

        def compile(self, optimizer: Any, g_optimizer: Any, **options: Any) -> None:
            super().compile(optimizer=optimizer, **options)
            self.g_optimizer = g_optimizer
            optimizer.build(self.discriminator.trainable_variables)
            g_optimizer.build(self.generator.trainable_variables)

        d_loss, g_loss = _verdicts(keras)

        def call(self, noise: Any) -> Any:
            return self.discriminator(self.generator(noise))

        def noise_like(self, real: Any) -> Any:
            return keras.random.normal(ops.shape(real), seed=self.seed)

        def tracked(self, *losses: Any) -> dict[str, Any]:
            for tracker, loss in zip(self.trackers, losses, strict=True):
                tracker.update_state(loss)
            return {tracker.name: tracker.result() for tracker in self.trackers}

        if _which(keras) == "jax":
            fit = _gan_fit_jax
        else:
            train_step = GAN_STEPS[_which(keras)]()

    model = GAN()
    model(np.zeros((1, PIXELS), "float32"))
    return model


def _verdicts(keras: Any) -> tuple[staticmethod, staticmethod]:
    """Return the losses of the discriminator and of the generator."""
    ops, entropy = keras.ops, keras.losses.BinaryCrossentropy(from_logits=True)

    def d_loss(real: Any, made: Any) -> Any:
        return entropy(ops.ones_like(real), real) + entropy(ops.zeros_like(made), made)

    def g_loss(made: Any) -> Any:
        return entropy(ops.ones_like(made), made)

    return staticmethod(d_loss), staticmethod(g_loss)


def _gan_step() -> Callable[..., Any]:
    keras = _module("keraslite")

    def train_step(self: Any, data: Any) -> dict[str, Any]:
        real, _ = _pair(data)
        critic, maker = self.discriminator.trainable_variables, self.generator.trainable_variables
        made = keras.ops.stop_gradient(self.generator(self.noise_like(real)))

        def d_loss() -> Any:
            return self.d_loss(self.discriminator(real), self.discriminator(made))

        def g_loss() -> Any:
            return self.g_loss(self(self.noise_like(real)))

        first, gradients = keras.transforms.value_and_grad(d_loss, critic)()
        self.optimizer.apply(gradients, critic)
        second, gradients = keras.transforms.value_and_grad(g_loss, maker)()
        self.g_optimizer.apply(gradients, maker)
        return self.tracked(first, second)

    return train_step


def _gan_step_torch() -> Callable[..., Any]:
    torch = _module("torch")

    def train_step(self: Any, data: Any) -> dict[str, Any]:
        real, _ = _pair(data)
        with torch.no_grad():
            made = self.generator(self.noise_like(real))
        self.discriminator.zero_grad()
        first = self.d_loss(self.discriminator(real), self.discriminator(made))
        first.backward()
        variables = self.discriminator.trainable_variables
        with torch.no_grad():
            self.optimizer.apply([v.value.grad for v in variables], variables)
        self.generator.zero_grad()
        second = self.g_loss(self(self.noise_like(real)))
        second.backward()
        variables = self.generator.trainable_variables
        with torch.no_grad():
            self.g_optimizer.apply([v.value.grad for v in variables], variables)
        return self.tracked(first, second)

    return train_step


def _gan_step_tensorflow() -> Callable[..., Any]:
    tf = _module("tensorflow")

    def train_step(self: Any, data: Any) -> dict[str, Any]:
        real, _ = _pair(data)
        made = self.generator(self.noise_like(real))
        with tf.GradientTape() as tape:
            first = self.d_loss(self.discriminator(real), self.discriminator(made))
        variables = self.discriminator.trainable_variables
        self.optimizer.apply(tape.gradient(first, variables), variables)
        with tf.GradientTape() as tape:
            second = self.g_loss(self(self.noise_like(real)))
        variables = self.generator.trainable_variables
        self.g_optimizer.apply(tape.gradient(second, variables), variables)
        return self.tracked(first, second)

    return train_step


def _gan_fit_jax(self: Any, x: np.ndarray, y: None, batch_size: int, **_: Any) -> Any:
    """Run an epoch of Keras on JAX: a jitted step on the state of both networks and both optimizers."""
    if not hasattr(self, "jitted"):
        self.jitted = _module("jax").jit(_gan_step_jax(self), donate_argnums=0)
    networks, optimizers = (self.discriminator, self.generator), (self.optimizer, self.g_optimizer)
    state = [
        *([v.value for v in network.trainable_variables] for network in networks),
        *([v.value for v in optimizer.variables] for optimizer in optimizers),
        self.seed.state.value,
    ]
    sums = 0.0, 0.0
    for start in range(0, len(x), batch_size):
        state, sums = self.jitted(state, sums, x[start : start + batch_size])
    for network, values in zip(networks, state[:2], strict=True):
        for variable, value in zip(network.trainable_variables, values, strict=True):
            variable.assign(value)
    for optimizer, values in zip(optimizers, state[2:4], strict=True):
        for variable, value in zip(optimizer.variables, values, strict=True):
            variable.assign(value)
    self.seed.state.assign(state[4])
    steps = len(x) / batch_size
    return SimpleNamespace(history={"d_loss": [float(sums[0]) / steps], "g_loss": [float(sums[1]) / steps]})


def _gan_step_jax(self: Any) -> Callable[..., Any]:
    keras, jax = _module("keras"), _module("jax")

    def step(state: Any, sums: Any, real: Any) -> Any:
        critic, maker, d_state, g_state, seed = state
        with keras.StatelessScope([(self.seed.state, seed)]) as scope:
            noises = [self.noise_like(real) for _ in range(2)]
        seed = scope.get_current_value(self.seed.state)

        def judged(critic: Any, made: Any) -> Any:
            return self.discriminator.stateless_call(critic, [], made)[0]

        def drawn(maker: Any, noise: Any) -> Any:
            return self.generator.stateless_call(maker, [], noise)[0]

        made = drawn(maker, noises[0])
        first, gradients = jax.value_and_grad(lambda critic: self.d_loss(judged(critic, real), judged(critic, made)))(
            critic
        )
        critic, d_state = self.optimizer.stateless_apply(d_state, gradients, critic)
        second, gradients = jax.value_and_grad(lambda maker: self.g_loss(judged(critic, drawn(maker, noises[1]))))(
            maker
        )
        maker, g_state = self.g_optimizer.stateless_apply(g_state, gradients, maker)
        return [critic, maker, d_state, g_state, seed], (sums[0] + first, sums[1] + second)

    return step


GAN_STEPS = {"keraslite": _gan_step, "torch": _gan_step_torch, "tensorflow": _gan_step_tensorflow}
