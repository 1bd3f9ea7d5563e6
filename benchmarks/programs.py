"""Models with several inputs and outputs, and the data of rows that are no classifier's. `programs_*.py` has the loops
by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.constants import CLASSES, LATENT, PIXELS

BINS = 200  # of the AUC by hand: probabilities are counted by their size, and by target


def images(rng: np.random.Generator, count: int) -> tuple[np.ndarray, None]:
    """Return images in (0, 1) that depend on a few numbers."""
    few = rng.standard_normal((count, LATENT), dtype="float32")
    mixed = few @ rng.standard_normal((LATENT, PIXELS), dtype="float32")
    return (1 / (1 + np.exp(-mixed))).astype("float32"), None


def pairs(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images, and the same as targets."""
    x, _ = images(rng, count)
    return x, x


def dicts(rng: np.random.Generator, count: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return two inputs and two targets."""
    left, right = (rng.standard_normal((count, 32), dtype="float32") for _ in range(2))
    kind = (left @ rng.standard_normal((32, CLASSES), dtype="float32")).argmax(1)
    flag = (right.sum(1, keepdims=True) > 0).astype("float32")
    return {"left": left, "right": right}, {"kind": kind, "flag": flag}


def two_outputs(keras: Any) -> Any:
    """A class from two inputs, and a probability."""
    layers = keras.layers
    left, right = keras.Input((32,), name="left"), keras.Input((32,), name="right")
    hidden = [layers.Dense(64, activation="relu")(x) for x in (left, right)]
    x = layers.Dense(64, activation="relu")(layers.Concatenate()(hidden))
    outputs = {"kind": layers.Dense(CLASSES, name="kind")(x),
               "flag": layers.Dense(1, activation="sigmoid", name="flag")(x)}  # fmt: skip
    return keras.Model({"left": left, "right": right}, outputs)


def two_losses(keras: Any) -> dict[str, Any]:
    """Return what the model with two outputs is compiled with."""
    loss = {"kind": keras.losses.SparseCategoricalCrossentropy(from_logits=True), "flag": "binary_crossentropy"}
    return {"loss": loss, "metrics": {"flag": [keras.metrics.AUC(name="auc")]}}


def area(counts: np.ndarray) -> float:
    """Return the AUC from counts `(2 * BINS,)`: first those with target 0."""
    negative, positive = counts.reshape(2, BINS)
    above = positive.sum() - positive.cumsum()
    return float((negative * (above + positive / 2)).sum() / (positive.sum() * negative.sum()))
