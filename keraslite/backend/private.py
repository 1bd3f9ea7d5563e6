"""Names of libraries that are not public: looked for once, with what happens where a release lacks them.

An engine has them in one table, in files `private.py`, and nowhere else (`tests/test_private_names.py`).
"""

from __future__ import annotations

import functools
import importlib
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from keraslite.errors import FastPathWarning

__all__ = ["PrivateName", "PrivateNames", "find", "removed"]

Kernel: TypeAlias = "Callable[..., Any]"

#: Names that tests make look missing.
removed: set[str] = set()
_trials = threading.RLock()


def find(path: str) -> Any:
    """What a dotted name stands for; modules on the way are imported. An AttributeError where there is no such name."""
    if path in removed:
        raise AttributeError(f"{path} is removed")
    root, *parts = path.split(".")
    found, module = importlib.import_module(root), root
    for part in parts:
        module = f"{module}.{part}"
        if hasattr(found, part):
            found = getattr(found, part)
            continue
        try:
            found = importlib.import_module(module)
        except ImportError as error:
            raise AttributeError(f"{path}: {error}") from error
    return found


@dataclass(frozen=True, slots=True)
class PrivateName:
    """One name.

    Attributes:
        path: the dotted name.
        use: what it is used for.
        lost: what is worse without it.
        seen: the release it was seen in.
        found: whether the installed release has it.
    """

    path: str
    use: str
    lost: str
    seen: str
    found: bool


class PrivateNames:
    """The table of one library.

    Args:
        library: its package.
        seen: the release that the names were last seen in.
    """

    def __init__(self, library: str, seen: str):
        self.library, self.seen = library, seen
        self.entries: dict[str, PrivateName] = {}
        self._told: set[str] = set()

    def get(
        self, path: str, *, use: str, lost: str, instead: object = None, by: Callable[[object], object] | None = None
    ) -> Any:
        """What the name stands for, or `instead` where there is no such name. `by` makes of it what is wanted."""
        try:
            value, found = find(path), True
        except AttributeError:
            value, found = instead, False
        self.entries[path] = PrivateName(path, use, lost, self.seen, found)
        return by(value) if found and by is not None else value

    def later(self, path: str, *, use: str, lost: str) -> Callable[[], Any]:
        """Looks for a name when it is called, where that imports a lot. AttributeError where there is no such name."""
        self.entries[path] = PrivateName(path, use, lost, self.seen, path not in removed)
        return lambda: find(path)

    def attribute(self, owner: str, name: str, *, use: str, lost: str) -> Callable[[Any], bool]:
        """A function that tells whether an object of the class `owner` has the attribute `name`."""
        path = f"{owner}.{name}"
        self.entries[path] = PrivateName(path, use, lost, self.seen, path not in removed)
        return lambda x: path not in removed and hasattr(x, name)

    def missing(self, *paths: str) -> list[str]:
        """The names that the installed release lacks."""
        return [path for path in paths if not self.entries[path].found]

    def installed(self) -> str:
        """The release that is imported."""
        return sys.modules[self.library].__version__

    def tried(
        self, asked: Callable[[Kernel], bool], apart: Callable[..., object]
    ) -> Callable[[Kernel], Callable[..., Any]]:
        """A decorator for kernels of operators that are not documented: they give None where the operator is another.

        Args:
            asked: whether what `kernel` gives is right. It is asked before the first call.
            apart: calls a function with arguments, whatever modes the first call is made in.
        """

        def decorate(kernel: Kernel) -> Callable[..., Any]:
            verdict: list[bool] = []

            @functools.wraps(kernel)
            def run(*args: object, **kwargs: object) -> Any:
                if not verdict:
                    with _trials:
                        verdict[:] = verdict or [self.passes(asked, kernel, apart)]
                return kernel(*args, **kwargs) if verdict[0] else None

            return run

        return decorate

    def passes(self, asked: Callable[[Kernel], bool], kernel: Kernel, apart: Callable[..., Any]) -> bool:
        """Whether a kernel gives what it should; says so once if it does not though all names are there."""
        passed = apart(_passes, asked, kernel)
        if not passed and all(entry.found for entry in self.entries.values()):
            self.warn_once(f"The operator behind `{kernel.__name__}`", "it gives other numbers", "")
        return passed

    def warn_once(self, fast_path: str, why: str, advice: str) -> None:
        """Say that a fast path can't be used, once a process, and what to do."""
        if fast_path in self._told:
            return
        self._told.add(fast_path)
        warnings.warn(
            f"{fast_path} needs {self.library} to work as release {self.seen} does. Received "
            f"{self.library} {self.installed()}: {why}. What it would do runs in Python, with the same "
            f"results but more slowly. {advice}".rstrip(),
            FastPathWarning,
            stacklevel=3,
        )


def _passes(asked: Callable[[Kernel], bool], kernel: Kernel) -> bool:
    try:
        return asked(kernel)
    except Exception:  # an operator that is gone, or takes other arguments: whatever it says
        return False
