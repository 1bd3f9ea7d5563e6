"""Sentiment of reviews from a folder of text files; the saved model takes raw text.

    python examples/reviews_from_folder.py               (a small made-up language)
    python examples/reviews_from_folder.py my_reviews    (one folder per class, one file per review)

Writes `reviews.keras` into `--output` (here). The model holds `TextVectorization`, so the file holds its vocabulary.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import keraslite as keras
from keraslite import layers

LENGTH, WORDS = 24, 5000
PREDICT = """
import sys, numpy as np, keraslite as keras
model = keras.models.load_model(sys.argv[1])
np.save(sys.argv[2], model.predict(np.array(sys.argv[3:])[:, None], verbose=0))
"""


def write_made_up(folder: Path, count: int = 1200) -> None:
    """Reviews of nonsense, in which "not" turns the one good or bad word round."""
    random = np.random.default_rng(0)
    for i in range(count):
        words = [f"w{n}" for n in random.integers(0, 50, size=random.integers(4, 12))]
        good, turned = random.random() < 0.5, random.random() < 0.5
        place = random.integers(0, len(words))
        words[place:place] = ["not"] * turned + ["Good!" if good else "bad,"]
        file = folder / ("positive" if good != turned else "negative") / f"{i}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(" ".join(words), encoding="utf-8")


def model_of(vectorize: layers.TextVectorization) -> keras.Model:
    """A text goes in, the probability of a positive review comes out."""
    return keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            vectorize,
            layers.Embedding(WORDS, 32, mask_zero=True),
            layers.Bidirectional(layers.LSTM(32)),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def train(folder: Path, epochs: int) -> tuple[keras.Model, float]:
    """A trained model and its accuracy on the fifth of the reviews that it has not seen."""
    training, held_out = keras.utils.text_dataset_from_directory(
        folder, label_mode="binary", batch_size=32, validation_split=0.2, subset="both", seed=0
    )
    print("classes:", training.class_names)
    vectorize = layers.TextVectorization(WORDS, output_sequence_length=LENGTH)
    vectorize.adapt(training.map(lambda text, label: text))
    model = model_of(vectorize)
    model.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
    model.fit(training, epochs=epochs, validation_data=held_out)
    return model, model.evaluate(held_out, verbose=0)[1]


def check_in_new_process(file: Path, expected: np.ndarray, texts: list[str]) -> None:
    """Load the file in a new process and compare what it predicts."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "predictions.npy")
        subprocess.run([sys.executable, "-c", PREDICT, str(file), str(output), *texts], check=True)
        np.testing.assert_array_equal(np.load(output), expected)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="one folder per class, one file per review")
    parser.add_argument("--output", type=Path, default=Path.cwd(), help="folder for the model")
    parser.add_argument("--epochs", type=int, default=4)
    arguments = parser.parse_args()

    keras.utils.set_random_seed(0)
    with tempfile.TemporaryDirectory() as made_up:
        if arguments.folder is None:
            write_made_up(Path(made_up))
        model, accuracy = train(arguments.folder or Path(made_up), arguments.epochs)

    file = arguments.output / "reviews.keras"
    model.save(file)
    texts = ["w1 w2 good w3", "w4 not good w5"]
    predictions = model.predict(np.array(texts)[:, None], verbose=0)
    check_in_new_process(file, predictions, texts)
    print(f"engine: {keras.config.backend()}")
    print(f"held-out accuracy: {accuracy:.3f}")
    for text, probability in zip(texts, predictions[:, 0], strict=True):
        print(f"{text!r} is positive with probability {probability:.2f}")
    print(f"model: {file} (a new process predicts the same from raw text)")


if __name__ == "__main__":
    main()
