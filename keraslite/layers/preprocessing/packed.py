"""`Packed`: many texts in one buffer of bytes, where NumPy can read all of them at once."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

__all__ = ["PART", "Packed"]

#: Texts that are worked on at a time, so that what is computed stays in the cache.
PART = 1 << 15

_SPARE = 8  # bytes behind the last text, so that a word of eight bytes may start anywhere
_MOST_DIGITS = 19  # of an int64
_ASCII = 128


class Packed:
    """Texts in one buffer. Words of eight bytes can be read at any place of it.

    Args:
        buffer: the bytes, with eight more behind the last text.
        starts: where each text begins, int64.
        sizes: how many bytes each text has, int64.
        is_plain: whether it is known that no text has a byte of zero.
    """

    __slots__ = ("_words", "buffer", "is_plain", "sizes", "starts")

    def __init__(self, buffer: bytes | np.ndarray, starts: np.ndarray, sizes: np.ndarray, is_plain: bool) -> None:
        self.buffer = np.frombuffer(buffer, np.uint8)
        self._words = np.ndarray(max(self.buffer.size - 7, 0), "<u8", self.buffer, strides=(1,))
        self.starts, self.sizes, self.is_plain = starts, sizes, is_plain

    def __len__(self) -> int:
        return len(self.sizes)

    def word(self, at: np.ndarray) -> np.ndarray:
        """The eight bytes from each place on, as uint64."""
        return self._words[at].astype(np.uint64, copy=False)

    def byte(self, at: np.ndarray) -> np.ndarray:
        """The byte at each place, as uint64."""
        return self.buffer[at].astype(np.uint64)

    def texts(self, which: np.ndarray | None = None) -> list[bytes]:
        """The texts, or those with some numbers."""
        starts, sizes = (self.starts, self.sizes) if which is None else (self.starts[which], self.sizes[which])
        whole = self.buffer.tobytes()
        return [whole[start:end] for start, end in zip(starts.tolist(), (starts + sizes).tolist(), strict=True)]

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> Packed:
        """Any bytes."""
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        return cls(b"".join([*texts, bytes(_SPARE)]), np.cumsum(sizes) - sizes, sizes, is_plain=False)

    @classmethod
    def of_array(cls, array: np.ndarray) -> Packed | None:
        """The elements of a flat array in UTF-8. None if one of them is no text, or has no UTF-8.

        Args:
            array: texts or bytes of any dtype, or integers, which stand for their decimal digits.
        """
        kind = array.dtype.kind
        if kind in "iub":
            return _of_integers(array.astype(np.int64, copy=False))
        if kind in "US":
            found = _of_width(array, array.dtype.itemsize // (4 if kind == "U" else 1))
            if found is not None:
                return found
        return _of_list(array.tolist())


def _of_width(array: np.ndarray, width: int) -> Packed | None:
    """Bytes or ASCII of one width. None if there are other characters."""
    size = len(array) * width
    if array.dtype.kind == "U":
        codes = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="), copy=False)).view(np.uint32)
        if codes.max(initial=0) >= _ASCII:
            return None
    else:
        codes = np.ascontiguousarray(array).view(np.uint8)
    buffer = np.empty(size + _SPARE, np.uint8)
    buffer[:size] = codes
    buffer[size:] = 0
    sizes = np.strings.str_len(array).astype(np.int64, copy=False)
    is_plain = np.count_nonzero(buffer) == int(sizes.sum())
    return Packed(buffer, np.arange(0, size, width) if width else np.zeros(len(array), np.int64), sizes, is_plain)


def _of_list(texts: list[object]) -> Packed | None:
    """Texts in UTF-8. One call joins them, and a byte of zero ends each. None if something else is among them."""
    try:
        joined = _joined(texts)
        ends = [] if joined is None else np.flatnonzero(np.frombuffer(joined, np.uint8) == 0)[: 1 - _SPARE]
        if joined is not None and len(ends) == len(texts):
            sizes = np.diff(ends, prepend=-1) - 1
            return Packed(joined, ends - sizes, sizes, is_plain=True)
        if not all(issubclass(kind, (str, bytes)) for kind in set(map(type, texts))):
            return None
        return Packed.of([text if isinstance(text, bytes) else str(text).encode() for text in texts])
    except UnicodeEncodeError:  # surrogates
        return None


def _joined(texts: list[object]) -> bytes | None:
    """Texts that are all str or all bytes in one, with a byte of zero behind each, and some more behind the last."""
    is_bytes = bool(texts) and isinstance(texts[0], bytes)
    try:
        if is_bytes:
            return b"\0".join([*texts, bytes(_SPARE - 1)])  # type: ignore[list-item]
        return "\0".join([*texts, "\0" * (_SPARE - 1)]).encode()  # type: ignore[list-item]
    except TypeError:
        return None


def _of_integers(values: np.ndarray) -> Packed:
    """The decimal digits of int64, each at the end of its row."""
    width, left = _MOST_DIGITS + 1, np.abs(values).view(np.uint64)  # of the lowest one, too
    most = int(left.max(initial=0))
    if most < 1 << 32:
        left = left.astype(np.uint32)  # is divided sooner
    digits = np.ones(len(values), np.uint8)
    for power in range(1, len(str(most))):
        digits += left >= left.dtype.type(10**power)
    rows = np.zeros(len(values) * width + _SPARE, np.uint8)
    columns = rows[: len(values) * width].view("<u4").reshape(len(values), width // 4).T
    for column in columns[::-1][: (len(str(most)) + 3) // 4]:
        rest = left // 10_000
        column[:] = _four_digits().take(left - rest * 10_000, mode="clip")
        left = rest
    sizes = digits.astype(np.int64)
    negative = np.flatnonzero(values < 0)
    sizes[negative] += 1
    starts = np.arange(width, (len(values) + 1) * width, width) - sizes
    rows[starts[negative]] = ord("-")
    return Packed(rows, starts, sizes, is_plain=True)


@functools.cache
def _four_digits() -> np.ndarray:
    """The four digits of each number below 10,000, as bytes of a word."""
    digits = np.arange(10_000)[:, None] // (1000, 100, 10, 1) % 10 + ord("0")
    return digits.astype(np.uint8).view("<u4").ravel()
