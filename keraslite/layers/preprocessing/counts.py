"""`Counts`: how often tokens occur, and in how many documents."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from keraslite.layers.preprocessing.types import Nest, Tokens

__all__ = ["Counts"]


class Counts:
    """What a layer that learns a vocabulary has seen.

    Attributes:
        tokens: how often each token occurred.
        documents: in how many documents each token occurred; only counted where documents are given.
        num_documents: the number of documents.
    """

    def __init__(self) -> None:
        self.tokens: Counter[Nest] = Counter()
        self.documents: Counter[Nest] = Counter()
        self.num_documents = 0

    def add(self, tokens: Iterable[Nest], documents: Iterable[Sequence[Nest]] | None = None) -> None:
        """Count tokens, and the documents that they stand in."""
        self.tokens.update(tokens)
        for document in documents or ():
            self.num_documents += 1
            self.documents.update(set(document))

    def add_counted(self, tokens: Mapping[str, int], documents: Mapping[str, int], num_documents: int) -> None:
        """Add counts of tokens, and of the documents that they stand in."""
        self.tokens.update(tokens)
        self.documents.update(documents)
        self.num_documents += num_documents

    def most_frequent(self, most: int | None, without: Iterable[object] = ()) -> Tokens:
        """The tokens by their counts, the most frequent first; of equal ones the one that sorts last, as in Keras.

        Args:
            most: how many of them. None: all.
            without: tokens that are left out.
        """
        counts, left_out = self.tokens, set(without)
        kept = [token for token in counts if token not in left_out]
        return sorted(kept, key=lambda token: (counts[token], token), reverse=True)[:most]

    def weights(self, tokens: Iterable[Nest]) -> np.ndarray:
        """The inverse document frequency of tokens, as Keras defines it: `log(1 + documents / (1 + with the token))`.

        Returns:
            float32, one per token.
        """
        found = [math.log(1 + self.num_documents / (1 + self.documents[token])) for token in tokens]
        return np.asarray(found, "float32")
