"""Texts as lists of word indices: what imdb and reuters share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keraslite.errors import ArgumentError, CorruptFileError, DataError

__all__ = ["WordOptions", "encode_words", "read_word_index"]


class WordOptions(NamedTuple):
    """The arguments of `load_data` that say which words stay, as imdb and reuters have them."""

    num_words: int | None
    skip_top: int
    maxlen: int | None
    start_char: int | None
    oov_char: int | None
    index_from: int | None


def encode_words(
    texts: Iterable[Sequence[int]], labels: np.ndarray, options: WordOptions
) -> tuple[np.ndarray, np.ndarray]:
    """Texts with the indices that the options ask for, and the labels of those that stay."""
    shift = options.index_from or 0
    front = [] if options.start_char is None else [options.start_char]
    found = [[*front, *(word + shift for word in text)] for text in texts]
    if options.maxlen is not None:
        kept = [i for i, text in enumerate(found) if len(text) < options.maxlen]
        found, labels = [found[i] for i in kept], labels[kept]
    if not any(found):
        raise DataError(
            f"`load_data` needs `maxlen` above the shortest text. Received {options.maxlen}: no text is left."
        )
    return objects(found), labels


def restrict(parts: Sequence[np.ndarray], options: WordOptions) -> list[np.ndarray]:
    """Texts without the words outside of `[skip_top, num_words)`."""
    most = options.num_words or max(max(text) for part in parts for text in part if text)
    low, oov = options.skip_top, options.oov_char
    if oov is None:
        return [objects([[word for word in text if low <= word < most] for text in part]) for part in parts]
    return [objects([[word if low <= word < most else oov for word in text] for text in part]) for part in parts]


def objects(rows: Sequence[Sequence[int]]) -> np.ndarray:
    """An array of lists, one-dimensional also where all lists have the same length."""
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


def read_word_index(path: str) -> dict[str, int]:
    """The words of a file, and the index of each."""
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except ValueError as error:
        raise CorruptFileError(f"{path} needs to be a JSON file. Received: {error}. Remove it.") from error
    if not isinstance(found, dict):
        raise CorruptFileError(f"{path} needs to hold words and indices. Received {type(found).__name__}. Remove it.")
    return found


def num_words_of(num_words: int | None, older: dict[str, int]) -> int | None:
    """The argument `num_words`, which older releases of Keras call `nb_words`."""
    others = older.keys() - {"nb_words"}
    if others:
        raise ArgumentError(f"`load_data` needs known arguments. Received {sorted(others)}.")
    return older.get("nb_words", num_words)
