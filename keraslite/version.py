"""Which keraslite this is."""

from __future__ import annotations

__version__ = "0.1.0"
#: The release of Keras whose API keraslite follows.
keras_version = "3.15.1"


def version() -> str:
    """keraslite's version."""
    return __version__
