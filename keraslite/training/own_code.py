"""Whether a step runs nothing but keraslite's own code: only then may it be replayed without anybody's asking."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from keraslite.backend import registry
from keraslite.backend.changes import is_recording, refuse

__all__ = ["foreign_code", "own_code_only"]

_TRUSTED = frozenset(("keraslite", "numpy", "optree", "ml_dtypes", *sys.stdlib_module_names))


@contextmanager
def own_code_only() -> Iterator[None]:
    """While a call is being recorded, refuse the recording if a function of somebody else runs in it."""
    if not is_recording():
        yield
        return
    with foreign_code() as found:
        yield
    for name in found:
        refuse(f"code of {name} runs in it")


@contextmanager
def foreign_code() -> Iterator[list[str]]:
    """Names the modules whose functions run in the block, but for keraslite's and those of the libraries it stands on.

    A layer, loss or train step of the user may look at anything: the clock, a counter, a file.
    """
    if sys.getprofile() is not None:
        yield ["a profiler"]
        return
    engine = registry.current()
    trusted = _TRUSTED | set(engine.libraries)
    foreign: dict[str, None] = {}
    found: list[str] = []

    def watch(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            module = frame.f_globals.get("__name__") or "?"
            if module.partition(".")[0] not in trusted and not module.startswith("namedtuple_"):
                foreign[module] = None

    collecting = gc.isenabled()
    gc.disable()  # others have callbacks there
    sys.setprofile(watch)
    try:
        yield found
    finally:
        sys.setprofile(None)
        if collecting:
            gc.enable()
        found.extend(foreign)
