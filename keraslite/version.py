"""Which keraslite this is."""

from __future__ import annotations

__version__ = "0.1.0"


def version() -> str:
    """keraslite's version."""
    return __version__
