"""Sequences of different lengths."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from keraslite.check import one_of, positive_int
from keraslite.errors import ArgumentError

__all__ = ["PackedSequences", "pack_sequences", "pad_sequences"]


def pad_sequences(
    sequences: Sequence[Sequence[object] | np.ndarray],
    maxlen: int | None = None,
    dtype: npt.DTypeLike = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float | str = 0.0,
) -> np.ndarray:
    """Return sequences of different lengths as one array `(number, maxlen, ...)`.

    Args:
        sequences: of numbers, or of arrays of one shape.
        maxlen: None is the length of the longest.
        dtype: of the result.
        padding: where short sequences are padded with `value`, "pre" or "post".
        truncating: where long sequences are cut, "pre" or "post".
        value: the number that short sequences are padded with; 0 by default.

    Example:
        >>> from keraslite import utils
        >>> utils.pad_sequences([[1], [2, 3]]).tolist()
        [[0, 1], [2, 3]]
    """
    one_of(padding, ("pre", "post"), "padding", "pad_sequences")
    one_of(truncating, ("pre", "post"), "truncating", "pad_sequences")
    if not hasattr(sequences, "__len__") or any(not hasattr(item, "__len__") for item in sequences):
        raise ArgumentError(f"`pad_sequences` needs a list of sequences. Received {sequences!r:.100}.")
    length = max((len(item) for item in sequences), default=0) if maxlen is None else maxlen
    inner = next((np.asarray(item).shape[1:] for item in sequences if len(item)), ())
    text = dtype is object or np.issubdtype(np.dtype(dtype), np.str_)
    if isinstance(value, str) and not text:
        raise ArgumentError(f"`pad_sequences` needs dtype=object for a `value` that is text. Received dtype={dtype!r}.")
    result = np.full((len(sequences), length, *inner), value, dtype=dtype)
    for row, item in zip(result, sequences, strict=True):
        if not len(item) or not length:
            continue
        kept = np.asarray(item[-length:] if truncating == "pre" else item[:length], dtype=dtype)
        if kept.shape[1:] != inner:
            raise ArgumentError(f"`pad_sequences` needs elements of one shape. Received {inner} and {kept.shape[1:]}.")
        if padding == "pre":
            row[length - len(kept) :] = kept
        else:
            row[: len(kept)] = kept
    return result


class PackedSequences(NamedTuple):
    """Sequences of different lengths, several in a row: what `pack_sequences` returns.

    Args:
        values: array `(rows, maxlen, ...)`.
        segments: int32 array `(rows, maxlen)`: the number of the sequence within its row, from 1; 0 where there is
            none.
        positions: int32 array `(rows, maxlen)`: the index within the sequence; 0 where there is none.
        indices: for each row, the indices of its sequences among those that were given.

    Example:
        >>> from keraslite import utils
        >>> packed = utils.pack_sequences([[5, 6], [7]], maxlen=3)
        >>> packed.values.tolist(), packed.segments.tolist(), packed.indices
        ([[5, 6, 7]], [[1, 1, 2]], [[0, 1]])
    """

    values: np.ndarray
    segments: np.ndarray
    positions: np.ndarray
    indices: list[list[int]]

    def attention_mask(self, causal: bool = False) -> np.ndarray:
        """Return which elements may look at which: those of the same sequence.

        Args:
            causal: whether an element sees no later ones; False by default.

        Returns:
            A bool array `(rows, maxlen, maxlen)`, as the `attention_mask` of attention layers. The second axis is that
            of the elements that look.

        Example:
            >>> from keraslite import utils
            >>> utils.pack_sequences([[5, 6], [7]], maxlen=3).attention_mask()[0].tolist()
            [[True, True, False], [True, True, False], [False, False, True]]
        """
        mask = (self.segments[:, :, None] == self.segments[:, None, :]) & (self.segments > 0)[:, :, None]
        return np.tril(mask) if causal else mask


def pack_sequences(
    sequences: Sequence[Sequence[object] | np.ndarray],
    maxlen: int,
    dtype: npt.DTypeLike = "int32",
    value: float = 0.0,
    split: bool = False,
) -> PackedSequences:
    """Return sequences of different lengths in few rows of one length, so that little is spent on padding.

    A sequence is put into the fullest row that has room for it, the longest sequence first. For a model with attention,
    `attention_mask()` of the result keeps sequences of a row apart, and `segments > 0` is the sample weight.

    Args:
        sequences: of numbers, or of arrays of one shape. Empty ones are left out.
        maxlen: the length of the rows.
        dtype: of the values; "int32" by default.
        value: the number in places without an element; 0 by default.
        split: whether longer sequences than `maxlen` are cut into several; False by default.

    Raises:
        ArgumentError: if a sequence is longer than `maxlen`, unless `split` is True.

    Example:
        >>> from keraslite import utils
        >>> packed = utils.pack_sequences([[1, 2], [3, 4, 5], [6]], maxlen=4)
        >>> packed.values.tolist()
        [[3, 4, 5, 6], [1, 2, 0, 0]]
        >>> packed.segments.tolist()
        [[1, 1, 1, 2], [1, 1, 0, 0]]
        >>> packed.positions.tolist()
        [[0, 1, 2, 0], [0, 1, 0, 0]]
    """
    positive_int(maxlen, "maxlen", "pack_sequences")
    arrays = [np.asarray(item, dtype=dtype) for item in sequences]
    inner = next((array.shape[1:] for array in arrays if array.size), ())
    pieces: list[tuple[int, np.ndarray]] = []
    for index, array in enumerate(arrays):
        if array.ndim == 0 or (array.size and array.shape[1:] != inner):
            raise ArgumentError(
                f"`pack_sequences` needs sequences of elements of one shape. Received {array.shape} at {index}."
            )
        if len(array) > maxlen and not split:
            raise ArgumentError(
                f"`pack_sequences` needs sequences of at most {maxlen} elements. Received {len(array)} at {index}. Set "
                "`split=True` to cut longer ones into several."
            )
        pieces += [(index, array[start : start + maxlen]) for start in range(0, len(array), maxlen)]
    rows = _rows([len(piece) for _, piece in pieces], maxlen)
    values = np.full((len(rows), maxlen, *inner), value, dtype=dtype)
    segments, positions = np.zeros((2, len(rows), maxlen), "int32")
    for row, members in enumerate(rows):
        start = 0
        for segment, member in enumerate(members, 1):
            piece = pieces[member][1]
            place = slice(start, start + len(piece))
            values[row, place], segments[row, place], positions[row, place] = piece, segment, np.arange(len(piece))
            start += len(piece)
    return PackedSequences(values, segments, positions, [[pieces[member][0] for member in members] for members in rows])


def _rows(lengths: list[int], maxlen: int) -> list[list[int]]:
    """Which sequences share a row: best fit, the longest first."""
    rows: list[list[int]] = []
    free: list[tuple[int, int]] = []  # room and number of each row, in order
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        at = bisect_left(free, (lengths[index], -1))
        room, row = free.pop(at) if at < len(free) else (maxlen, len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append(index)
        insort(free, (room - lengths[index], row))
    return rows
