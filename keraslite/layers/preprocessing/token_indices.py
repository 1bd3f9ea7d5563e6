"""The tokens of texts, looked up in a vocabulary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias, cast

import numpy as np

from keraslite.layers.preprocessing.tokenizing import Split, Tokenizer
from keraslite.layers.preprocessing.vocabulary import Vocabulary

__all__ = ["splits", "token_indices"]

#: Texts that are worked on at a time.
_ROWS = 1 << 16
#: The same where NumPy looks words up: what it computes then stays in the cache. A text has some such words.
_FEW, _WORDS = 1 << 11, 8
#: The index of each token, one after another, and the number of tokens of each text.
_Indices: TypeAlias = tuple[np.ndarray, np.ndarray]


def splits(tokenizer: Tokenizer, known: Vocabulary, texts: np.ndarray) -> Iterator[Split]:
    """The tokens of texts, part by part."""
    for start in range(0, len(texts), _ROWS):
        yield tokenizer(texts[start : start + _ROWS], known.has)


def token_indices(tokenizer: Tokenizer, known: Vocabulary, front: int, texts: np.ndarray) -> _Indices:
    """The index of each token in texts, one after another, and the number of tokens of each text.

    Args:
        tokenizer: splits texts.
        known: the tokens that have an index of their own.
        front: the number of indices before theirs. The last of these is for unknown tokens, the one before it for
            empty ones.
        texts: `(texts,)`, or `(texts, tokens)`.
    """
    found = list(_found(tokenizer, known, front, texts))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    indices, lengths = zip(*found, strict=True)
    return np.concatenate(indices), np.concatenate(lengths)


def _found(tokenizer: Tokenizer, known: Vocabulary, front: int, texts: np.ndarray) -> Iterator[_Indices]:
    if not known.is_worth(len(texts) * _WORDS):
        for split in splits(tokenizer, known, texts):
            yield _of_split(split, known, front)
        return
    for start in range(0, len(texts), _FEW):
        part = texts[start : start + _FEW]
        words = tokenizer.words(part)
        if words is None:
            yield _of_split(tokenizer(part, known.has), known, front)
            continue
        if tokenizer.ngrams is None:
            places, lengths = known.table.find(words.packed), words.lengths
        else:
            places, lengths = known.runs.find(words.packed, words.lengths, tokenizer.ngrams)
        yield np.where(places < 0, front - 1, places + front), lengths


def _of_split(found: Split, known: Vocabulary, front: int) -> _Indices:
    if isinstance(found.tokens, str):
        places = known.find_characters(found.tokens)
    elif isinstance(found.mark, str):
        places = known.find(found.tokens)
    else:
        places = known.find_encoded(cast("Sequence[bytes]", found.tokens))
    unknown = np.flatnonzero(places < 0)
    others = [found.tokens[i] for i in unknown.tolist()]
    is_mark = np.fromiter(map(found.mark.__eq__, others), bool, len(others))
    places += front
    places[unknown] = front - 1
    if not all(others):
        is_empty = np.fromiter((not token for token in others), bool, len(others))
        places[unknown[is_empty]] = front - 2
    marks = unknown[is_mark]
    return np.delete(places, marks), np.diff(marks, prepend=-1) - 1
