"""The `.keras` file: a zip of `metadata.json`, `config.json`, `model.weights.h5` and perhaps a folder `assets/`."""

from __future__ import annotations

import io
import itertools
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from keraslite import allowance
from keraslite.errors import CorruptFileError, UnsafeModelError
from keraslite.saving import hdf5
from keraslite.saving.assets import FOLDER, is_safe
from keraslite.saving.damage import quoted, reading
from keraslite.saving.json_text import parse

if TYPE_CHECKING:
    import h5py  # imported when a file is opened, because the import is slow

KERAS_VERSION = "3.15.1"  # the version of Keras whose format this is
_MEMBERS = ("metadata.json", "config.json", "model.weights.h5")
_MOST_MEMBERS = 10_000
_LONGEST_NAME = 1000  # characters
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENTRY = b"PK\x01\x02"  # begins an entry of the directory
_LOCAL = struct.Struct("<4s22xHH")  # begins a member: signature, then lengths of its name and extra field
_PART = 1 << 20


def pack(config: dict[str, object], weights: bytes, assets: Mapping[str, bytes] | None = None) -> bytes:
    """Return the bytes of a file. `assets` maps names in the archive to contents."""
    metadata = {"keras_version": KERAS_VERSION, "date_saved": datetime.now(UTC).strftime("%Y-%m-%d@%H:%M:%S")}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights)
        for name, content in (assets or {}).items():
            archive.writestr(name, content)
    return buffer.getvalue()


class Unpacked:
    """A `.keras` file, checked before anything is read.

    What a member is inflated to counts against the file's allowance. The size that the file declares for it is only a
    claim.

    Args:
        content: the file's bytes.
        where: the name of the file in messages.
    """

    def __init__(self, content: bytes, where: str):
        self.where, self._content = where, content
        if content.count(_ENTRY) > 2 * _MOST_MEMBERS:
            raise CorruptFileError(f"{where} needs at most {_MOST_MEMBERS} members. Received more.")
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
            raise CorruptFileError(
                f"A `.keras` file is a zip archive. Received {where}, which is none or is cut off: "
                f"{quoted(str(error))}. Save the model again."
            ) from error
        self._members = {member.filename: member for member in self._archive.infolist()}
        self._check(self._archive.infolist())

    def _check(self, members: list[zipfile.ZipInfo]) -> None:
        missing = [name for name in _MEMBERS[1:] if name not in self._members]
        if missing or len(self._members) != len(members):
            names = [quoted(member.filename) for member in members[:10]]
            raise CorruptFileError(f"{self.where} needs the members {_MEMBERS}, each once. Received {names}.")
        for member in members:
            self._check_member(member)
        ends = sorted((self._start(member), member.compress_size) for member in members)
        if any(start + size > after for (start, size), (after, _) in itertools.pairwise(ends)):
            raise CorruptFileError(f"{self.where} needs members that each have bytes of their own. Received overlaps.")
        self._check_assets([member for member in members if member.filename.startswith(FOLDER)])

    def _check_member(self, member: zipfile.ZipInfo) -> None:
        name = quoted(member.filename)
        if len(member.filename) > _LONGEST_NAME or "\0" in member.orig_filename:
            raise CorruptFileError(f"{self.where} needs members with short, plain names. Received {name!r}.")
        if member.compress_type not in _METHODS or member.flag_bits & 1:
            raise CorruptFileError(
                f"{self.where} needs members that are stored or deflated, without a password. Received {name!r} with "
                f"method {member.compress_type}."
            )

    def _start(self, member: zipfile.ZipInfo) -> int:
        """Return where the bytes of a member begin."""
        first = max(member.header_offset, 0)
        head = self._content[first : first + _LOCAL.size]
        if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
            raise CorruptFileError(f"{self.where}: member {quoted(member.filename)!r} is damaged: it has no beginning.")
        _, name, extra = _LOCAL.unpack(head)
        return first + _LOCAL.size + name + extra

    def _check_assets(self, members: list[zipfile.ZipInfo]) -> None:
        """Refuse assets whose names lead out of the folder of assets on any system."""
        files = {member.filename for member in members if not member.is_dir()}
        for member in members:
            name = member.filename
            parts = name.removesuffix("/").split("/")
            if not is_safe("/".join(parts)) or stat.S_ISLNK(member.external_attr >> 16):
                raise UnsafeModelError(
                    "A `.keras` file needs its assets to be files in its own folder. "
                    f"Received {quoted(name)!r} in {self.where}."
                )
            inside = next(("/".join(parts[:i]) for i in range(1, len(parts)) if "/".join(parts[:i]) in files), None)
            if inside is not None:
                raise CorruptFileError(f"{self.where}: {quoted(inside)!r} is a file and a folder.")
        if len({name.lower() for name in files}) < len(files):
            raise CorruptFileError(
                f"{self.where} needs assets whose names differ in more than capitals. Received {len(files)} of them."
            )

    def assets(self) -> dict[str, bytes]:
        """Return the contents of the files in the folder of assets, by their names in the archive."""
        names = [name for name, member in self._members.items() if not member.is_dir()]
        return {name: self.read(name) for name in names if name.startswith(FOLDER)}

    def config(self) -> dict[str, Any]:
        """Return the contents of `config.json`."""
        return parse(self.read("config.json"), f"`config.json` in {self.where}")

    def weights(self) -> h5py.File:
        """Return `model.weights.h5`, open for reading."""
        return hdf5.opened(self.read("model.weights.h5"), self.where)

    def names(self) -> list[str]:
        """Return the names of the members."""
        return list(self._members)

    def read(self, name: str) -> bytes:
        """Return the content of a member."""
        member = self._members[name]
        start = self._start(member)
        stored = self._content[start : start + member.compress_size]
        if len(stored) < member.compress_size:
            raise CorruptFileError(f"{self.where}: member {quoted(name)!r} is damaged: it is cut off.")
        what = f"member {quoted(name)!r}"
        if member.compress_type == zipfile.ZIP_STORED:
            allowance.charge(len(stored), what)
            content = stored
        else:
            with reading(f"{self.where}: {what}"):
                content = _inflated(stored, what)
        if len(content) != member.file_size or zlib.crc32(content) != member.CRC:
            raise CorruptFileError(
                f"{self.where}: {what} is damaged: its {len(content)} bytes are not the {member.file_size} that were "
                "saved."
            )
        return content


def _inflated(stored: bytes, what: str) -> bytes:
    """Return what a deflated member holds. Each part counts against the allowance before the next one is made."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    parts, left = [], stored
    while not inflater.eof:
        part = inflater.decompress(left, _PART)
        allowance.charge(len(part), what)
        left = inflater.unconsumed_tail
        if not part and not left and not inflater.eof:
            raise zlib.error("the data end too early")
        parts.append(part)
    return b"".join(parts)
