"""Sentiment of sentences with an LSTM that skips padding.

    python examples/text_lstm.py reviews.tsv          (or .tsv.gz)

The file has a sentence, a tab, and 0 or 1 on each line. Without a file a small made-up language is used.
"""

from __future__ import annotations

import argparse
import gzip
from collections import Counter
from pathlib import Path

import numpy as np

import keraslite as keras
from keraslite import layers

LENGTH, WORDS = 32, 8000


def read(path: Path):
    """Sentences as lists of words, and labels."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line.strip()]
    return [row[0].lower().split() for row in rows], np.array([int(row[1]) for row in rows], "float32")


def made_up(count: int = 3000):
    """Sentences of nonsense in which "not" turns the one good or bad word round."""
    random = np.random.default_rng(0)
    sentences, labels = [], []
    for _ in range(count):
        words = [f"w{i}" for i in random.integers(0, 50, size=random.integers(4, 12))]
        good, turned = random.random() < 0.5, random.random() < 0.5
        place = random.integers(0, len(words))
        words[place:place] = ["not"] * turned + ["good" if good else "bad"]
        sentences.append(words)
        labels.append(float(good != turned))
    return sentences, np.array(labels, "float32")


def encode(sentences: list[list[str]]):
    """Word numbers by frequency: 0 is padding, 1 is an unknown word."""
    counts = Counter(word for sentence in sentences for word in sentence)
    index = {word: i + 2 for i, (word, _) in enumerate(counts.most_common(WORDS - 2))}
    numbers = [[index.get(word, 1) for word in sentence] for sentence in sentences]
    return keras.utils.pad_sequences(numbers, maxlen=LENGTH, padding="post", truncating="post")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?", help="sentences and labels, tab-separated")
    parser.add_argument("--epochs", type=int, default=6)
    arguments = parser.parse_args()

    keras.utils.set_random_seed(0)
    sentences, labels = read(arguments.file) if arguments.file else made_up()
    x = encode(sentences)
    split = int(0.85 * len(x))
    model = keras.Sequential(
        [
            layers.Input((LENGTH,), dtype="int32"),
            layers.Embedding(WORDS, 32, mask_zero=True),
            layers.Bidirectional(layers.LSTM(32)),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
    model.fit(x[:split], labels[:split], batch_size=64, epochs=arguments.epochs)
    loss, accuracy = model.evaluate(x[split:], labels[split:], verbose=0)
    print(f"engine: {keras.config.backend()}")
    print(f"held-out accuracy: {accuracy:.3f} (loss {loss:.3f})")


if __name__ == "__main__":
    main()
