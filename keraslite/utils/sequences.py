"""Sequences of different lengths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from keraslite.check import one_of
from keraslite.errors import ArgumentError

__all__ = ["pad_sequences"]


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
