"""Tracebacks without the frames of keraslite's and the engine's inside.

Public functions call `shorten` where an error leaves them, so that the way without errors costs nothing.
"""

from __future__ import annotations

import sys
from types import FrameType, TracebackType

from keraslite.backend import registry
from keraslite.errors import KerasliteError

__all__ = ["set_filtering", "shorten", "shortened"]

_filtering = True


def set_filtering(flag: bool) -> None:
    """Leave frames out from now on, or keep all of them."""
    global _filtering
    _filtering = flag


def shorten(error: BaseException) -> None:
    """Leave the inner frames out of the traceback of an error that is about to leave the calling function.

    What stays: the calling function, everybody else's frames, and, where the error is none that we raise on purpose,
    the place where it was raised. The errors that led to it are shortened in the same way. To be called in `except`,
    before a bare `raise`, which adds no entry of its own.
    """
    if not _filtering:
        return
    error.__traceback__ = _kept(error, is_entry=True)
    seen = {id(error)}
    earlier = error.__cause__ or error.__context__
    while earlier is not None and id(earlier) not in seen:
        seen.add(id(earlier))
        earlier.__traceback__ = _kept(earlier, is_entry=False)
        earlier = earlier.__cause__ or earlier.__context__


class shortened:
    """`with shortened():` shortens what leaves the block; for functions where a microsecond is nothing."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            shorten(error)


def _kept(error: BaseException, is_entry: bool) -> TracebackType | None:
    entries = []
    entry = error.__traceback__
    while entry is not None:
        entries.append(entry)
        entry = entry.tb_next
    while len(entries) > 1 and entries[-1].tb_frame.f_code.co_name == "__getattribute__":
        del entries[-1]  # a missing attribute is the fault of the line that asks for it
    last = len(entries) - 1
    raised_inside = not isinstance(error, KerasliteError)
    result = None
    for i in range(last, -1, -1):
        entry = entries[i]
        generated = entry.tb_frame.f_code.co_filename.startswith("<")  # has no lines to show
        own = (i == 0 and is_entry and not generated) or (i == last and raised_inside)
        if own or not is_inside(entry.tb_frame):
            result = TracebackType(result, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return result


def is_inside(frame: FrameType) -> bool:
    """Whether a frame is one of ours, of an engine, of a library of tensors or of Python's own library."""
    root = frame.f_globals.get("__name__", "").partition(".")[0]
    return root.startswith("keraslite") or root in registry.LIBRARIES or root in sys.stdlib_module_names
