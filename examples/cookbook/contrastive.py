"""Contrastive learning (SimCLR): what images are like is learned without labels, from pairs of changed copies.

    python examples/cookbook/contrastive.py
    KERAS_BACKEND=torch python examples/cookbook/contrastive.py

Digits lie at random places in images of 14 x 14 pixels. Ten labelled images of each digit are given.

Result: a linear classifier of the learned features names at least 30 % more of the test digits than one of the pixels,
and at least 65 %.

Chen, Kornblith, Norouzi & Hinton, "A Simple Framework for Contrastive Learning of Visual Representations", 2020.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import keraslite as keras
from keraslite import layers, ops, transforms

SIDE = 14


def placed(digits: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Digits `(n, 8, 8)` at random places in images `(n, SIDE, SIDE, 1)`."""
    images = np.zeros((len(digits), SIDE, SIDE, 1), "float32")
    corners = random.integers(0, SIDE - 8 + 1, size=(len(digits), 2))
    for image, digit, (row, column) in zip(images, digits, corners, strict=True):
        image[row : row + 8, column : column + 8, 0] = digit
    return images


class SimCLR(keras.Model):
    """An encoder, and a small net behind it that is thrown away after training."""

    def __init__(self, filters: int, features: int, temperature: float = 0.2):
        super().__init__()
        self.temperature = temperature
        self.changed = keras.Sequential([
            layers.RandomTranslation(0.25, 0.25, fill_mode="constant"),
            layers.RandomRotation(0.04, fill_mode="constant"),
            layers.RandomZoom(0.15, fill_mode="constant"),
        ])  # fmt: skip
        self.encoder = keras.Sequential([
            layers.Input((SIDE, SIDE, 1)),
            layers.Conv2D(filters, 3, padding="same", activation="relu"), layers.BatchNormalization(momentum=0.9),
            layers.MaxPooling2D(),
            layers.Conv2D(2 * filters, 3, padding="same", activation="relu"), layers.BatchNormalization(momentum=0.9),
            layers.MaxPooling2D(),
            layers.Conv2D(features, 3, padding="same", activation="relu"), layers.GlobalMaxPooling2D(),
        ])  # fmt: skip
        self.projection = keras.Sequential([
            layers.Input((features,)), layers.Dense(64, activation="relu"), layers.Dense(32),
        ])  # fmt: skip

    def call(self, images, training=False):
        return self.encoder(images, training=training)

    def contrast(self, first, second):
        """How badly each image is told from all others by its other copy: normalized temperature-scaled entropy."""
        count = ops.shape(first)[0]
        both = ops.normalize(ops.concatenate([first, second]), axis=-1)  # (2 n, 32)
        likeness = ops.matmul(both, ops.transpose(both)) / self.temperature - 1e9 * ops.eye(2 * count)
        others = ops.roll(ops.arange(2 * count), count)  # the place of the other copy
        return ops.mean(keras.losses.sparse_categorical_crossentropy(others, likeness, from_logits=True))

    def train_step(self, images):
        weights = self.encoder.trainable_variables + self.projection.trainable_variables
        pair = [self.changed(images, training=True) for _ in range(2)]

        def loss():
            first, second = (self.projection(self(x, training=True), training=True) for x in pair)
            return self.contrast(first, second)

        error, gradients = transforms.value_and_grad(loss, weights)()
        self.optimizer.apply(gradients, weights)
        return {"loss": error}


def few(named: np.ndarray, each: int) -> np.ndarray:
    """The places of the first images of each digit."""
    return np.concatenate([np.flatnonzero(named == digit)[:each] for digit in range(10)])


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few steps and a small goal")
    arguments = parser.parse_args(given)
    filters, features, epochs, used = (4, 16, 1, 256) if arguments.quick else (24, 64, 30, 1400)
    least, least_gain = (0.05, -1.0) if arguments.quick else (0.65, 0.3)

    keras.utils.set_random_seed(0)
    digits, random = load_digits(), np.random.default_rng(0)
    images, named = placed(digits.images / 16, random), digits.target
    model = SimCLR(filters, features)
    model.compile(keras.optimizers.Adam(2e-3))
    losses = model.fit(images[:used], batch_size=128, epochs=epochs, verbose=0).history["loss"]

    labelled, accuracy = few(named[:1400], 10), {}
    for name, x in (("pixels", images.reshape(len(images), -1)), ("features", model.predict(images, verbose=0))):
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(
            x[labelled], named[labelled]
        )
        accuracy[name] = float(classifier.score(x[1400:], named[1400:]))

    print(f"engine: {keras.config.backend()}")
    print(f"loss: {losses[0]:.2f} -> {losses[-1]:.2f}")
    print(f"test accuracy with 100 labels: {accuracy['pixels']:.2f} of pixels, {accuracy['features']:.2f} of features")
    gain = accuracy["features"] - accuracy["pixels"]
    assert accuracy["features"] >= least, f"Expected an accuracy of at least {least}, got {accuracy['features']:.2f}."
    assert gain >= least_gain, f"Expected a gain of at least {least_gain} over pixels, got {gain:.2f}."


if __name__ == "__main__":
    main()
