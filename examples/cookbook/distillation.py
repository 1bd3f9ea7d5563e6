"""A small student learns from a large teacher: a loss of its own through `compute_loss`.

    python examples/cookbook/distillation.py
    KERAS_BACKEND=torch python examples/cookbook/distillation.py

Both students have 762 weights. One sees 100 labelled digits. The other sees these, and 1,300 without labels, for which
the teacher's softened probabilities stand in.

Result: the distilled student names at least 4 % more of the test digits than the other one, and at least 92 %.

Hinton, Vinyals & Dean, "Distilling the Knowledge in a Neural Network", 2015.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import keraslite as keras
from keraslite import layers, ops

LABELLED = 100


def teacher() -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Input((64,)),
            layers.Reshape((8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )


def student() -> list[layers.Layer]:
    return [layers.Dense(10, activation="relu"), layers.Dense(10)]


class Student(keras.Model):
    """Learns from its teacher's probabilities, and from labels where there are any (-1: none)."""

    def __init__(self, teacher: keras.Model, temperature: float = 3.0):
        super().__init__()
        self.network = keras.Sequential(student())
        self.teacher, self.temperature = teacher, temperature
        self.teacher.trainable = False

    def call(self, images):
        return self.network(images)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        taught = ops.softmax(self.teacher(x) / self.temperature)
        soft = keras.losses.categorical_crossentropy(taught, y_pred / self.temperature, from_logits=True)
        known = ops.cast(y >= 0, y_pred.dtype)
        hard = known * keras.losses.sparse_categorical_crossentropy(ops.maximum(y, 0), y_pred, from_logits=True)
        return ops.mean(self.temperature**2 * soft + hard)


def trained(model: keras.Model, x, y, epochs: int, loss=None) -> keras.Model:
    model.compile(keras.optimizers.Adam(3e-3), loss)
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=0)
    return model


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few steps and a small goal")
    arguments = parser.parse_args(given)
    epochs, least, least_gain = (2, 0.15, -1.0) if arguments.quick else (40, 0.92, 0.04)

    keras.utils.set_random_seed(0)
    digits = load_digits()
    x, x_test, y, y_test = train_test_split(
        (digits.data / 16).astype("float32"), digits.target.astype("int32"), test_size=0.2, random_state=0
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    large = trained(teacher(), x, y, epochs // 2, loss)
    alone = trained(keras.Sequential(student()), x[:LABELLED], y[:LABELLED], epochs * len(x) // LABELLED, loss)
    known = np.where(np.arange(len(x)) < LABELLED, y, -1)
    distilled = trained(Student(large), x, known, epochs)

    of_teacher, of_alone, of_distilled = (
        float(np.mean(model.predict(x_test, verbose=0).argmax(axis=-1) == y_test))
        for model in (large, alone, distilled)
    )
    print(f"engine: {keras.config.backend()}")
    print(f"test accuracy: teacher {of_teacher:.3f}, student alone {of_alone:.3f}, distilled {of_distilled:.3f}")
    gain = of_distilled - of_alone
    assert of_distilled >= least, f"Expected an accuracy of at least {least}, got {of_distilled:.3f}."
    assert gain >= least_gain, f"Expected a gain of at least {least_gain} by distillation, got {gain:.3f}."


if __name__ == "__main__":
    main()
