"""`get_file`: a file from the network, kept in a folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from keraslite.config.file import config_path
from keraslite.config.messages import say
from keraslite.errors import ArgumentError, FileError
from keraslite.utils.downloads.archives import archive_kinds, is_unpacked, unpack
from keraslite.utils.downloads.fetching import fetch
from keraslite.utils.downloads.hashes import Expected, expected_hash

__all__ = ["get_file"]


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str | os.PathLike[str] = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | Sequence[str] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """Download a file, if it is not in the cache folder yet, and return its path.

    A download that breaks is resumed, also by a later call. The file appears in the folder when it is whole and has
    the right hash. Two processes that want the same file fetch it once. An archive is unpacked without links, devices,
    or paths that lead out of its folder.

    Args:
        fname: name of the file in the folder, or its absolute path, which is used instead of the folder. None takes the
            name from the URL.
        origin: URL of the file, with http or, better, https.
        untar: the same as `extract`, from older releases of Keras.
        md5_hash: the same as `file_hash`, for MD5, from older releases of Keras.
        file_hash: hash that the file has to have, in hexadecimal digits. A file in the folder that has another one is
            downloaded again.
        cache_subdir: folder below `cache_dir`.
        hash_algorithm: "md5", "sha256", or "auto" to tell by the length of the hash.
        extract: whether to unpack the file, a tar or zip archive.
        archive_format: "tar", "zip", "auto" for both, or a list of them. None unpacks nothing.
        cache_dir: cache folder. None is `$KERAS_HOME`, or `~/.keras` if that is not set.
        force_download: whether to download the file although it is in the folder.

    Returns:
        The path of the file, or of the folder with the content of the archive.

    Raises:
        DownloadError: if the server cannot be reached or does not have the file.
        CorruptFileError: if the file has another hash, or is an archive that cannot be unpacked safely.

    Example:
        >>> import pathlib, tempfile
        >>> from keraslite import utils
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> _ = (folder / "numbers.csv").write_text("1,2")
        >>> path = utils.get_file(origin=(folder / "numbers.csv").as_uri(), cache_dir=folder)
        Downloading data from file:///...
        >>> pathlib.Path(path).relative_to(folder).as_posix()
        'datasets/numbers.csv'
    """
    if not origin:
        raise ArgumentError(f"`get_file` needs `origin`, the URL of the file. Received {origin!r}.")
    place = _place(fname)
    if place is not None:
        fname = Path(fname).name  # type: ignore[arg-type]
    name = _name(fname, origin)
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    expected = expected_hash(file_hash, hash_algorithm)
    kinds = archive_kinds(archive_format) if extract or untar else ()
    folder = _folder(cache_dir, cache_subdir) if place is None else place
    archive_name, unpacked_name = _archive_names(name, fname is not None) if kinds else (name, "")
    path = folder / archive_name
    _bring(path, origin, expected, force_download)
    if not kinds:
        return str(path)
    unpacked = folder / unpacked_name
    if not is_unpacked(path, unpacked):
        unpack(path, unpacked, kinds)
    return str(unpacked)


def _place(fname: object) -> Path | None:
    """Return the folder in an absolute path; None for a name."""
    if not isinstance(fname, (str, os.PathLike)) or not os.path.isabs(fname):
        return None
    folder = Path(fname).parent
    if not folder.is_dir():
        raise FileError(f"`get_file` needs a folder for {str(fname)!r}. There is none. Make it first.")
    return folder


def _name(fname: object, origin: str) -> str:
    """The file's name in the folder, which is never a path."""
    name = os.path.basename(urlsplit(origin).path) if fname is None else fname
    name = os.fspath(name) if isinstance(name, (str, os.PathLike)) else ""
    if not isinstance(name, str) or name in ("", ".", "..") or any(sign in name for sign in "/\\\0"):
        raise ArgumentError(
            f"`get_file` needs `fname`, a name without folders or an absolute path. Received fname={fname!r} and "
            f"origin={origin!r}. Use `cache_dir` and `cache_subdir` for folders."
        )
    return name


def _archive_names(name: str, is_given: bool) -> tuple[str, str]:
    """The names of an archive and of its folder, as in Keras: a given name with an ending is the archive's."""
    stem, ending = os.path.splitext(name)
    if is_given and ending:
        return name, f"{stem.removesuffix('.tar')}_extracted"
    return f"{name}_archive", name


def _folder(cache_dir: str | os.PathLike[str] | None, cache_subdir: str | os.PathLike[str]) -> Path:
    home = config_path().parent if cache_dir is None else Path(cache_dir).expanduser()
    folder = home / cache_subdir
    nearest = next((part for part in (folder, *folder.parents) if part.exists()), folder)
    if cache_dir is None and not os.access(nearest, os.W_OK) and not folder.is_dir():
        folder = _own_temporary_folder() / cache_subdir
        say(f"{home} cannot be written. Files are kept in {folder}. Set KERAS_HOME to choose a folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            f"`get_file` needs a folder that it can write. Received {folder}: {error}. Choose another one as "
            "`cache_dir` or by KERAS_HOME."
        ) from error
    return folder


def _own_temporary_folder() -> Path:
    """A folder for temporary files that no other user can write."""
    folder = Path(tempfile.gettempdir(), f".keras-{os.getuid() if hasattr(os, 'getuid') else 'user'}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and (folder.is_symlink() or folder.stat().st_uid != os.getuid()):
        raise FileError(
            f"`get_file` needs a folder of its own. Received {folder}, which is another user's. Set KERAS_HOME."
        )
    return folder


def _bring(path: Path, origin: str, expected: Expected | None, force: bool) -> None:
    """Have the file at `path`."""

    def is_there() -> bool:
        return path.is_file() and (expected is None or expected.fits(path))

    if not force and is_there():
        return
    if not force and path.is_file():
        say(f"{path} does not have the expected hash. It is downloaded again.")
    before = path.stat().st_mtime_ns if path.is_file() else None

    def is_wanted() -> bool:
        """Unless another process has just brought it."""
        return not is_there() or (force and before == path.stat().st_mtime_ns)

    fetch(origin, path, expected, is_wanted)
