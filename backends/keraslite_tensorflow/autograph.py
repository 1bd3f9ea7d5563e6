"""AutoGraph, which rewrites the Python that a `tf.function` calls: not ours, as it does not rewrite Keras's."""

from __future__ import annotations

try:  # there is no public way to leave a package as it is
    from tensorflow.python.autograph.core import config
except ImportError:
    config = None


def leave_our_code() -> None:
    """Otherwise each op prints that AutoGraph can't find its source."""
    if hasattr(config, "CONVERSION_RULES"):
        config.CONVERSION_RULES += tuple(map(config.DoNotConvert, ("keraslite", "keraslite_tensorflow")))
