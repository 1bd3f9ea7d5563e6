"""AutoGraph, which rewrites the Python that a `tf.function` calls: not ours, as it does not rewrite Keras's."""

from __future__ import annotations

from . import private


def leave_our_code() -> None:
    """Otherwise each op prints that AutoGraph can't find its source."""
    private.leave_as_they_are("keraslite", "keraslite_tensorflow")
