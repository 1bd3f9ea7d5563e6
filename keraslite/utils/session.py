"""What a program leaves behind."""

from __future__ import annotations

import gc

from keraslite.naming import reset_names


def clear_session(free_memory: bool = True) -> None:
    """Count automatic names ("dense", "dense_1", ...) from the start again.

    Args:
        free_memory: whether to look for garbage too, so that models nobody holds any more leave memory at once.
    """
    reset_names()
    if free_memory:
        gc.collect()
