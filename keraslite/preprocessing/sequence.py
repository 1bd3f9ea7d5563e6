"""Sequences of different lengths, as in `keras.preprocessing.sequence`."""

from __future__ import annotations

from keraslite.utils.sequences import pad_sequences

__all__ = ["pad_sequences"]
