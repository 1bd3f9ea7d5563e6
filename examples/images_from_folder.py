"""Classify images from a folder, with augmentation in the data and scaling in the model.

    python examples/images_from_folder.py               (writes the digits of scikit-learn as a folder of PNG files)
    python examples/images_from_folder.py my_photos     (one folder per class)

Writes `images.keras` into `--output` (here). The saved model takes images in [0, 255] as they are in a file.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import keraslite as keras
from keraslite import layers

SIZE = (24, 24)
PREDICT = """
import sys, numpy as np, keraslite as keras
model = keras.models.load_model(sys.argv[1])
image = keras.utils.img_to_array(keras.utils.load_img(sys.argv[3], target_size=model.input_shape[1:3]))
np.save(sys.argv[2], model.predict(image[None], verbose=0))
"""


def write_digits(folder: Path) -> None:
    """The 1,797 images of digits that scikit-learn ships, one folder per digit."""
    digits = load_digits()
    for i, (image, digit) in enumerate(zip(digits.images, digits.target, strict=True)):
        file = folder / str(digit) / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        keras.utils.save_img(file, np.repeat(image[..., None] * 15.9, 3, axis=-1), scale=False)


def convnet(classes: int) -> keras.Model:
    """Scaling, two convolutions and a classifier."""
    return keras.Sequential(
        [
            keras.Input((*SIZE, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.GlobalMaxPooling2D(),
            layers.Dropout(0.25),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def train(folder: Path, epochs: int) -> tuple[keras.Model, float]:
    """A trained model and its accuracy on the fifth of the images that it has not seen."""
    training, held_out = keras.utils.image_dataset_from_directory(
        folder, image_size=SIZE, batch_size=32, validation_split=0.2, subset="both", seed=0
    )
    augment = layers.Pipeline(
        [
            layers.RandomTranslation(0.1, 0.1, fill_mode="nearest"),
            layers.RandomRotation(0.03, fill_mode="nearest"),
            layers.RandomContrast(0.2),
        ]
    )
    model = convnet(len(training.class_names))
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    augmented = training.map(lambda images, labels: (augment(images, training=True), labels))
    model.fit(augmented, epochs=epochs, validation_data=held_out)
    return model, model.evaluate(held_out, verbose=0)[1]


def check_in_new_process(model: keras.Model, file: Path, image: Path) -> None:
    """Load the file in a new process and compare what it predicts."""
    array = keras.utils.img_to_array(keras.utils.load_img(image, target_size=SIZE))
    expected = model.predict(array[None], verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "predictions.npy")
        subprocess.run([sys.executable, "-c", PREDICT, str(file), str(output), str(image)], check=True)
        np.testing.assert_array_equal(np.load(output), expected)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="one folder per class")
    parser.add_argument("--output", type=Path, default=Path.cwd(), help="folder for the model")
    parser.add_argument("--epochs", type=int, default=8)
    arguments = parser.parse_args()

    keras.utils.set_random_seed(0)
    with tempfile.TemporaryDirectory() as digits:
        folder = arguments.folder or Path(digits)
        if arguments.folder is None:
            write_digits(folder)
        model, accuracy = train(folder, arguments.epochs)
        file = arguments.output / "images.keras"
        model.save(file)
        check_in_new_process(model, file, next(path for path in sorted(folder.rglob("*.*")) if path.is_file()))

    print(f"engine: {keras.config.backend()}")
    print(f"held-out accuracy: {accuracy:.3f}")
    print(f"model: {file} (a new process predicts the same from an image file)")


if __name__ == "__main__":
    main()
