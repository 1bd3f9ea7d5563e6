"""Ctrl-C while TensorFlow builds a graph.

Some of its functions written in C go on after a `KeyboardInterrupt`, and end with a `SystemError` about themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Raise a `KeyboardInterrupt` where one was raised within and became a `SystemError`."""
    try:
        yield
    except SystemError as error:
        if _follows_an_interrupt(error):
            raise KeyboardInterrupt from error
        raise


def _follows_an_interrupt(error: BaseException) -> bool:
    earlier = (error.__cause__, error.__context__)
    return any(isinstance(x, KeyboardInterrupt) or (x is not None and _follows_an_interrupt(x)) for x in earlier)
