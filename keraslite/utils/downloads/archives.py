"""Tar and zip archives unpacked so that nothing is written but plain files and folders below one folder."""

from __future__ import annotations

import lzma
import os
import secrets
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, NoReturn

from keraslite.errors import ArgumentError, CorruptFileError

__all__ = ["archive_kinds", "is_unpacked", "unpack"]

_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError)
_CHUNK = 1 << 20
_BOMB_RATIO = 200  # times the archive's size: more than real data ever shrinks by, beyond the first gigabyte
_BOMB_FLOOR = 1 << 30
_MOST_MEMBERS = 2_000_000


class _Member(NamedTuple):
    """A file or folder in an archive, with the names that the archive gives it."""

    name: str
    kind: str  # "file", "folder", "link", or what else it is
    size: int
    content: IO[bytes] | None = None
    link: str = ""  # the name that a link leads to, seen from the top of the archive


def archive_kinds(archive_format: object) -> tuple[str, ...]:
    """The kinds of archive that `get_file` may unpack, of its argument `archive_format`."""
    given = archive_format if isinstance(archive_format, (list, tuple)) else [archive_format]
    kinds: list[str] = []
    for kind in given:
        if kind == "auto":
            kinds += ["tar", "zip"]
        elif kind in ("tar", "zip"):
            kinds.append(str(kind))
        elif kind is not None:
            raise ArgumentError(
                '`get_file` needs `archive_format` to be "auto", "tar", "zip" or a list of them. '
                f"Received {archive_format!r}."
            )
    return tuple(kinds)


def unpack(archive: Path, folder: Path, kinds: Sequence[str]) -> None:
    """Unpack an archive as `folder`, which exists afterwards as a whole or is as before.

    Raises:
        CorruptFileError: if the archive is of another kind, is damaged, or has members that no data set needs: paths
            out of the folder, links out of it, devices, two files of one name, or far more data than fits its size.
    """
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}.unpacking")
    new.mkdir(parents=True)
    try:
        with archive.open("rb") as file:
            _Unpacking(archive, new).run(_members(archive, file, kinds))
        _put(new, folder, archive)
    except CorruptFileError:
        raise
    except _DAMAGE as error:
        raise CorruptFileError(
            f"{archive} needs to be a whole archive. Received: {error}. Remove it, or pass `force_download=True`."
        ) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def is_unpacked(archive: Path, folder: Path) -> bool:
    """Whether a folder has been made of an archive as it is now."""
    return folder.is_dir() and folder.stat().st_mtime_ns >= archive.stat().st_mtime_ns


def _put(new: Path, folder: Path, archive: Path) -> None:
    """Rename a folder, in place of an older one. Another process may unpack the same archive meanwhile."""
    old = new.with_suffix(".old")
    try:
        if not is_unpacked(archive, folder):
            if folder.is_dir() and not folder.is_symlink():
                os.rename(folder, old)
            os.rename(new, folder)
    except OSError:
        if not is_unpacked(archive, folder):
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _members(archive: Path, file: IO[bytes], kinds: Sequence[str]) -> Iterator[_Member]:
    if "tar" in kinds and tarfile.is_tarfile(archive):
        return _tar_members(file)
    if "zip" in kinds and zipfile.is_zipfile(archive):
        return _zip_members(archive, file)
    raise CorruptFileError(
        f"{archive} needs to be an archive of the kind {' or '.join(kinds)}. Received another file. Check its address."
    )


def _tar_members(file: IO[bytes]) -> Iterator[_Member]:
    with tarfile.open(fileobj=file, mode="r:*") as tar:
        for info in tar:
            kind, link = "file" if info.isreg() else "folder" if info.isdir() else "link", ""
            if info.issym():
                link = os.path.normpath(PurePosixPath(info.name).parent / info.linkname)
            elif info.islnk():
                link = os.path.normpath(info.linkname)
            elif kind == "link":
                kind = "device or pipe"
            if info.linkname.startswith("/"):
                link = info.linkname
            yield _Member(info.name, kind, info.size, tar.extractfile(info) if kind == "file" else None, link)


