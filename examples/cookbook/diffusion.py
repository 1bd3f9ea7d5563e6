"""A diffusion model draws the digits that it is asked for: noise is removed step by step, in one compiled `scan`.

    python examples/cookbook/diffusion.py
    KERAS_BACKEND=torch python examples/cookbook/diffusion.py

Result: a classifier that has seen real digits only reads the digit that was asked for in at least 70 % of 500 drawings.

Ho, Jain & Abbeel, "Denoising Diffusion Probabilistic Models", 2020.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from sklearn.datasets import load_digits
from sklearn.svm import SVC

import keraslite as keras
from keraslite import layers, ops, transforms


def denoiser(pixels: int, units: int, steps: int) -> keras.Model:
    """Noisy images, the step of the process, and the digit: the noise."""
    images, step, digit = keras.Input((pixels,)), keras.Input((), dtype="int32"), keras.Input((), dtype="int32")
    told = layers.Embedding(steps, units)(step) + layers.Embedding(10, units)(digit)
    x = layers.Dense(units)(images)
    for _ in range(3):
        inside = layers.Dense(units, activation="silu")(layers.LayerNormalization()(x + told))
        x = x + layers.Dense(units)(inside)
    return keras.Model([images, step, digit], layers.Dense(pixels)(layers.LayerNormalization()(x)))


class Diffusion(keras.Model):
    """Learns to tell the noise in an image from the image, and draws by taking noise away."""

    def __init__(self, pixels: int, units: int, steps: int):
        super().__init__()
        self.pixels, self.steps = pixels, steps
        self.network = denoiser(pixels, units, steps)
        self.rates = np.linspace(0.1 / steps, 20 / steps, steps, dtype="float32")  # variance of the noise of each step
        self.kept = np.cumprod(1 - self.rates)  # what is left of the image's variance after it
        self.seed = keras.random.SeedGenerator(4)
        self._draw = transforms.jit(self._draw_digits, replay=True)  # `replay` lets PyTorch run it without Python

    def train_step(self, data):
        images, digits = data
        count = ops.shape(images)[0]
        step = keras.random.randint((count,), 0, self.steps, seed=self.seed)
        noise = keras.random.normal(ops.shape(images), seed=self.seed)
        kept = ops.take(self.kept, step)[:, None]
        noisy = ops.sqrt(kept) * images + ops.sqrt(1 - kept) * noise

        def loss():
            return ops.mean(ops.square(self.network([noisy, step, digits], training=True) - noise))

        error, gradients = transforms.value_and_grad(loss, self.network.trainable_variables)()
        self.optimizer.apply(gradients, self.network.trainable_variables)
        return {"loss": error}

    def _draw_digits(self, digits):
        count = ops.shape(digits)[0]

        def less_noisy(images, row):
            step, rate, kept = row
            noise = self.network([images, ops.full((count,), step, dtype="int32"), digits], training=False)
            mean = (images - rate / ops.sqrt(1 - kept) * noise) / ops.sqrt(1 - rate)
            fresh = keras.random.normal((count, self.pixels), seed=self.seed)
            return mean + ops.where(step > 0, ops.sqrt(rate), 0.0) * fresh, None

        start = keras.random.normal((count, self.pixels), seed=self.seed)
        rows = np.arange(self.steps, dtype="int32"), self.rates, self.kept
        return transforms.scan(less_noisy, start, rows, reverse=True)[0]

    def draw(self, digits: np.ndarray) -> np.ndarray:
        """Images of these digits, `(n, pixels)`."""
        return ops.convert_to_numpy(self._draw(digits))


def show(images) -> None:
    """Images beside each other, as characters."""
    for rows in np.clip(images, 0, 1).reshape(-1, 8, 8).transpose(1, 0, 2):
        print("  ".join("".join(" .:*#"[int(4.99 * value)] for value in row) for row in rows))


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few steps and a small goal")
    arguments = parser.parse_args(given)
    units, steps, epochs, least = (16, 40, 1, 0.0) if arguments.quick else (256, 100, 80, 0.7)

    keras.utils.set_random_seed(0)
    digits = load_digits()
    images, named = (digits.data / 16).astype("float32"), digits.target.astype("int32")
    model = Diffusion(64, units, steps)
    model.compile(keras.optimizers.Adam(1e-3))
    losses = model.fit(2 * images - 1, named, batch_size=64, epochs=epochs, verbose=0).history["loss"]
    asked = np.arange(500, dtype="int32") % 10
    drawn = (model.draw(asked) + 1) / 2
    right = float(np.mean(SVC().fit(images, named).predict(drawn) == asked))

    show(drawn[:10])
    print(f"engine: {keras.config.backend()}")
    print(f"loss: {losses[0]:.3f} -> {losses[-1]:.3f}; read as asked for: {right:.2f}")
    assert right >= least, f"Expected at least {least} of the drawings to be read as asked for, got {right:.2f}."


if __name__ == "__main__":
    main()
