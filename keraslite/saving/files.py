"""Files are written whole or not at all: a temporary file beside the target, then a rename."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from keraslite.errors import ArgumentError, FileError

try:
    import fcntl
except ImportError:  # on Windows, a save that was killed cannot be told from one that is running
    fcntl = None  # type: ignore[assignment]

_TEMPORARY = r"\.{name}\.[0-9a-f]{{12}}\.saving"
_NAME = 60  # characters of the target's name in the temporary file's name, because names have a maximal length


def path_of(filepath: Any, where: str) -> str:
    """Return a path as a string. It may be given as a string, as bytes or as an object with `__fspath__`."""
    try:
        path = os.fsdecode(filepath)
        os.fsencode(path)
    except (TypeError, UnicodeError) as error:
        raise ArgumentError(
            f"`{where}` needs a path. Received {filepath!r} of type {type(filepath).__name__}. Give a text or a "
            "`pathlib.Path`."
        ) from error
    if "\0" in path:
        raise ArgumentError(f"`{where}` needs a path without null characters. Received {path!r}.")
    return path


def write_file(filepath: str, content: bytes, overwrite: bool) -> None:
    """Write a file and keep its mode. If the path is a link, its target is written and the link stays.

    Raises an `ArgumentError` about the path, or a `FileError`. An existing file is unchanged after an error.
    """
    path = Path(filepath)
    with _errors(path, "written", "Choose another place, or make room. A file that was there is as before."):
        if os.path.lexists(path) and not overwrite:
            raise ArgumentError(f"{path} exists. Pass `overwrite=True` to replace it.")
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise ArgumentError(f"{path} is a directory. Give the path of a file.")
        if not target.parent.is_dir():
            raise ArgumentError(f"{target.parent} is no directory. Make it first.")
        if not target.exists():
            _replace(target, content, 0o666 & ~_umask())
        elif target.is_file():
            _check_writable(target)
            _replace(target, content, stat.S_IMODE(target.stat().st_mode))
        else:  # a device or a pipe
            target.write_bytes(content)


def read_file(filepath: str) -> bytes:
    """Return the bytes of a file."""
    path = Path(filepath)
    with _errors(path, "read", "Check the permissions and the disk."):
        if not path.is_file():
            raise ArgumentError(
                f"Reading needs a file. Received {str(path)!r}, where there is none. "
                f"Check the path; relative paths start at {Path.cwd()}."
            )
        return path.read_bytes()


@contextmanager
def _errors(path: Path, what: str, advice: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        failure = FileError(f"{path} cannot be {what}. Received {error}. {advice}")
        failure.errno, failure.filename = error.errno, str(path)
        raise failure from error


def _check_writable(target: Path) -> None:
    """Raise an error if the file is read-only. A rename would replace it nevertheless."""
    with target.open("ab"):
        pass


def _replace(target: Path, content: bytes, mode: int) -> None:
    _remove_left_behind(target)
    descriptor, temporary = _temporary(target)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            with suppress(OSError):  # a file system without modes
                os.chmod(temporary, mode)
            os.replace(temporary, target)  # while the lock is held
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _temporary(target: Path) -> tuple[int, Path]:
    """Open a new file beside `target`. It is locked while it is open."""
    while True:
        path = target.with_name(f".{target.name[:_NAME]}.{secrets.token_hex(6)}.saving")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
        if _lock(descriptor) and _is_at(descriptor, path):
            return descriptor, path
        os.close(descriptor)  # another save believed that it was left behind


def _remove_left_behind(target: Path) -> None:
    """Remove the temporary files of saves that were killed. Their locks are free."""
    if fcntl is None:
        return
    pattern = re.compile(_TEMPORARY.format(name=re.escape(target.name[:_NAME])))
    for name in os.listdir(target.parent):
        if pattern.fullmatch(name):
            path = target.with_name(name)
            with suppress(OSError):  # another process removes it, or another user owns it
                descriptor = os.open(path, os.O_RDWR)
                try:
                    if _lock(descriptor):
                        path.unlink()
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


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether the open file is still the one at that path."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
