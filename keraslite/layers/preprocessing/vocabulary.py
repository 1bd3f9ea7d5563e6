"""`Vocabulary`: tokens in an order, and the place of each; and the files that hold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from pathlib import Path
from typing import TypeAlias

import numpy as np

from keraslite.layers.preprocessing.packed import PART, Packed
from keraslite.layers.preprocessing.runs import Runs
from keraslite.layers.preprocessing.types import Nest
from keraslite.layers.preprocessing.word_table import WordTable

__all__ = ["Token", "Vocabulary", "fits_file", "from_text", "read_file", "write_file"]

Token: TypeAlias = str | bytes | int
#: Texts in an array from which on NumPy looks them up.
_MANY = 4096


class Vocabulary:
    """Tokens and their places. It does not change, so a copy is the same object.

    Args:
        tokens: the tokens in order, each once.
    """

    __slots__ = ("_asked", "_encoded", "_runs", "_table", "places", "tokens")

    def __init__(self, tokens: Iterable[Token] = ()):
        self.tokens = tuple(tokens)
        self.places = {token: place for place, token in enumerate(self.tokens)}
        self._encoded: dict[bytes, int] | None = None
        self._table: WordTable | None = None
        self._runs: Runs | None = None
        self._asked = 0

    def __len__(self) -> int:
        return len(self.tokens)

    def __deepcopy__(self, memo: dict[int, object]) -> Vocabulary:
        return self

    def repeated(self) -> list[Token]:
        """Tokens that stand there more than once."""
        if len(self.places) == len(self.tokens):
            return []
        return [token for token, count in Counter(self.tokens).items() if count > 1]

    def find(self, tokens: Sequence[Nest]) -> np.ndarray:
        """The place of each token, -1 for one that is not there."""
        return np.fromiter(map(self.places.get, tokens, repeat(-1)), np.int64, len(tokens))

    def find_encoded(self, tokens: Sequence[bytes]) -> np.ndarray:
        """The same for texts in UTF-8."""
        return np.fromiter(map(self.encoded.get, tokens, repeat(-1)), np.int64, len(tokens))

    def find_characters(self, text: str) -> np.ndarray:
        """The same for each character of a text."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        distinct = np.flatnonzero(np.bincount(codes))
        table = np.full(int(distinct.max(initial=0)) + 1, -1, np.int64)
        table[distinct] = self.find(list(map(chr, distinct.tolist())))
        return table[codes]

    def find_texts(self, texts: np.ndarray, plain: Callable[[np.ndarray], Sequence[Nest]]) -> np.ndarray:
        """The same for a flat array of texts, or of bytes in UTF-8, by NumPy.

        Args:
            texts: the array.
            plain: returns the tokens of a part, or raises if it holds no texts.
        """
        result = np.empty(len(texts), np.int64)
        for start in range(0, len(texts), PART):
            part = texts[start : start + PART]
            packed = Packed.of_array(part)
            result[start : start + PART] = self.find(plain(part)) if packed is None else self.table.find(packed)
        return result

    def is_worth(self, count: int) -> bool:
        """Whether so many more tokens are worth the table for NumPy: it takes as long to make as to look all up."""
        self._asked += count
        return count >= _MANY and self._asked >= len(self)

    @property
    def table(self) -> WordTable:
        """What looks tokens up by NumPy."""
        if self._table is None:
            self._table = WordTable(self.encoded)
        return self._table

    @property
    def runs(self) -> Runs:
        """What looks runs of words up by NumPy."""
        if self._runs is None:
            self._runs = Runs(self.encoded)
        return self._runs

    def has(self, token: bytes | str) -> bool:
        """Whether a text is there."""
        return token in (self.encoded if isinstance(token, bytes) else self.places)

    @property
    def encoded(self) -> dict[bytes, int]:
        """The places of texts by their bytes in UTF-8."""
        if self._encoded is None:
            texts = list(map(str, self.tokens))
            try:
                "".join(texts).encode()
                self._encoded = {text.encode(): place for place, text in enumerate(texts)}
            except UnicodeEncodeError:
                found = ((_in_utf8(text), place) for place, text in enumerate(texts))
                self._encoded = {text: place for text, place in found if text is not None}
        return self._encoded


def _in_utf8(text: str) -> bytes | None:
    """A text as the bytes that become it again. None if there are none, because of surrogates."""
    try:
        found = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None
    return found if found.decode("utf-8", "surrogateescape") == text else None


def fits_file(tokens: Sequence[Token]) -> bool:
    """Whether a file with one token per line, as Keras has it, can hold these tokens."""
    texts = [str(token) for token in tokens]
    ends = any("\n" in token or "\r" in token for token in texts)
    return not ends and "" not in texts[1:]


def write_file(path: Path, tokens: Iterable[Token]) -> None:
    """Write one token per line."""
    path.write_bytes("\n".join(map(str, tokens)).encode("utf-8", "surrogateescape"))


def read_file(path: Path) -> list[str]:
    """The tokens in a file with one per line."""
    return from_text(path.read_bytes().decode("utf-8", "surrogateescape"))


def from_text(text: str) -> list[str]:
    """The tokens in a vocabulary's file. A newline at its end belongs to the last token."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines
