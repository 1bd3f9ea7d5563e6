"""A variational autoencoder in two forms that train alike: losses of layers with `fit`, and a `train_step` without `y`.

    python examples/cookbook/vae.py
    KERAS_BACKEND=torch python examples/cookbook/vae.py

Result: in both forms the negative evidence lower bound of images that were not trained on is below 25 nats.

Kingma & Welling, "Auto-Encoding Variational Bayes", 2013.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from sklearn.datasets import load_digits

import keraslite as keras
from keraslite import layers, ops, transforms


class Sampling(layers.Layer):
    """Draws from normal distributions. Their divergence from the standard normal one is a loss of the layer."""

    def __init__(self, **options):
        super().__init__(**options)
        self.seed = keras.random.SeedGenerator(7)

    def call(self, inputs):
        mean, log_variance = ops.split(inputs, 2, axis=-1)  # (n, latent) each
        divergence = 0.5 * ops.sum(ops.square(mean) + ops.exp(log_variance) - 1 - log_variance, axis=-1)
        self.add_loss(ops.mean(divergence))
        return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=self.seed)


def reconstruction_loss(images, decoded):
    """Binary cross-entropy, summed over the pixels of each image."""
    return 64 * keras.losses.binary_crossentropy(images, decoded)


def autoencoder(latent: int, model_class: type[keras.Model] = keras.Model) -> keras.Model:
    """Images through a few normal numbers and back."""
    images = keras.Input((64,))
    x = layers.Dense(128, activation="relu")(images)
    x = Sampling(name="code")(layers.Dense(2 * latent)(x))
    x = layers.Dense(128, activation="relu")(x)
    return model_class(images, layers.Dense(64, activation="sigmoid", name="decoded")(x))


class WithoutTargets(keras.Model):
    """Trained by a step that gets images alone: `fit(images)`."""

    def train_step(self, images):
        def loss_on(images):
            decoded = self(images, training=True)
            return ops.mean(reconstruction_loss(images, decoded)) + sum(self.losses)

        loss, gradients = transforms.value_and_grad(loss_on, self.trainable_variables)(images)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss}


def bound_on(model: keras.Model, images) -> float:
    """The negative evidence lower bound, a mean over images and five draws."""

    def draw():
        decoded = model(images)
        return ops.mean(reconstruction_loss(images, decoded)) + sum(model.losses)

    return float(np.mean([ops.convert_to_numpy(draw()) for _ in range(5)]))


def show(images) -> None:
    """Eight images beside each other, as characters."""
    for rows in images[:8].reshape(-1, 8, 8).transpose(1, 0, 2):
        print("   ".join("".join(" .:*#"[int(4.99 * value)] for value in row) for row in rows))


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few steps and a small goal")
    arguments = parser.parse_args(given)
    epochs, most = (2, 40.0) if arguments.quick else (60, 25.0)

    images = (load_digits().data / 16).astype("float32")  # (1797, 64)
    x_train, x_test = images[:1500], images[1500:]

    keras.utils.set_random_seed(0)
    model = autoencoder(latent=8)
    model.compile("adam", loss=reconstruction_loss)
    model.fit(x_train, x_train, batch_size=32, epochs=epochs, verbose=0)

    keras.utils.set_random_seed(0)
    other = autoencoder(8, WithoutTargets)
    other.compile("adam")
    other.fit(x_train, batch_size=32, epochs=epochs, verbose=0)

    decoder = keras.Model(model.get_layer("code").output, model.output)  # the second half, with the same weights
    show(decoder.predict(np.random.default_rng(0).normal(size=(8, 8)).astype("float32"), verbose=0))
    bounds = bound_on(model, x_test), bound_on(other, x_test)
    print(f"engine: {keras.config.backend()}")
    print(f"negative bound: {bounds[0]:.2f} nats with losses of layers, {bounds[1]:.2f} with a step of its own")
    assert max(bounds) <= most, f"Expected a negative bound of at most {most} nats, got {max(bounds):.2f}."


if __name__ == "__main__":
    main()
