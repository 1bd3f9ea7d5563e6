"""Texts as NumPy arrays of Python's own strings, whatever holds them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from keraslite.backend import dtypes
from keraslite.errors import ArgumentError
from keraslite.layers.on_host import arrays
from keraslite.layers.preprocessing.packed import PART, Packed
from keraslite.layers.preprocessing.types import Nest

__all__ = ["encoded_texts", "is_utf8", "packed_parts", "plain", "text_arrays", "untextlike", "whole"]


def text_arrays(nest: object) -> Nest:
    """`nest` with NumPy arrays for all that can be one, and with arrays of objects for lists of texts.

    Lists become arrays of the strings that they hold: the longest of them does not set the size of all.
    """
    if isinstance(nest, (str, bytes)) or _is_texts(nest):
        return _objects(nest)
    return arrays(nest)


def _is_texts(x: object) -> bool:
    while isinstance(x, (list, tuple)) and x:
        x = x[0]
        if isinstance(x, (str, bytes)):
            return True
    return False


def _objects(nest: Nest) -> np.ndarray:
    try:
        array = np.array(nest, object)
    except ValueError:  # rows of different depth
        array = np.array([], object)
    if array.size == 0 or not {list, tuple}.isdisjoint(map(type, array.flat)):
        raise ArgumentError(f"An array needs rows of one length. Received {nest!r:.80}. Pad them.")
    return array


def is_utf8(encoding: str) -> bool:
    """Whether bytes in an encoding are UTF-8 as they are."""
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "ascii")


def plain(array: np.ndarray, encoding: str = "utf-8") -> list[str]:
    """The texts in an array as Python's strings, in order. Bytes that are no text survive, as surrogates."""
    found = array.reshape(-1).tolist()
    if array.dtype.kind in "UT":
        return found
    return [each.decode(encoding, "surrogateescape") if isinstance(each, bytes) else each for each in found]


def encoded_texts(array: np.ndarray) -> list[bytes] | None:
    """The texts in an array in UTF-8, in order, and numbers as their decimal digits; None if it holds neither."""
    if array.dtype.kind in "iub" or array.dtype.kind == "f":
        return [b"%d" % each for each in array.reshape(-1).astype("int64").tolist()]
    if not dtypes.is_text(array):
        return None
    found = array.reshape(-1).tolist()
    return [each if isinstance(each, bytes) else each.encode("utf-8", "surrogateescape") for each in found]


def packed_parts(array: np.ndarray) -> Iterator[Packed] | None:
    """The texts of an array in UTF-8, in order and in parts, and numbers as their decimal digits; None for neither."""
    if array.dtype.kind == "f":
        array = array.astype("int64")
    if array.dtype.kind not in "iub" and not dtypes.is_text(array):
        return None
    flat = array.reshape(-1)
    parts = (flat[start : start + PART] for start in range(0, len(flat), PART))
    return (_or_else(Packed.of_array(part), part) for part in parts)


def _or_else(packed: Packed | None, part: np.ndarray) -> Packed:
    return Packed.of(encoded_texts(part) or []) if packed is None else packed  # with surrogates


def untextlike(array: np.ndarray) -> str:
    """What an error says of an array that holds something else than texts."""
    if array.dtype.kind != "O":
        advice = "Use an `IntegerLookup` for integers, or make texts of them with `.astype(str)`."
        return f"Received an array of dtype {array.dtype}. {advice}"
    other = next((each for each in array.flat if not isinstance(each, (str, bytes))), None)
    missing = other is None or other != other or type(other).__name__ == "NAType"  # None, NaN, pandas' NA
    advice = ' Replace missing ones by a text, such as "".' if missing else ""
    return f"Received {other!r:.40} among them.{advice}"


def whole(array: np.ndarray, title: str) -> np.ndarray:
    """An array of numbers as int64, an error if one of them is missing."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = array[~np.isfinite(array)].flat[0]
        raise ArgumentError(f"{title} needs integers. Received {bad} among them. Replace missing ones by an integer.")
    return array.astype("int64")
