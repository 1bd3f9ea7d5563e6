"""Grad-CAM shows which part of an image a classifier looked at: gradients with respect to the output of a layer.

    python examples/cookbook/grad_cam.py
    KERAS_BACKEND=torch python examples/cookbook/grad_cam.py

A convnet learns to name a digit somewhere in a larger noisy image. It is never told where the digit is.

Result: it names at least 90 % of the test digits, and for at least 80 % of them the hottest point lies on the digit.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", 2017.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from sklearn.datasets import load_digits

import keraslite as keras
from keraslite import layers, ops, transforms

SIDE = 24


def placed(digits: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Digits `(n, 8, 8)` in noisy images `(n, 24, 24, 1)`, and their upper left corners `(n, 2)`."""
    images = random.uniform(0, 0.4, size=(len(digits), SIDE, SIDE, 1)).astype("float32")
    corners = random.integers(0, SIDE - 8 + 1, size=(len(digits), 2))
    for image, digit, (row, column) in zip(images, digits, corners, strict=True):
        image[row : row + 8, column : column + 8, 0] += digit
    return images, corners


def convnet() -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.BatchNormalization(momentum=0.9),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.BatchNormalization(momentum=0.9),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="features"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(10, name="scores"),
        ]
    )


def heat_maps(model: keras.Model, layer: str, images) -> np.ndarray:
    """For each image, where the evidence for the winning class lies: `(n, height, width)`, as large as the images."""
    features = keras.Model(model.inputs, model.get_layer(layer).output)
    head = keras.Model(model.get_layer(layer).output, model.outputs)

    def evidence(maps):
        return ops.sum(ops.max(head(maps)[0], axis=-1))  # a sum, so each image's gradient is its own

    maps = features(images)  # (n, rows, columns, channels)
    weights = ops.mean(transforms.grad(evidence)(maps), axis=(1, 2), keepdims=True)
    heat = ops.relu(ops.sum(weights * maps, axis=-1, keepdims=True))
    return ops.convert_to_numpy(ops.image.resize(heat, images.shape[1:3], interpolation="bilinear"))[..., 0]


def show(image, heat) -> None:
    """An image as characters beside its heat map."""
    for pair in zip(image[..., 0] / image.max(), heat / heat.max(), strict=True):
        print("   ".join("".join(" .:*#"[int(4.99 * value)] for value in row) for row in pair))


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few steps and a small goal")
    arguments = parser.parse_args(given)
    copies, epochs, least, least_on = (1, 2, 0.12, 0.0) if arguments.quick else (6, 6, 0.9, 0.8)

    keras.utils.set_random_seed(0)
    random, digits = np.random.default_rng(0), load_digits()
    order = random.permutation(len(digits.images))
    drawn, named = (digits.images[order] / 16).astype("float32"), digits.target[order]
    images, _ = placed(np.tile(drawn[:1400], (copies, 1, 1)), random)
    test_images, corners = placed(drawn[1400:], random)

    model = convnet()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss, metrics=["accuracy"])
    model.fit(images, np.tile(named[:1400], copies), batch_size=64, epochs=epochs, verbose=0)
    _, accuracy = model.evaluate(test_images, named[1400:], verbose=0)
    heat = heat_maps(model, "features", test_images)
    hottest = np.stack(np.unravel_index(heat.reshape(len(heat), -1).argmax(axis=1), heat.shape[1:]), axis=-1)
    on_digit = float(np.mean(((hottest >= corners) & (hottest < corners + 8)).all(axis=1)))

    show(test_images[0], heat[0])
    print(f"engine: {keras.config.backend()}")
    print(f"test accuracy {accuracy:.2f}; hottest point on the digit {on_digit:.2f}")
    assert accuracy >= least, f"Expected an accuracy of at least {least}, got {accuracy:.2f}."
    assert on_digit >= least_on, f"Expected the hottest point on at least {least_on} of the digits, got {on_digit:.2f}."


if __name__ == "__main__":
    main()
