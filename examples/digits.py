"""Handwritten digits: train a small convnet, look at it, save it, load it back.

    python examples/digits.py
    KERAS_BACKEND=torch python examples/digits.py

Uses the 1,797 images that scikit-learn ships. Writes `digits.png` and `digits.keras` into `--output` (here).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import keraslite as keras
from keraslite import layers

matplotlib.use("Agg")
from matplotlib import pyplot as plt


def data():
    """Images in [0, 1], `(n, 8, 8, 1)`, and their digits, in training and test parts."""
    digits = load_digits()
    images = (digits.images / 16.0).astype("float32")[..., None]
    return train_test_split(images, digits.target, test_size=0.2, random_state=0, stratify=digits.target)


def convnet():
    """Two convolutions and a classifier."""
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.25),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )


def draw(history: dict[str, list[float]], path: Path) -> None:
    """The curves of loss and accuracy."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for axis, name in zip(axes, ("loss", "accuracy"), strict=True):
        epochs = range(1, len(history[name]) + 1)
        axis.plot(epochs, history[name], label="training")
        axis.plot(epochs, history[f"val_{name}"], label="validation")
        axis.set(xlabel="epoch", title=name)
        axis.legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path.cwd(), help="folder for the picture and the model")
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()

    keras.utils.set_random_seed(0)
    x_train, x_test, y_train, y_test = data()
    model = convnet()
    model.summary()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x_train, y_train, epochs=arguments.epochs, validation_split=0.1).history

    picture, file = arguments.output / "digits.png", arguments.output / "digits.keras"
    draw(history, picture)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    model.save(file)
    loaded = keras.models.load_model(file)
    before, after = model.predict(x_test, verbose=0), loaded.predict(x_test, verbose=0)
    np.testing.assert_array_equal(before, after)

    print(f"engine: {keras.config.backend()}")
    print(f"test accuracy: {accuracy:.4f}")
    print(f"curves: {picture}\nmodel:  {file} (loaded back: equal predictions)")


if __name__ == "__main__":
    main()
