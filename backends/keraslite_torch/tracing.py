"""Whether PyTorch traces or transforms what runs now, and how to get out of that."""

from __future__ import annotations

import contextvars
import functools
import threading
from collections.abc import Callable
from typing import Any

from . import private
from .private import is_batched
from .replay import Recorder, is_recording, not_recording


def is_tracing() -> bool:
    """Whether a transform of `torch.func` or a tracing mode is active."""
    mode = private.dispatch_mode()
    return private.interpreter() is not None or not (mode is None or isinstance(mode, Recorder))


def outside(fn: Callable[..., Any], *args: Any) -> Any:
    """`fn(*args)` outside of all modes and transforms, which belong to a thread: in another one, if there are any."""
    return in_a_thread(fn, *args) if is_recording() or is_tracing() else fn(*args)


def in_a_thread(fn: Callable[..., Any], *args: Any) -> Any:
    """`fn(*args)` in a new thread: with the modes that PyTorch starts with, and outside of all transforms."""
    results: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            with private.transforming(None), not_recording():
                results.append(fn(*args))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name="keraslite-outside")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


#: Of kernels whose operators are tried on small numbers before they are used.
tried = functools.partial(private.names.tried, apart=in_a_thread)
