"""Operators that are not public are tried on small numbers before they are used."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from . import private
from .tracing import in_a_thread

_lock = threading.RLock()


def tried(passes: Callable[[Callable[..., Any]], bool]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A kernel that gives None if `passes(kernel)` is not True; that is asked before the first call."""

    def decorate(kernel: Callable[..., Any]) -> Callable[..., Any]:
        verdict: list[bool] = []

        @functools.wraps(kernel)
        def run(*args: Any, **kwargs: Any) -> Any:
            if not verdict:
                with _lock:
                    verdict[:] = verdict or [_verdict(passes, kernel)]
            return kernel(*args, **kwargs) if verdict[0] else None

        return run

    return decorate


def _verdict(passes: Callable[[Callable[..., Any]], bool], kernel: Callable[..., Any]) -> bool:
    passed = in_a_thread(_passes, passes, kernel)  # whatever modes the first call is made in
    if not passed and all(entry.found for entry in private.names.entries.values()):
        private.names.warn_once(f"The operator behind `{kernel.__name__}`", "it gives other numbers", "")
    return passed


def _passes(passes: Callable[[Callable[..., Any]], bool], kernel: Callable[..., Any]) -> bool:
    try:
        return passes(kernel)
    except Exception:  # an operator that is gone, or takes other arguments: whatever it says
        return False
