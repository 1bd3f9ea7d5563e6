"""Tracebacks without the frames of keraslite's and the engine's inside.

Public functions call `shorten` where an error leaves them, so that the way without errors costs nothing.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import TypeVar, cast

from keraslite.backend import registry
from keraslite.errors import KerasliteError

__all__ = ["set_filtering", "shorten", "shortened", "shortens"]

F = TypeVar("F", bound=Callable[..., object])

_filtering = True


def set_filtering(flag: bool) -> None:
    """Leave frames out from now on, or keep all of them."""
    global _filtering
    _filtering = flag


def shorten(error: BaseException, around: int = 0) -> None:
    """Leave the inner frames out of the traceback of an error that is about to leave the calling function.

    What stays: the calling function, everybody else's frames, and, where the error is none that we raise on purpose,
    the place where it was raised. The errors that led to it are shortened in the same way, and of several that come
    from an engine's inside the last one stays. To be called in `except`,
    before a bare `raise`, which adds no entry of its own. `around` is how many functions around the public one have
    caught it: they do not stay.
    """
    if not _filtering:
        return
    for _ in range(around):
        if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
            error.__traceback__ = error.__traceback__.tb_next
    error.__traceback__ = _kept(error, is_entry=True)
    seen = {id(error)}
    later, earlier = error, _before(error)
    while earlier is not None and id(earlier) not in seen:
        seen.add(id(earlier))
        if later is not error and _is_of_the_inside(earlier):
            later.__cause__ = None  # which hides the context, too
            return
        earlier.__traceback__ = _kept(earlier, is_entry=False)
        later, earlier = earlier, _before(earlier)


def _before(error: BaseException) -> BaseException | None:
    """The error that one came of, as Python prints it."""
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _is_of_the_inside(error: BaseException) -> bool:
    entry = error.__traceback__
    while entry is not None and is_inside(entry.tb_frame):
        entry = entry.tb_next
    return entry is None


class shortened:
    """`with shortened():` shortens what leaves the block; for functions where a microsecond is nothing."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            shorten(error)


def shortens(function: F, around: int = 1) -> F:
    """Decorate a function, so that what leaves it is shortened; for functions that call the user's functions."""

    @functools.wraps(function)
    def shortening(*args: object, **kwargs: object) -> object:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            shorten(error, around)
            raise

    return cast("F", shortening)


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
