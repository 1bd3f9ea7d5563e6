"""`Tokenizer`: texts standardized and split into tokens, many at a time.

The texts of a batch are joined into one, with a mark behind each. So each step is one call of Python's own methods of
`bytes`, however many texts there are.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias

import numpy as np

from keraslite.backend import dtypes, registry
from keraslite.errors import ArgumentError
from keraslite.layers.preprocessing.texts import encoded_texts, is_utf8, plain, text_arrays
from keraslite.layers.preprocessing.types import Nest
from keraslite.layers.preprocessing.words import Words

__all__ = ["Split", "SplitLike", "StandardizeLike", "Tokenizer"]

#: What is done to texts before they are split: the name of a way, or a function of an array of texts. None: nothing.
StandardizeLike: TypeAlias = (
    Literal["lower_and_strip_punctuation", "lower", "strip_punctuation"] | Callable[..., Nest] | None
)
#: How texts are split: the name of a way, or a function from texts to rows of tokens. None: each text is a token.
SplitLike: TypeAlias = Literal["whitespace", "character"] | Callable[..., Nest] | None
#: Texts in order, all str or all bytes. One str stands for its characters.
Texts: TypeAlias = Sequence[str | bytes]

_PUNCTUATION = string.punctuation.encode()
_LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
#: What `bytes.translate` needs for each way to standardize.
_STANDARDIZED: dict[str, tuple[bytes | None, bytes]] = {
    "lower": (_LOWER, b""),
    "strip_punctuation": (None, _PUNCTUATION),
    "lower_and_strip_punctuation": (_LOWER, _PUNCTUATION),
}
_WHITESPACE = b"\t\n\v\f\r"  # what `bytes.split` divides at, beside the space
_SPACES = bytes.maketrans(_WHITESPACE, b" " * len(_WHITESPACE))


@dataclass
class Split:
    """Tokens of some texts.

    Attributes:
        tokens: the tokens of all texts in order, with the mark after those of each text: a list of bytes in UTF-8 or
            of str, or one str of which each character is a token.
        mark: what no token equals.
    """

    tokens: Texts
    mark: bytes | str

    def rows(self) -> Sequence[Texts]:
        """The tokens of each text."""
        if isinstance(self.tokens, str):
            return list(map(list, self.tokens.split(str(self.mark))[:-1]))
        tokens, rows, start = self.tokens, [], 0
        for end in (i for i, token in enumerate(tokens) if token == self.mark):
            rows.append(tokens[start:end])
            start = end + 1
        return rows


class Tokenizer:
    """Standardizes texts and splits them into tokens.

    Only ASCII letters become lower case, and only ASCII whitespace divides, as in Keras.

    Args:
        standardize: see `StandardizeLike`.
        split: see `SplitLike`.
        ngrams: the lengths of the runs of tokens that are returned, each joined by a space. None: the tokens.
        encoding: the encoding of texts that come as bytes.
    """

    def __init__(
        self, standardize: StandardizeLike, split: SplitLike, ngrams: Sequence[int] | None, encoding: str
    ) -> None:
        self._standardize, self._split, self._encoding = standardize, split, encoding
        self.ngrams = ngrams

    def __call__(self, array: np.ndarray, taken: Callable[[bytes | str], bool]) -> Split:
        """The tokens of texts in an array.

        Args:
            array: the texts, shape `(count,)`; without splitting rows of tokens, `(count, tokens)`, may be given.
            taken: whether something is a token of the vocabulary, so that it cannot be the mark.
        """
        if callable(self._standardize):
            given = np.array(plain(array, self._encoding)).reshape(array.shape)
            array = _texts_of(self._standardize(given), array.shape)
        found = self._by_function(array) if callable(self._split) else self._joined(array, taken)
        return found if self.ngrams is None else _marked(_grams(found.rows(), self.ngrams), found.mark)

    def words(self, array: np.ndarray) -> Words | None:
        """The words of texts in an array, without n-grams, where NumPy reads them. None if it cannot."""
        if self._split != "whitespace" or callable(self._standardize) or not array.size:
            return None
        texts = self._encoded(array)
        joined = _join(texts, b"\0")
        if joined.count(0) != len(texts):
            return None  # a text has the mark in it
        return Words.of(self._folded(joined))

    def _folded(self, joined: bytes) -> bytes:
        """Texts standardized, with spaces in place of other whitespace."""
        table, left_out = _STANDARDIZED[self._standardize] if isinstance(self._standardize, str) else (None, b"")
        return joined.translate(_SPACES if table is None else table.translate(_SPACES), left_out)

    def _joined(self, array: np.ndarray, taken: Callable[[bytes | str], bool]) -> Split:
        joined, mark = self._standardized(array, b" " if self._split == "whitespace" else b"", taken)
        if self._split == "whitespace":
            return Split(joined.split(), mark)
        if self._split == "character":
            return self._characters(joined, mark)
        return self._whole(joined, mark, array.shape)

    def _standardized(
        self, array: np.ndarray, space: bytes, taken: Callable[[bytes | str], bool]
    ) -> tuple[bytes, bytes]:
        """The texts in one, standardized, and the mark that is behind each with spaces around it."""
        texts, mark = self._encoded(array), b"\0"
        joined = _join(texts, space + mark + space)
        while joined.count(mark) != len(texts) or taken(mark) or taken(mark.decode()):
            mark += b"\1"  # a text has the mark in it
            joined = _join(texts, space + mark + space)
        if isinstance(self._standardize, str):
            joined = joined.translate(*_STANDARDIZED[self._standardize])
        return joined, mark

    def _encoded(self, array: np.ndarray) -> list[bytes] | list[str]:
        """The texts of an array: all str, or all bytes in UTF-8."""
        if array.dtype.kind in "UT" or not is_utf8(self._encoding):
            return plain(array, self._encoding)
        found = array.reshape(-1).tolist()
        return found if set(map(type, found)) <= {str} else encoded_texts(array) or []

    @staticmethod
    def _characters(joined: bytes, mark: bytes) -> Split:
        text = joined.decode("utf-8", "surrogateescape")
        if len(mark) == 1:
            return Split(text, mark.decode())
        return _marked([list(part) for part in text.split(mark.decode())[:-1]], mark.decode())

    @staticmethod
    def _whole(joined: bytes, mark: bytes, shape: tuple[int, ...]) -> Split:
        texts = joined.split(mark)[:-1]
        width = shape[1] if len(shape) > 1 else 1
        return _marked([texts[i : i + width] for i in range(0, len(texts), width)], mark)

    def _by_function(self, array: np.ndarray) -> Split:
        split = self._split
        assert callable(split)
        joined, end = self._standardized(array, b"", lambda _: False)
        texts = [text.decode("utf-8", "surrogateescape") for text in joined.split(end)[:-1]]
        found = split(np.array(texts, str))
        rows = [list(map(_as_bytes, row)) for row in _rows_of(found)]
        if len(rows) != array.size:
            raise ArgumentError(
                f"`split` needs to return the tokens of each text. Received {len(rows)} rows for {array.size} texts."
            )
        mark = b"\0"
        while any(mark in row for row in rows):
            mark += b"\1"
        return _marked(rows, mark)


def _join(texts: list[bytes] | list[str], mark: bytes) -> bytes:
    """The texts in one, with the mark behind each."""
    if not texts:
        return b""
    if isinstance(texts[0], bytes):
        return mark.join(texts) + mark  # type: ignore[arg-type]
    return (mark.decode().join(texts) + mark.decode()).encode("utf-8", "surrogateescape")  # type: ignore[arg-type]


def _marked(rows: Iterable[Texts], mark: bytes | str) -> Split:
    return Split(list(chain.from_iterable((*row, mark) for row in rows)), mark)


def _grams(rows: Iterable[Texts], sizes: Sequence[int]) -> Iterable[Texts]:
    for row in rows:
        if row:
            join = (" " if isinstance(row[0], str) else b" ").join
            yield [gram for size in sizes for gram in map(join, zip(*(row[i:] for i in range(size)), strict=False))]
        else:
            yield row


def _texts_of(found: Nest, shape: tuple[int, ...]) -> np.ndarray:
    """What a user's function returned, as an array of texts."""
    array = text_arrays(found)
    if not isinstance(array, np.ndarray) or not dtypes.is_text(array) or array.size != np.prod(shape):
        shown = array.shape if isinstance(array, np.ndarray) else type(found).__name__
        raise ArgumentError(f"`standardize` needs to return texts, as many as it receives ({shape}). Received {shown}.")
    return array.reshape(shape)


def _rows_of(found: Nest) -> Nest:
    """The rows of tokens in what a user's function returned: lists, an array, or a ragged tensor."""
    if registry.engine_of(found) is not None:
        return text_arrays(found)
    return found.to_list() if hasattr(found, "to_list") else found


def _as_bytes(token: bytes | str) -> bytes:
    return token if isinstance(token, bytes) else str(token).encode("utf-8", "surrogateescape")
