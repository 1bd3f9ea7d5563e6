"""Finds the user's own line from which an op was called, and its text."""

from __future__ import annotations

import ast
import linecache
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType

from keraslite.backend import registry

_nowhere: ContextVar[bool] = ContextVar("keraslite_nowhere", default=False)


def user_frame() -> FrameType | None:
    """The innermost running frame that is neither ours nor of a library of tensors."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_internal(frame):
        frame = frame.f_back
    return frame


def _is_internal(frame: FrameType) -> bool:
    root = frame.f_globals.get("__name__", "").partition(".")[0]
    return root.startswith("keraslite") or root in registry.LIBRARIES or frame.f_code.co_filename.startswith("<op ")


@contextmanager
def nowhere() -> Iterator[None]:
    """Within it `at` gives "": the call is eager, its traceback has the line."""
    token = _nowhere.set(True)
    try:
        yield
    finally:
        _nowhere.reset(token)


def at() -> str:
    """Where the user's line stands and what it says: " At model.py:12: `y = ops.reshape(x, (3, 5))`."; "" without."""
    frame = None if _nowhere.get() else user_frame()
    if frame is None:
        return ""
    name = frame.f_code.co_filename
    near = os.path.relpath(name) if os.path.isabs(name) else name
    line = linecache.getline(name, frame.f_lineno, frame.f_globals).strip()
    where = f"{near if len(near) < len(name) else name}:{frame.f_lineno}"
    return f" At {where}: `{line}`." if line else f" At {where}."


def called() -> tuple[str, str]:
    """The name of the function that the user's line is calling, and the call's source: `("exp", "jnp.exp(x)")`.

    Both are "" where the source cannot be had.
    """
    frame = user_frame()
    if frame is None:
        return "", ""
    positions = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    first, last, start, stop = positions
    if first is None or last is None or start is None or stop is None:
        return "", ""
    name = frame.f_code.co_filename
    lines = [linecache.getline(name, n, frame.f_globals).encode() for n in range(first, last + 1)]
    lines[-1] = lines[-1][:stop]
    lines[0] = lines[0][start:]
    source = b"".join(lines).decode(errors="replace")
    try:
        call = ast.parse(source, mode="eval").body
    except SyntaxError:
        return "", ""
    if not isinstance(call, ast.Call):
        return "", ""
    function = call.func
    found = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return found, " ".join(source.split())
