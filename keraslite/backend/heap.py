"""The C library's heap, which tensors on a CPU lie in if their engine has no memory of its own.

By default glibc returns the top of the heap to the system whenever so much is free there, and fetches it again, page by
page, at the next step: with tensors of some megabytes up to half of a step's time, or nothing, as chance has put a
small block on top or not.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # parameters of glibc's mallopt
_KEPT = 512 << 20  # bytes that stay free on top of the heap
_OF_ITS_OWN = 32 << 20  # bytes from which on a block lies outside of the heap: the most that glibc allows
_SETTINGS = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "GLIBC_TUNABLES")


@cache
def keep_freed_memory() -> None:
    """From now on keep what a step frees for the next one; not where the environment says how the heap is to behave."""
    if not sys.platform.startswith("linux") or any(name in os.environ for name in _SETTINGS):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _KEPT)
        mallopt(_MMAP_THRESHOLD, _OF_ITS_OWN)
