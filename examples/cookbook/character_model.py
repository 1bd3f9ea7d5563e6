"""A character language model that writes text: a GRU trained by `fit`, whose cell runs in `scan` to draw characters.

    python examples/cookbook/character_model.py [FILE]
    KERAS_BACKEND=torch python examples/cookbook/character_model.py

Without a file, it learns from the help texts that come with Python.

Result: on text that was not trained on the model needs at most 2.6 bits per character, and at least 70 % of the words
that it writes occur in the text.

Graves, "Generating Sequences With Recurrent Neural Networks", 2013.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import keraslite as keras
from keraslite import layers, ops, transforms


def read(path: Path | None) -> str:
    """A text of letters, digits and common signs."""
    if path is None:
        from pydoc_data.topics import topics

        text = "\n".join(topics[name] for name in sorted(topics))
    else:
        text = path.read_text(encoding="utf-8")
    return re.sub(r"[^\n !-~]", "", re.sub(r"[ \t]+", " ", text))


class Writer(keras.Model):
    """Gives the scores of the next character at each place, and writes."""

    def __init__(self, characters: int, units: int):
        super().__init__()
        self.embedding = layers.Embedding(characters, 32)
        self.gru = layers.GRU(units, return_sequences=True, return_state=True)
        self.scores = layers.Dense(characters)
        self.seed = keras.random.SeedGenerator(11)
        self._write = transforms.jit(self._write_from, replay=True)

    def call(self, characters):
        sequence, _ = self.gru(self.embedding(characters))
        return self.scores(sequence)

    def _write_from(self, start, temperature, count: int):
        """Draw `count` characters after the texts `start`, `(batch, length)`."""

        def draw(scores):
            return keras.random.categorical(scores / temperature, 1, seed=self.seed)[:, 0]

        def step(carry, _):
            character, state = carry
            output, states = self.gru.cell(self.embedding(character), [state])
            drawn = draw(self.scores(output))
            return (drawn, states[0]), character

        sequence, state = self.gru(self.embedding(start))
        _, written = transforms.scan(step, (draw(self.scores(sequence[:, -1])), state), length=count)
        return ops.transpose(written)  # (batch, count)

    def write(self, start: np.ndarray, count: int, temperature: float = 0.7) -> np.ndarray:
        return ops.convert_to_numpy(self._write(start, np.array(temperature, "float32"), count))


def windows(codes: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of the text, `(n, length)`, and the same a character later."""
    count = (len(codes) - 1) // length
    return codes[: count * length].reshape(-1, length), codes[1 : count * length + 1].reshape(-1, length)


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?", help="a text to learn from")
    parser.add_argument("--quick", action="store_true", help="a few steps and a small goal")
    arguments = parser.parse_args(given)
    characters, units, epochs = (6_000, 16, 1) if arguments.quick else (300_000, 128, 6)
    most_bits, least_words, written = (8.0, 0.0, 40) if arguments.quick else (2.6, 0.7, 400)

    keras.utils.set_random_seed(0)
    text = read(arguments.file)[:characters]
    alphabet = sorted(set(text))
    code_of = {character: code for code, character in enumerate(alphabet)}
    codes = np.array([code_of[character] for character in text], "int32")
    split = int(0.9 * len(codes))
    model = Writer(len(alphabet), units)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(5e-3, clipnorm=1.0), loss)
    model.fit(*windows(codes[:split], 64), batch_size=32, epochs=epochs, verbose=2)
    bits = float(model.evaluate(*windows(codes[split:], 64), batch_size=32, verbose=0)) / np.log(2)

    drawn = model.write(np.tile(codes[:64], (4, 1)), written)  # four continuations of the first 64 characters
    texts = ["".join(alphabet[code] for code in row) for row in drawn]
    known = set(re.findall("[a-z]+", text.lower()))
    words = [word for each in texts for word in re.findall("[a-z]+", each.lower())[:-1]]  # the last may be cut off
    share = float(np.mean([word in known for word in words])) if words else 0.0
    print(texts[0])
    print(f"engine: {keras.config.backend()}")
    print(f"{bits:.2f} bits per character; {share:.2f} of {len(words)} written words occur in the text")
    assert bits <= most_bits, f"Expected at most {most_bits} bits per character, got {bits:.2f}."
    assert share >= least_words, f"Expected at least {least_words} of the written words in the text, got {share:.2f}."


if __name__ == "__main__":
    main()
