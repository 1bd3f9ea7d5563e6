"""A generative adversarial network draws handwritten digits: two models and two optimizers in one `train_step`.

    python examples/cookbook/gan.py
    KERAS_BACKEND=torch python examples/cookbook/gan.py

Result: of 1,000 drawn digits at least 40 % lie among the real ones (precision), and at least 40 % of the real ones
lie among the drawn ones (recall), as Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing
Generative Models", 2019, define it.

Goodfellow et al., "Generative Adversarial Nets", 2014.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import pairwise_distances

import keraslite as keras
from keraslite import layers, ops, transforms


class GAN(keras.Model):
    """A generator, which draws images from noise, against a discriminator, which tells them from real ones."""

    def __init__(self, latent: int, pixels: int):
        super().__init__()
        self.latent = latent
        self.generator = keras.Sequential([
            layers.Input((latent,)),
            layers.Dense(128), layers.BatchNormalization(), layers.LeakyReLU(0.2),
            layers.Dense(128), layers.BatchNormalization(), layers.LeakyReLU(0.2),
            layers.Dense(pixels, activation="sigmoid"),
        ])  # fmt: skip
        self.discriminator = keras.Sequential([
            layers.Input((pixels,)), layers.GaussianNoise(0.05),
            layers.Dense(128), layers.LeakyReLU(0.2), layers.Dropout(0.1),
            layers.Dense(128), layers.LeakyReLU(0.2), layers.Dropout(0.1),
            layers.Dense(1),
        ])  # fmt: skip
        self.seed = keras.random.SeedGenerator(1)
        self.means = {name: keras.metrics.Mean(name=name) for name in ("discriminator", "generator")}

    def compile(self, generator_optimizer, discriminator_optimizer):
        super().compile()
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer

    def call(self, noise, training=False):
        return self.generator(noise, training=training)

    def noise(self, count):
        return keras.random.normal((count, self.latent), seed=self.seed)

    def train_step(self, images):
        noise = self.noise(ops.shape(images)[0])
        judges, draws = self.discriminator.trainable_variables, self.generator.trainable_variables

        def discriminator_loss():
            drawn = self.generator(noise, training=True)
            real_scores, drawn_scores = (self.discriminator(x, training=True) for x in (images, drawn))
            return ops.mean(ops.softplus(-real_scores)) + ops.mean(ops.softplus(drawn_scores))

        def generator_loss():
            scores = self.discriminator(self.generator(noise, training=True), training=True)
            return ops.mean(ops.softplus(-scores))

        loss, gradients = transforms.value_and_grad(discriminator_loss, judges)()
        self.discriminator_optimizer.apply(gradients, judges)
        self.means["discriminator"].update_state(loss)
        loss, gradients = transforms.value_and_grad(generator_loss, draws)()
        self.generator_optimizer.apply(gradients, draws)
        self.means["generator"].update_state(loss)
        return {name: mean.result() for name, mean in self.means.items()}


def share_within(points, others, neighbours=3):
    """The share of `points` that lie nearer to one of `others` than that lies to its own third neighbour."""
    radius = np.sort(pairwise_distances(others), axis=1)[:, neighbours]  # the nearest one is itself
    return float(np.mean((pairwise_distances(points, others) <= radius).any(axis=1)))


def show(images) -> None:
    """Eight images beside each other, as characters."""
    for rows in images[:8].reshape(-1, 8, 8).transpose(1, 0, 2):
        print("   ".join("".join(" .:*#"[int(4.99 * value)] for value in row) for row in rows))


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few steps and a small goal")
    arguments = parser.parse_args(given)
    epochs, least = (4, (0.0, 0.0)) if arguments.quick else (200, (0.4, 0.4))

    keras.utils.set_random_seed(0)
    images = (load_digits().data / 16).astype("float32")  # (1797, 64)
    model = GAN(latent=16, pixels=64)
    model.compile(*(keras.optimizers.Adam(rate, beta_1=0.5) for rate in (5e-4, 1e-3)))
    history = model.fit(images, batch_size=64, epochs=epochs, verbose=0).history
    drawn = model.predict(np.random.default_rng(0).normal(size=(1000, 16)).astype("float32"), verbose=0)
    precision, recall = share_within(drawn, images), share_within(images, drawn)

    show(drawn)
    print(f"engine: {keras.config.backend()}")
    print(f"losses: discriminator {history['discriminator'][-1]:.2f}, generator {history['generator'][-1]:.2f}")
    print(f"precision {precision:.2f}, recall {recall:.2f}")
    assert precision >= least[0], f"Expected a precision of at least {least[0]}, got {precision:.2f}."
    assert recall >= least[1], f"Expected a recall of at least {least[1]}, got {recall:.2f}."


if __name__ == "__main__":
    main()
