"""Files are written whole or not at all: a temporary file beside the target, then a rename."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows, a save that was killed cannot be told from one that is running
    fcntl = None  # type: ignore[assignment]

_TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{12}\.saving", re.DOTALL)
_NAME = 60  # characters of the target's name in the temporary file's name, because names have a maximal length


def replace_file(target: Path, content: bytes | Sequence[bytes], mode: int | None = None) -> None:
    """Make a file, or replace the one at the path. An error, or a crash at any moment, leaves what was there.

    Args:
        target: the path; its folder exists.
        content: what will be in the file, in one piece or in several.
        mode: the mode of the file; None for that of new files.
    """
    mode = 0o666 & ~_umask() if mode is None else mode
    remove_left_behind(target.parent, re.compile(re.escape(target.name[:_NAME])))
    descriptor, temporary = temporary_file(target)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
            with suppress(OSError):  # a file system without modes
                os.chmod(temporary, mode)
            os.replace(temporary, target)  # while the lock is held
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def temporary_file(target: Path) -> tuple[int, Path]:
    """Open a new file beside `target`. It is locked while it is open."""
    while True:
        path = target.with_name(f".{target.name[:_NAME]}.{secrets.token_hex(6)}.saving")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
        if _lock(descriptor) and is_at(descriptor, path):
            return descriptor, path
        os.close(descriptor)  # another save believed that it was left behind


def remove_left_behind(folder: Path, name: re.Pattern[str]) -> None:
    """Remove the temporary files of saves that were killed. Their locks are free.

    Args:
        folder: where they are.
        name: what the names of their targets look like, as far as temporary files have them.
    """
    if fcntl is None:
        return
    for found in os.listdir(folder):
        temporary = _TEMPORARY.fullmatch(found)
        if temporary is not None and name.fullmatch(temporary[1]):
            with suppress(OSError):  # another process removes it, or another user owns it
                descriptor = os.open(folder / found, os.O_RDWR)
                try:
                    if _lock(descriptor):
                        (folder / found).unlink()
                finally:
                    os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock an open file. Returns False if another process holds the lock."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def is_at(descriptor: int, path: Path) -> bool:
    """Return whether the open file is still the one at that path."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
