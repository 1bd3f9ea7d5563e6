"""`Vocabulary`: tokens in an order, and the place of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import repeat
from typing import TypeAlias

import numpy as np

__all__ = ["Token", "Vocabulary", "from_text", "most_frequent", "to_text"]

Token: TypeAlias = str | int


class Vocabulary:
    """Tokens and their places. It does not change, so a copy is the same object.

    Args:
        tokens: the tokens in order, each once.
    """

    __slots__ = ("places", "tokens")

    def __init__(self, tokens: Iterable[Token] = ()):
        self.tokens = tuple(tokens)
        self.places = {token: place for place, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def __deepcopy__(self, memo: dict[int, object]) -> Vocabulary:
        return self

    def repeated(self) -> list[Token]:
        """Tokens that stand there more than once."""
        if len(self.places) == len(self.tokens):
            return []
        return [token for token, count in Counter(self.tokens).items() if count > 1]

    def find(self, tokens: list[Token]) -> np.ndarray:
        """The place of each token, -1 for one that is not there."""
        return np.fromiter(map(self.places.get, tokens, repeat(-1)), np.int64, len(tokens))


def most_frequent(counts: Counter[Token], most: int | None) -> list[Token]:
    """The tokens by their counts, the most frequent first; of equal ones the one that sorts last, as in Keras."""
    return sorted(counts, key=lambda token: (counts[token], token), reverse=True)[:most]


def to_text(tokens: Iterable[Token]) -> str:
    """The content of a vocabulary's file: one token per line."""
    return "\n".join(map(str, tokens))


def from_text(text: str) -> list[str]:
    """The tokens in a vocabulary's file. A newline at its end belongs to the last token."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines
