"""What Keras keeps of Keras 2."""

from __future__ import annotations

from keraslite.legacy import saving as saving

__all__ = ["saving"]
