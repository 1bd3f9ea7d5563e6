"""Which keraslite this is."""

from __future__ import annotations

__version__ = "0.1.0"
#: The release of Keras whose API keraslite follows.
keras_version = "3.15.1"


def version() -> str:
    """Return the version of keraslite.

    Example:
        >>> import keraslite as keras
        >>> keras.version() == keras.__version__
        True
    """
    return __version__
