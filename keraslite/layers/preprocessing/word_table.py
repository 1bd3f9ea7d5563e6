"""`WordTable`: the places of many words at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keraslite.layers.preprocessing.packed import Packed

__all__ = ["Slots", "WordTable"]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_LOWER = [(1 << 8 * size) - 1 for size in range(9)]
_MASKS = np.array(_LOWER, np.uint64)  # of the bytes that a word has, by their number
_FEW = 1 << 16
_MOST = 8  # words of eight bytes: longer texts are looked up one by one


class Slots:
    """A table from rows of words of 64 bits to numbers: open addressing, for all rows at once.

    Args:
        keys: one array per word of the rows, uint64. Rows differ.
        values: a number per row, from 0 to 2**31 - 1.
    """

    def __init__(self, keys: Sequence[np.ndarray], values: np.ndarray):
        spare = 4 if len(values) <= _FEW else 2  # a search takes more steps the fuller the table is
        bits = max(spare * len(values), 2).bit_length()
        self._shift, self._mask = np.uint64(64 - bits), (1 << bits) - 1
        row = self._placed(keys, len(values))
        taken = np.flatnonzero(row >= 0)
        self._values = np.full(row.shape, -1, np.int32)
        self._values[taken] = values[row[taken]]
        self._keys = [np.zeros(row.shape, np.uint64) for _ in keys]
        for mine, given in zip(self._keys, keys, strict=True):
            mine[taken] = given[row[taken]]

    def _placed(self, keys: Sequence[np.ndarray], count: int) -> np.ndarray:
        """The row in each slot, -1 in empty ones."""
        slots, left = np.full(self._mask + 1, -1, np.int64), np.arange(count)
        at, step = self._at(keys), 0
        while left.size:
            free = slots[at] < 0
            slots[at[free]] = left[free]  # of several rows for one slot, the last gets it
            out = slots[at] != left
            step += 1
            left, at = left[out], (at[out] + step) & self._mask
        return slots

    def _at(self, keys: Sequence[np.ndarray]) -> np.ndarray:
        mixed = keys[0]
        for key in keys[1:]:
            mixed = (mixed * _FACTOR) ^ key
        mixed = mixed ^ (mixed >> np.uint64(31))
        return ((mixed * _FACTOR) >> self._shift).view(np.int64)

    def find(self, keys: Sequence[np.ndarray]) -> np.ndarray:
        """The number of each row, -1 for one that is not there."""
        at = self._at(keys)
        result = self._values.take(at)
        other = np.flatnonzero(self._differs(keys, at))  # rows that are not where they belong
        at, found, step = at[other], result[other], 0
        while other.size:
            left = found >= 0  # the others met an empty slot
            result[other] = -1
            other, at, step = other[left], at[left], step + 1
            at = (at + step) & self._mask
            found = self._values.take(at)
            differs = self._differs([key[other] for key in keys], at)
            result[other] = found
            other, at, found = other[differs], at[differs], found[differs]
        return result

    def _differs(self, keys: Sequence[np.ndarray], at: np.ndarray) -> np.ndarray:
        other = self._keys[0].take(at) != keys[0]
        for mine, given in zip(self._keys[1:], keys[1:], strict=True):
            other |= mine.take(at) != given
        return other


class WordTable:
    """Looks words up by their bytes, eight at a time.

    Args:
        words: the place of each word in UTF-8.
    """

    def __init__(self, words: dict[bytes, int]):
        self._words = words
        packed = Packed.of([word for word in words if b"\0" not in word])
        places = np.fromiter((place for word, place in words.items() if b"\0" not in word), np.int64, len(packed))
        self._slots: dict[int, Slots] = {}
        for count, where in _by_count(packed):
            if 0 < count <= _MOST:
                self._slots[count] = Slots(_keys(packed, where, count), places[where])

    def find(self, packed: Packed) -> np.ndarray:
        """The place of each text, -1 for one that is not there."""
        if not packed.is_plain:
            return self._one_by_one(packed, None)
        result = np.empty(len(packed), np.int64)
        for count, where in _by_count(packed):
            if count == 0:
                result[where] = self._words.get(b"", -1)
            elif count > _MOST:
                result[where] = self._one_by_one(packed, where)
            else:
                slots = self._slots.get(count)
                result[where] = -1 if slots is None else slots.find(_keys(packed, where, count))
        return result

    def _one_by_one(self, packed: Packed, which: np.ndarray | None) -> np.ndarray:
        texts = packed.texts(which)
        return np.fromiter((self._words.get(text, -1) for text in texts), np.int64, len(texts))


def _by_count(packed: Packed) -> list[tuple[int, np.ndarray]]:
    """The numbers of words of eight bytes, up to one more than `_MOST`, and the texts that have so many."""
    counts = np.minimum((packed.sizes + 7) >> 3, _MOST + 1).astype(np.uint8)
    there = np.flatnonzero(np.bincount(counts, minlength=1)).tolist()
    return [(count, np.flatnonzero(counts == count)) for count in there]


def _keys(packed: Packed, which: np.ndarray, count: int) -> list[np.ndarray]:
    """The words of texts that have `count` of them, zeros behind their ends."""
    starts = packed.starts[which]
    keys = [packed.word(starts + 8 * i if i else starts) for i in range(count)]
    keys[-1] = keys[-1] & _MASKS[packed.sizes[which] - 8 * (count - 1)]
    return keys
