"""The `.keras` file: a zip of `metadata.json`, `config.json`, `model.weights.h5` and perhaps a folder `assets/`."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from keraslite.errors import CorruptFileError, UnsafeModelError
from keraslite.saving import hdf5
from keraslite.saving.assets import FOLDER, is_safe

if TYPE_CHECKING:
    import h5py  # imported when a file is opened, because the import is slow

KERAS_VERSION = "3.15.1"  # the version of Keras whose format this is
_MEMBERS = ("metadata.json", "config.json", "model.weights.h5")
_MOST_JSON = 256 << 20


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

    Args:
        content: the file's bytes.
        where: the name of the file in messages.
    """

    def __init__(self, content: bytes, where: str):
        self.where = where
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except zipfile.BadZipFile as error:
            raise CorruptFileError(
                f"A `.keras` file is a zip archive. Received {where}, which is none or is cut off: {error}. "
                "Save the model again."
            ) from error
        self._check(len(content))

    def _check(self, size: int) -> None:
        members = self._archive.infolist()
        names = [member.filename for member in members]
        missing = [name for name in _MEMBERS[1:] if name not in names]
        if missing or len(set(names)) != len(names):
            raise CorruptFileError(f"{self.where} needs the members {_MEMBERS}, each once. Received {names[:10]}.")
        for member in members:
            if member.file_size > max(_MOST_JSON, 4 * size):
                raise CorruptFileError(f"{self.where}: {member.filename!r} says it has {member.file_size} bytes.")
        self._check_assets([member for member in members if member.filename.startswith(FOLDER)], size)

    def _check_assets(self, members: list[zipfile.ZipInfo], size: int) -> None:
        """Refuse assets whose names lead out of the folder of assets on any system."""
        files = {member.filename for member in members if not member.is_dir()}
        for member in members:
            name = member.filename
            parts = name.removesuffix("/").split("/")
            if not is_safe("/".join(parts)) or stat.S_ISLNK(member.external_attr >> 16):
                raise UnsafeModelError(
                    "A `.keras` file needs its assets to be files in its own folder. "
                    f"Received {name!r} in {self.where}."
                )
            inside = next(("/".join(parts[:i]) for i in range(1, len(parts)) if "/".join(parts[:i]) in files), None)
            if inside is not None:
                raise CorruptFileError(f"{self.where}: {inside!r} is a file and a folder.")
        total = sum(member.file_size for member in members)
        if total > max(_MOST_JSON, 4 * size) or len({name.lower() for name in files}) < len(files):
            raise CorruptFileError(
                f"{self.where} needs assets of different names that fit into memory. Received {len(files)} of "
                f"{total} bytes."
            )

    def assets(self) -> dict[str, bytes]:
        """Return the contents of the files in the folder of assets, by their names in the archive."""
        names = [member.filename for member in self._archive.infolist() if not member.is_dir()]
        return {name: self._read(name) for name in names if name.startswith(FOLDER)}

    def config(self) -> dict[str, Any]:
        """Return the contents of `config.json`."""
        return parse(self._read("config.json"), f"`config.json` in {self.where}")

    def weights(self) -> h5py.File:
        """Return `model.weights.h5`, open for reading."""
        return hdf5.opened(self._read("model.weights.h5"), self.where)

    def _read(self, name: str) -> bytes:
        try:
            return self._archive.read(name)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise CorruptFileError(f"{self.where}: member {name!r} is damaged: {error}.") from error


def parse(text: str | bytes, where: str) -> dict[str, object]:
    """Return the config of a model from JSON text."""
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(f"{where} is no JSON: {error}.") from error
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise CorruptFileError(f"{where} describes no model.")
    return config
