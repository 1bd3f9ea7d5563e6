"""Files of users, read and written whole, with errors that name the path."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keraslite import allowance
from keraslite.atomic_files import replace_file
from keraslite.errors import ArgumentError, FileError


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
            replace_file(target, content)
        elif target.is_file():
            _check_writable(target)
            replace_file(target, content, stat.S_IMODE(target.stat().st_mode))
        else:  # a device or a pipe
            target.write_bytes(content)


def read_file(filepath: str) -> bytes:
    """Return the bytes of a file, which add to what it may ask for."""
    path = Path(filepath)
    with _errors(path, "read", "Check the permissions and the disk."):
        if not path.is_file():
            raise ArgumentError(
                f"Reading needs a file. Received {str(path)!r}, where there is none. "
                f"Check the path; relative paths start at {Path.cwd()}."
            )
        content = path.read_bytes()
    allowance.has_read(len(content))
    return content


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
