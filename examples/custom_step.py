"""A subclassed model with a training step of its own, written once for every engine: a variational autoencoder.

    python examples/custom_step.py

Kingma & Welling, "Auto-Encoding Variational Bayes", 2013.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

import keraslite as keras
from keraslite import layers, ops, transforms


class Autoencoder(keras.Model):
    """Images `(n, 64)` in [0, 1] through a few normal numbers and back."""

    def __init__(self, latent: int = 8, **options):
        super().__init__(**options)
        self.latent = latent
        self.encoder = keras.Sequential([layers.Dense(128, activation="relu"), layers.Dense(2 * latent)])
        self.decoder = keras.Sequential([layers.Dense(128, activation="relu"), layers.Dense(64, activation="sigmoid")])
        self.seed = keras.random.SeedGenerator(7)
        self.trackers = [keras.metrics.Mean(name=name) for name in ("loss", "reconstruction", "divergence")]

    def call(self, images):
        mean, log_variance = ops.split(self.encoder(images), 2, axis=-1)  # (n, latent) each
        noise = keras.random.normal(ops.shape(mean), seed=self.seed)
        return self.decoder(mean + ops.exp(0.5 * log_variance) * noise), mean, log_variance

    def train_step(self, data):
        images = data[0] if isinstance(data, tuple) else data

        def loss_on(images):
            decoded, mean, log_variance = self(images, training=True)
            reconstruction = 64 * ops.mean(keras.losses.binary_crossentropy(images, decoded))
            divergence = -0.5 * ops.mean(ops.sum(1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=-1))
            return reconstruction + divergence, (reconstruction, divergence)

        gradient_of = transforms.value_and_grad(loss_on, self.trainable_variables, has_aux=True)
        (loss, (reconstruction, divergence)), gradients = gradient_of(images)
        self.optimizer.apply(gradients, self.trainable_variables)
        for tracker, value in zip(self.trackers, (loss, reconstruction, divergence), strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}


def main() -> None:
    keras.utils.set_random_seed(0)
    images = (load_digits().data / 16.0).astype("float32")
    model = Autoencoder()
    model.compile("adam")
    history = model.fit(images, batch_size=64, epochs=30, verbose=2).history
    drawn = model.decoder.predict(np.random.default_rng(0).normal(size=(4, 8)).astype("float32"), verbose=0)
    for rows in drawn.reshape(4, 8, 8).transpose(1, 0, 2):
        print("   ".join("".join(" .:*#"[int(4.99 * value)] for value in row) for row in rows))
    print(f"engine: {keras.config.backend()}")
    print(f"loss: {history['loss'][0]:.2f} -> {history['loss'][-1]:.2f}")


if __name__ == "__main__":
    main()
