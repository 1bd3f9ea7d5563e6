"""State of layers that is not a tensor, kept as files in the folder `assets/` of a `.keras` file, as in Keras 3.

A layer that has `save_assets(directory)` and `load_assets(directory)` gets a folder of its own, at the path that its
variables have in the weight file.
"""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from keraslite.errors import SerializationError
from keraslite.saving.walk import Part

__all__ = ["FOLDER", "HasAssets", "is_safe", "restore", "stored"]

FOLDER = "assets/"
# Characters that separate paths on some system, or that no name may have there.
_NOT_IN_NAMES = frozenset('\\:*?"<>|') | frozenset(map(chr, range(32)))


@runtime_checkable
class HasAssets(Protocol):
    """A layer that keeps files."""

    def save_assets(self, dir_path: str) -> None:
        """Write files into an empty folder."""

    def load_assets(self, dir_path: str) -> None:
        """Read what `save_assets` wrote."""


def is_safe(name: str) -> bool:
    """Return whether a path stays below the folder that it starts from, on every system."""
    return not any(part in ("", ".", "..") or set(part) & _NOT_IN_NAMES for part in name.split("/"))


def stored(parts: Iterable[Part]) -> dict[str, bytes]:
    """Return the files of all parts, by their names in the archive."""
    found: dict[str, bytes] = {}
    for prefix, item in _owners(parts).items():
        with tempfile.TemporaryDirectory(prefix="keraslite-assets-") as folder:
            item.save_assets(folder)
            found.update({prefix + name: content for name, content in _files(Path(folder))})
    return found


def restore(parts: Iterable[Part], files: Mapping[str, bytes]) -> None:
    """Let each part read its files. The folder that a part gets contains only its own files."""
    owners = _owners(parts)
    owned: dict[str, dict[str, bytes]] = {}
    for name, content in files.items():
        prefix = max((prefix for prefix in owners if name.startswith(prefix)), key=len, default=None)
        if prefix is not None:
            owned.setdefault(prefix, {})[name.removeprefix(prefix)] = content
    for prefix, own in owned.items():
        with tempfile.TemporaryDirectory(prefix="keraslite-assets-") as folder:
            for name, content in own.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            owners[prefix].load_assets(folder)


def _owners(parts: Iterable[Part]) -> dict[str, HasAssets]:
    """Return the parts that keep files, by their folders in the archive."""
    return {
        f"{FOLDER}{part.path}/" if part.path else FOLDER: part.item
        for part in parts
        if isinstance(part.item, HasAssets)
    }


def _files(folder: Path) -> list[tuple[str, bytes]]:
    """Return the files below a folder with their relative paths. Links are refused, because they may lead anywhere."""
    found = []
    for path in sorted(folder.rglob("*")):
        mode, name = path.lstat().st_mode, path.relative_to(folder).as_posix()
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or not is_safe(name):
            raise SerializationError(
                f"`save_assets` needs to write files and folders with names for every system. Received {name!r}, which "
                "is a link or a device, or has a special character. Write a copy of what it leads to, or rename it."
            )
        if stat.S_ISREG(mode):
            found.append((name, path.read_bytes()))
    return found
