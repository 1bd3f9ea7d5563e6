"""The part of a file that has come so far. One process at a time works on it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from keraslite.atomic_files import is_at

try:
    import fcntl
except ImportError:  # on Windows, two processes that fetch the same file at once are not kept apart
    fcntl = None  # type: ignore[assignment]

__all__ = ["Partial"]


class Headers(Protocol):
    """The headers of an answer."""

    def get(self, name: str, /) -> str | None: ...


class Partial:
    """The file `.NAME.part` beside a target, locked within a `with`.

    Beside it stands a note of where it comes from, so that a later call goes on only with the same file.

    Attributes:
        target: where the file is to stand in the end.
        path: where it grows.
    """

    def __init__(self, target: Path):
        self.target = target
        self.path = target.with_name(f".{target.name}.part")
        self._note = target.with_name(f".{target.name}.part.json")
        self._lock = -1

    def __enter__(self) -> Partial:
        while True:
            self._lock = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
            if fcntl is not None:
                fcntl.flock(self._lock, fcntl.LOCK_EX)
            if self._is_in_place():
                break
            self._release()  # another process has finished or removed what was there
        self.size = self.path.stat().st_size
        if self.size and not self.condition():
            self.restart()
        return self

    def __exit__(self, *error: object) -> None:
        if not self.size and self._is_in_place():
            self.remove()
        self._release()

    def _is_in_place(self) -> bool:
        return self._lock >= 0 and is_at(self._lock, self.path)

    def _release(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _release_where_open_files_stay(self) -> None:
        if fcntl is None:  # Windows neither renames nor removes them
            self._release()

    def condition(self) -> dict[str, str]:
        """The header by which a server goes on only if it has the same file still. Empty if it offered none."""
        with suppress(OSError, ValueError):
            note = json.loads(self._note.read_text("utf-8"))
            if isinstance(note, dict) and isinstance(note.get("validator"), str):
                return {"If-Range": note["validator"]}
        return {}

    def describe(self, headers: Headers) -> None:
        """Note by what the file can be recognised."""
        tag = headers.get("ETag")
        validator = tag if tag and not tag.startswith("W/") else headers.get("Last-Modified")
        if validator:
            self._note.write_text(json.dumps({"validator": validator}), "utf-8")
        else:
            self._note.unlink(missing_ok=True)

    def open(self) -> IO[bytes]:
        """Open the file for what comes next."""
        return self.path.open("ab")

    def add(self, count: int) -> int:
        """Count bytes that were written. Returns how many there are now."""
        self.size += count
        return self.size

    def restart(self) -> None:
        """Forget what has come."""
        with self.path.open("r+b") as file:
            file.truncate()
        self.size = 0
        self._note.unlink(missing_ok=True)

    def remove(self) -> None:
        """Leave nothing behind."""
        self._release_where_open_files_stay()
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self) -> None:
        """Put the file at its place."""
        self._release_where_open_files_stay()
        os.replace(self.path, self.target)
        self._note.unlink(missing_ok=True)
