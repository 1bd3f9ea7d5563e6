"""`Words`: the words of some texts, where NumPy can read all of them at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keraslite.layers.preprocessing.packed import Packed

__all__ = ["Words"]


@dataclass
class Words:
    """The words of some texts.

    Attributes:
        packed: the words of all texts in order, none of them empty.
        lengths: the number of words of each text.
    """

    packed: Packed
    lengths: np.ndarray

    @classmethod
    def of(cls, joined: bytes) -> Words:
        """The words in texts of which a byte of zero ends each, and that spaces divide."""
        buffer = np.frombuffer(joined + bytes(8), np.uint8)
        ends = np.flatnonzero((buffer[:-8] == ord(" ")) | (buffer[:-8] == 0))
        starts = np.empty_like(ends)
        starts[:1], starts[1:] = 0, ends[:-1] + 1
        sizes = ends - starts
        is_word = sizes > 0
        so_far = np.cumsum(is_word)[buffer[ends] == 0]
        packed = Packed(buffer, starts[is_word], sizes[is_word], is_plain=True)
        return cls(packed, np.diff(so_far, prepend=0))
