"""`WordTable`: the places of many words at once, for NumPy's arrays of texts of one width."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["WordTable"]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MANY = 1 << 18  # words that are looked up at a time


class WordTable:
    """Looks words up by a hash of their characters, and compares them with the word that has it.

    Args:
        words: the words in order, each once.
        width: the number of characters of the arrays that are looked up.

    Attributes:
        is_usable: whether the hashes of the words differ, and none ends as NumPy's padding does.
    """

    def __init__(self, words: Sequence[str], width: int):
        fitting = [place for place, word in enumerate(words) if len(word) <= width]
        kept = [words[place] for place in fitting]
        self._codes = _codes(np.array(kept, f"<U{width}"), width)
        hashes = _hashes(self._codes)
        order = np.argsort(hashes)
        self._hashes, self._codes = hashes[order], self._codes[order]
        self._places = np.asarray(fitting, np.int64)[order]
        distinct = bool((self._hashes[1:] != self._hashes[:-1]).all())
        self.is_usable = bool(kept) and distinct and not any(word.endswith("\0") for word in kept)

    def find(self, words: np.ndarray) -> np.ndarray:
        """The place of each word of a flat array, -1 for one that is not there."""
        result = np.empty(len(words), np.int64)
        width = self._codes.shape[1]
        for start in range(0, len(words), _MANY):
            codes = _codes(words[start : start + _MANY], width)
            at = np.minimum(np.searchsorted(self._hashes, _hashes(codes)), len(self._hashes) - 1)
            same = (self._codes[at] == codes).all(axis=1)
            result[start : start + _MANY] = np.where(same, self._places[at], -1)
        return result


def _codes(words: np.ndarray, width: int) -> np.ndarray:
    """The characters of words, shape `(words, width)`."""
    return np.ascontiguousarray(words.astype(f"<U{width}", copy=False)).view("<u4").reshape(len(words), width)


def _hashes(codes: np.ndarray) -> np.ndarray:
    result = np.zeros(len(codes), np.uint64)
    for column in codes.T:
        result = (result ^ column) * _FACTOR
        result ^= result >> np.uint64(29)
    return result
