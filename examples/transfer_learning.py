"""Learn a new task from few images, with a published architecture whose weights come from another task.

    python examples/transfer_learning.py                    (trains the base on the digits 0 to 4 first)
    python examples/transfer_learning.py base.weights.h5    (weights that keraslite or Keras saved)

With the network, `applications.MobileNet()` comes with weights from 1.3 million photos. Here it learns the digits 0 to
4. Then ten images each of the digits 5 to 9 are all that is known of the new task. The layers up to `FEATURES` come
from the first task: they see strokes, and later layers see the digits of that task.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import keraslite as keras
from keraslite import applications, layers

SIDE = 32
FEATURES = "conv_pw_4_relu"


def images_of(digits: range) -> tuple[np.ndarray, np.ndarray]:
    """Images of some of scikit-learn's digits as MobileNet takes them, and their labels from 0."""
    data = load_digits()
    chosen = np.isin(data.target, digits)
    large = np.kron(data.images[chosen], np.ones((SIDE // 8, SIDE // 8))) * (255 / 16)
    x = np.repeat(large[..., None], 3, axis=-1).astype("float32")
    return applications.mobilenet.preprocess_input(x), data.target[chosen] - digits[0]


def mobilenet(weights: Path | None = None) -> keras.Model:
    """MobileNet for five classes, with weights from a file or new ones."""
    model = applications.MobileNet(input_shape=(SIDE, SIDE, 3), alpha=0.5, classes=5, weights=weights)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.9  # the statistics of a short training
    return model


def with_new_head(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """The layers up to `FEATURES` with a classifier of their own, and these layers alone."""
    base = keras.Model(model.input, model.get_layer(FEATURES).output, name="base")
    head = [layers.Flatten(), layers.Dropout(0.3), layers.Dense(5, activation="softmax")]
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), base, *head]), base


def trained(model: keras.Model, x: np.ndarray, y: np.ndarray, rate: float, epochs: int) -> keras.Model:
    """The model after training on images and labels."""
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=0)
    return model


def few_of_each(y: np.ndarray, count: int) -> np.ndarray:
    """Indices of the first images of each class."""
    return np.concatenate([np.flatnonzero(y == label)[:count] for label in np.unique(y)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, nargs="?", help="a file with weights of the base")
    parser.add_argument("--epochs", type=int, default=8)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)

    x, y = images_of(range(5, 10))
    known = few_of_each(y, 10)
    rest = np.setdiff1d(np.arange(len(y)), known)

    def accuracy(model: keras.Model) -> float:
        return model.evaluate(x[rest], y[rest], verbose=0)[1]

    with tempfile.TemporaryDirectory() as folder:
        weights = arguments.weights or Path(folder) / "base.weights.h5"
        if arguments.weights is None:
            first = trained(mobilenet(), *images_of(range(5)), rate=3e-3, epochs=arguments.epochs)
            first.save_weights(weights)
        model, base = with_new_head(mobilenet(weights))

    base.trainable = False  # the new layers learn alone, and normalization keeps its statistics
    frozen = accuracy(trained(model, x[known], y[known], rate=1e-3, epochs=4 * arguments.epochs))

    base.trainable = True  # then the last layers of the base learn, too, slowly
    for layer in base.layers:
        is_last = layer.name.startswith(("conv_dw_4", "conv_pw_4")) and not layer.name.endswith("_bn")
        layer.trainable = is_last
    tuned = accuracy(trained(model, x[known], y[known], rate=3e-4, epochs=4 * arguments.epochs))

    new, _ = with_new_head(mobilenet())
    alone = accuracy(trained(new, x[known], y[known], rate=1e-3, epochs=8 * arguments.epochs))

    print(f"engine: {keras.config.backend()}")
    print(f"accuracy on {len(rest)} images of five digits, {len(known)} others were known")
    print(f"without the first task: {alone:.3f}")
    print(f"frozen base: {frozen:.3f}")
    print(f"fine-tuned: {tuned:.3f}")


if __name__ == "__main__":
    main()