def _zip_members(archive: Path, file: IO[bytes]) -> Iterator[_Member]:
    with zipfile.ZipFile(file) as zipped:
        infos = zipped.infolist()
        if sum(info.compress_size for info in infos) > archive.stat().st_size:
            raise CorruptFileError(f"{archive} needs members that each have bytes of their own. Received overlaps.")
        for info in infos:
            mode = info.external_attr >> 16
            if info.flag_bits & 1:
                raise CorruptFileError(
                    f"{archive} needs to be readable without a password. Received {info.filename!r}."
                )
            if stat.S_ISLNK(mode):
                target = zipped.read(info) if info.file_size < 4096 else b""
                link = os.path.normpath(PurePosixPath(info.filename).parent / os.fsdecode(target))
                yield _Member(info.filename, "link", 0, None, link)
            elif info.is_dir():
                yield _Member(info.filename, "folder", 0)
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                yield _Member(info.filename, "device or pipe", 0)
            else:
                with zipped.open(info) as content:
                    yield _Member(info.filename, "file", info.file_size, content)


class _Unpacking:
    """Writes members below a new, empty folder."""

    def __init__(self, archive: Path, folder: Path):
        self._archive, self._folder = archive, folder
        self._left = max(archive.stat().st_size * _BOMB_RATIO, _BOMB_FLOOR)
        self._count = 0
        self._links: list[tuple[Path, _Member]] = []

    def run(self, members: Iterator[_Member]) -> None:
        """Write them all; links to files become copies in the end, when the files are there."""
        for member in members:
            self._count += 1
            path = self._path(member.name, member)
            if (
                member.size > self._left
                or member.size > shutil.disk_usage(self._folder).free
                or self._count > _MOST_MEMBERS
            ):
                self._refuse(member, "more data than an archive of this size should hold, or the disk has room for")
            if member.kind == "folder":
                self._make_folder(path, member)
            elif member.kind == "file":
                self._write(path, member)
            elif member.kind == "link":
                self._links.append((path, member))
            else:
                self._refuse(member, f"a {member.kind}")
        for path, member in self._links:
            self._copy(path, member)

    def _path(self, name: str, member: _Member) -> Path:
        """Where a name leads: below the folder, in every system's reading of it."""
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
        if name.startswith(("/", "\\")) or ".." in parts or any(":" in part or "\0" in part for part in parts):
            self._refuse(member, f"the path {name!r}, which may lead out of the folder")
        return self._folder.joinpath(*parts)

    def _make_folder(self, path: Path, member: _Member) -> None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            self._refuse(member, "a folder where there is a file of this name")

    def _write(self, path: Path, member: _Member) -> None:
        self._make_folder(path.parent, member)
        if member.content is None:
            self._refuse(member, "a file without content")
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        except FileExistsError:
            self._refuse(member, "a second file of this name")
        written = 0
        with os.fdopen(descriptor, "wb") as file:
            while chunk := member.content.read(_CHUNK):
                written += len(chunk)
                if written > member.size:
                    self._refuse(member, "more bytes than it announces")
                file.write(chunk)
        self._left -= written
        if written < member.size:
            self._refuse(member, "fewer bytes than it announces")

    def _copy(self, path: Path, member: _Member) -> None:
        """A link within the folder becomes a copy of the file that it leads to."""
        source = self._path(member.link, member)
        if not source.is_file():
            self._refuse(member, f"a link to {member.link!r}, which is no file in the archive")
        with source.open("rb") as content:
            size = source.stat().st_size
            if size > self._left:
                self._refuse(member, "more data than an archive of this size should hold")
            self._write(path, member._replace(size=size, content=content))

    def _refuse(self, member: _Member, what: str) -> NoReturn:
        raise CorruptFileError(
            f"{self._archive} needs to hold plain files and folders to be unpacked. Received for {member.name!r}: "
            f"{what}. Nothing was unpacked. Unpack it yourself if you trust it."
        )
