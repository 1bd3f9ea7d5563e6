"""Older names of functions in `keraslite.utils`, as in `keras.preprocessing`."""

from __future__ import annotations

from keraslite.preprocessing import image, sequence

__all__ = ["image", "sequence"]
