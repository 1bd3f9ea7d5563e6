"""A functional model with two inputs and two outputs: which of two digits is larger, and by how much.

python examples/two_inputs.py
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

import keraslite as keras
from keraslite import layers, ops


def pairs(count: int, seed: int):
    """Pairs of images by name, and the answers by name."""
    digits = load_digits()
    images = (digits.images / 16.0).astype("float32").reshape(-1, 64)
    left, right = np.random.default_rng(seed).integers(0, len(images), size=(2, count))
    difference = (digits.target[left] - digits.target[right]).astype("float32")
    inputs = {"left": images[left], "right": images[right]}
    return inputs, {"larger": (difference > 0).astype("float32"), "difference": difference}


def comparer():
    """One encoder reads both images; the answers come from the difference of what it sees."""
    left, right = keras.Input((64,), name="left"), keras.Input((64,), name="right")
    encoder = keras.Sequential(
        [layers.Dense(64, activation="relu"), layers.Dense(32, activation="relu")], name="encoder"
    )
    a, b = encoder(left), encoder(right)
    both = layers.Concatenate()([a - b, a * b, ops.abs(a - b)])
    hidden = layers.Dense(64, activation="relu")(both)
    larger = layers.Dense(1, activation="sigmoid", name="larger")(hidden)
    difference = layers.Dense(1, name="difference")(hidden)
    return keras.Model({"left": left, "right": right}, {"larger": larger, "difference": difference})


def main() -> None:
    keras.utils.set_random_seed(0)
    model = comparer()
    model.summary()
    model.compile(
        "adam",
        loss={"larger": "binary_crossentropy", "difference": "mse"},
        loss_weights={"larger": 1.0, "difference": 0.1},
        metrics={"larger": ["accuracy"], "difference": ["mae"]},
    )
    x, y = pairs(20_000, seed=1)
    model.fit(x, y, batch_size=128, epochs=6, validation_split=0.1)
    x, y = pairs(2_000, seed=2)
    results = model.evaluate(x, y, verbose=0, return_dict=True)
    print(f"engine: {keras.config.backend()}")
    print(f"right about the larger one: {results['larger_accuracy']:.3f}, off by {results['difference_mae']:.2f}")


if __name__ == "__main__":
    main()
