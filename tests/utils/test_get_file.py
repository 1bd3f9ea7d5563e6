"""`get_file` against a server on this machine."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import keras_peer
import pytest
from utils.file_server import serving

from keraslite.errors import ArgumentError, CorruptFileError, DownloadError, FileError
from keraslite.utils import get_file
from keraslite.utils.downloads import archives, fetching

CONTENT = bytes(range(256)) * 4096
MD5, SHA = hashlib.md5(CONTENT).hexdigest(), hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(fetching, "_PAUSE", 0.001)
    with serving() as server:
        server.files["data.bin"] = CONTENT
        yield server


def tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_file_is_fetched_once_and_kept(server, tmp_path):
    for _ in range(2):
        path = get_file(origin=server.url + "data.bin?version=1", cache_dir=tmp_path)
        assert Path(path).read_bytes() == CONTENT
    assert path == str(tmp_path / "datasets" / "data.bin")
    assert len(server.asked) == 1
    assert tree(tmp_path) == ["datasets/data.bin"]
    server.files["data.bin"] = b"new"
    get_file(origin=server.url + "data.bin", cache_dir=tmp_path, force_download=True)
    assert Path(path).read_bytes() == b"new"


def test_the_folder_is_that_of_keras_home(server, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    found = get_file("other", origin=server.url + "data.bin", cache_subdir="a/b")
    assert found == str(tmp_path / "home" / "a" / "b" / "other")


@pytest.mark.parametrize(
    "hashes",
    [
        {"md5_hash": MD5},
        {"file_hash": MD5},
        {"file_hash": SHA.upper()},
        {"file_hash": SHA, "hash_algorithm": "sha256"},
    ],
)
def test_a_file_with_the_right_hash(server, tmp_path, hashes):
    path = Path(get_file(origin=server.url + "data.bin", cache_dir=tmp_path, **hashes))
    assert path.read_bytes() == CONTENT
    path.write_bytes(b"damaged")
    get_file(origin=server.url + "data.bin", cache_dir=tmp_path, **hashes)
    assert path.read_bytes() == CONTENT


def test_an_absolute_path_takes_the_place_of_the_folder(server, tmp_path):
    path = tmp_path / "mine" / "data.bin"
    with pytest.raises(FileError, match="There is none. Make it first"):
        get_file(path, server.url + "data.bin")
    path.parent.mkdir()
    for fname in (path, str(path)):
        assert get_file(fname, server.url + "data.bin", file_hash=SHA) == str(path)
    assert path.read_bytes() == CONTENT
    assert tree(tmp_path) == ["mine/data.bin"]
    path.write_bytes(b"kept, since no hash is asked for")
    assert get_file(path, "http://127.0.0.1:9/none") == str(path)


def test_a_file_with_another_hash_leaves_nothing(server, tmp_path):
    with pytest.raises(CorruptFileError, match="needs to have the md5 hash"):
        get_file(origin=server.url + "data.bin", cache_dir=tmp_path, file_hash="0" * 32)
    assert tree(tmp_path) == []
    (tmp_path / "datasets" / "data.bin").write_bytes(b"mine")
    with pytest.raises(CorruptFileError, match="sha256"):
        get_file(origin=server.url + "data.bin", cache_dir=tmp_path, file_hash="0" * 64)
    assert tree(tmp_path) == ["datasets/data.bin"]


@pytest.mark.parametrize("etag", ['"1"', ""])
@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_broken_connection_is_resumed(server, tmp_path, knows_ranges, etag):
    server.breaks, server.knows_ranges, server.etag = [1000, 300_000], knows_ranges, etag
    path = Path(get_file(origin=server.url + "data.bin", cache_dir=tmp_path))
    assert path.read_bytes() == CONTENT
    assert server.asked[0] is None
    assert server.asked[1] == "bytes=1000-"
    assert len(server.asked) == 3
    assert tree(tmp_path) == ["datasets/data.bin"]


def broken_off(server, tmp_path):
    server.breaks = [5000] + [0] * 5
    with pytest.raises(DownloadError, match="the connection broke. 5000 bytes have come"):
        get_file(origin=server.url + "data.bin", cache_dir=tmp_path)
    assert not (tmp_path / "datasets" / "data.bin").exists()
    server.asked.clear()


def test_a_later_call_goes_on(server, tmp_path):
    broken_off(server, tmp_path)
    assert Path(get_file(origin=server.url + "data.bin", cache_dir=tmp_path)).read_bytes() == CONTENT
    assert server.asked == ["bytes=5000-"]
    assert tree(tmp_path) == ["datasets/data.bin"]


@pytest.mark.parametrize("etag", ['"2"', ""])
def test_a_later_call_starts_anew_with_another_file(server, tmp_path, etag):
    broken_off(server, tmp_path)
    server.files["data.bin"], server.etag = CONTENT[::-1], etag
    assert Path(get_file(origin=server.url + "data.bin", cache_dir=tmp_path)).read_bytes() == CONTENT[::-1]


def test_a_resumed_file_with_another_hash_is_fetched_anew(server, tmp_path):
    broken_off(server, tmp_path)
    part = tmp_path / "datasets" / ".data.bin.part"
    part.write_bytes(b"x" * 5000)
    found = get_file(origin=server.url + "data.bin", cache_dir=tmp_path, file_hash=SHA)
    assert Path(found).read_bytes() == CONTENT


def test_a_busy_server_is_asked_again(server, tmp_path):
    server.statuses = [503, 429]
    assert Path(get_file(origin=server.url + "data.bin", cache_dir=tmp_path)).read_bytes() == CONTENT
    server.statuses = [500] * 9
    with pytest.raises(DownloadError, match="500"):
        get_file("other", origin=server.url + "data.bin", cache_dir=tmp_path)


def test_a_file_of_unknown_length(server, tmp_path):
    server.says_length = False
    assert Path(get_file(origin=server.url + "data.bin", cache_dir=tmp_path)).read_bytes() == CONTENT
    server.files["empty"], server.says_length = b"", True
    assert Path(get_file(origin=server.url + "empty", cache_dir=tmp_path)).read_bytes() == b""


@pytest.mark.parametrize(
    ("origin", "problem"),
    [("{}missing", "404"), ("http://127.0.0.1:1/x", "refused"), ("http://no-such-host.invalid/x", "Received: ")],
)
def test_no_network_is_a_clear_error(server, tmp_path, origin, problem):
    with pytest.raises(DownloadError, match=problem) as error:
        get_file(origin=origin.format(server.url), cache_dir=tmp_path)
    assert isinstance(error.value, OSError)
    assert "needs a server that sends the file" in str(error.value)
    assert tree(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs `origin`"),
        ({"origin": "data.bin"}, "starts with https"),
        ({"origin": "http://127.0.0.1/"}, "needs `fname`"),
        ({"origin": "http://127.0.0.1/x", "fname": "a/b"}, "a name without folders"),
        ({"origin": "http://127.0.0.1/x", "fname": ".."}, "a name without folders"),
        ({"origin": "http://127.0.0.1/x", "file_hash": "12"}, "hexadecimal digits"),
        ({"origin": "http://127.0.0.1/x", "file_hash": MD5, "hash_algorithm": "sha256"}, "64 .sha256. hexadecimal"),
        ({"origin": "http://127.0.0.1/x", "hash_algorithm": "crc"}, "hash_algorithm"),
        ({"origin": "http://127.0.0.1/x", "extract": True, "archive_format": "rar"}, "archive_format"),
    ],
)
def test_bad_arguments(tmp_path, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        get_file(cache_dir=tmp_path, **arguments)


def test_two_processes_fetch_a_file_once(server, tmp_path):
    arguments = f"origin={server.url + 'data.bin'!r}, cache_dir={str(tmp_path)!r}"
    command = [sys.executable, "-c", f"from keraslite.utils import get_file; get_file({arguments})"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(2)]
    for process in running:
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert tree(tmp_path) == ["datasets/data.bin"]
    assert (tmp_path / "datasets" / "data.bin").read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_two_processes_unpack_an_archive(server, tmp_path):
    server.files["x"] = tar(*((f"d/{i}", b"1") for i in range(300)))
    arguments = f"origin={server.url + 'x'!r}, cache_dir={str(tmp_path)!r}, extract=True"
    code = f"import os; from keraslite.utils import get_file; print(len(os.listdir(get_file({arguments}) + '/d')))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        assert process.communicate(timeout=120)[0].split()[-1] == "300"
    assert {path.name for path in (tmp_path / "datasets").iterdir()} == {"x", "x_archive"}


# ---- archives ---------------------------------------------------------------------------------------------------


def tar(*members: tuple[str, object], mode: str = "w:gz") -> bytes:
    """A tar archive: a member's second part is its content, or a function of its header."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            data = content if isinstance(content, bytes) else b""
            info.size = len(data)
            if callable(content):
                content(info)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def link(target: str, kind: bytes = tarfile.SYMTYPE):
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname = kind, target

    return change


def of_type(kind: bytes):
    return lambda info: setattr(info, "type", kind)


def zipped(*members: tuple[str, bytes], mode: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        tar(("d/a", b"1"), ("b", b"2")),
        tar(("d/a", b"1"), ("b", b"2"), mode="w:xz"),
        tar(("./d/a", b"1"), ("./b", b"2"), mode="w"),
        zipped(("d/a", b"1"), ("b", b"2")),
    ],
)
def test_an_archive_is_unpacked(server, tmp_path, content):
    server.files["x"] = content
    for _ in range(2):
        found = get_file("x", origin=server.url + "x", cache_dir=tmp_path, extract=True)
    assert found == str(tmp_path / "datasets" / "x")
    assert tree(Path(found)) == ["b", "d/a"]
    assert Path(found, "d", "a").read_bytes() == b"1"
    assert tree(tmp_path) == ["datasets/x/b", "datasets/x/d/a", "datasets/x_archive"]
    assert len(server.asked) == 1
    server.files["x"] = tar(("c", b"3"))
    get_file("x", origin=server.url + "x", cache_dir=tmp_path, untar=True, force_download=True)
    assert tree(Path(found)) == ["c"]


def test_links_within_an_archive_become_copies(server, tmp_path):
    server.files["x"] = tar(("d/a", b"1"), ("d/s", link("../d/a")), ("h", link("d/a", tarfile.LNKTYPE)))
    found = Path(get_file("x", origin=server.url + "x", cache_dir=tmp_path, extract=True))
    assert tree(found) == ["d/a", "d/s", "h"]
    assert not (found / "d" / "s").is_symlink()
    assert (found / "h").read_bytes() == b"1"


BAD = {
    "absolute": tar(("/tmp/keraslite-evil", b"1")),
    "above": tar(("../evil", b"1")),
    "above_within": tar(("a/../../evil", b"1")),
    "backslash": tar(("..\\evil", b"1")),
    "drive": tar(("C:evil", b"1")),
    "link_out": tar(("a", link("../../etc/passwd"))),
    "link_absolute": tar(("a", link("/etc/passwd"))),
    "hard_link_out": tar(("a", link("../evil", tarfile.LNKTYPE))),
    "through_a_link": tar(("a", link("/tmp")), ("a/evil", b"1")),
    "link_to_a_folder": tar(("d/x", b"1"), ("a", link("d"))),
    "link_to_itself": tar(("a", link("a"))),
    "device": tar(("a", of_type(tarfile.CHRTYPE))),
    "pipe": tar(("a", of_type(tarfile.FIFOTYPE))),
    "twice": tar(("a", b"1"), ("a", b"2")),
    "twice_otherwise": tar(("a", b"1"), ("./a", b"2")),
    "file_as_folder": tar(("a", b"1"), ("a/b", b"2")),
    "zip_above": zipped(("../evil", b"1")),
    "zip_absolute": zipped(("/tmp/keraslite-evil", b"1")),
    "zip_link": zipped(("a", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777),
    "zip_device": zipped(("a", b""), mode=stat.S_IFCHR | 0o666),
    "cut": tar(("a", os.urandom(1 << 16)))[:-20000],
    "zip_cut": zipped(("a", os.urandom(1 << 16)))[20000:],
    "no_archive": b"text",
    "gzip_of_no_tar": gzip.compress(b"text"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_archive_is_refused(server, tmp_path, kind):
    server.files["x"] = BAD[kind]
    with pytest.raises(CorruptFileError, match="needs"):
        get_file("x", origin=server.url + "x", cache_dir=tmp_path, extract=True)
    assert tree(tmp_path) == ["datasets/x_archive"]
    assert not (tmp_path / "datasets" / "x").exists()
    assert not (tmp_path / "evil").exists()


def test_two_zip_members_of_one_name_are_refused(server, tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        server.files["x"] = zipped(("a", b"1"), ("a", b"2"))
    with pytest.raises(CorruptFileError, match="second file"):
        get_file("x", origin=server.url + "x", cache_dir=tmp_path, extract=True)


@pytest.mark.parametrize("pack", [tar, zipped])
def test_a_bomb_is_refused(server, tmp_path, monkeypatch, pack):
    monkeypatch.setattr(archives, "_BOMB_FLOOR", 1 << 16)
    server.files["x"] = pack(("a", bytes(1 << 22)))
    with pytest.raises(CorruptFileError, match="more data"):
        get_file("x", origin=server.url + "x", cache_dir=tmp_path, extract=True)
    assert tree(tmp_path) == ["datasets/x_archive"]


def test_overlapping_members_of_a_zip_are_refused(server, tmp_path):
    content = bytearray(zipped(("a", os.urandom(5000)), ("b", b"")))
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 20 : entry + 24] = (5000).to_bytes(4, "little")  # the second claims the first's bytes
    server.files["x"] = bytes(content)
    with pytest.raises(CorruptFileError, match="overlaps"):
        get_file("x", origin=server.url + "x", cache_dir=tmp_path, extract=True)


@pytest.mark.skipif(not keras_peer.available(), reason="needs Keras")
@pytest.mark.parametrize(
    "arguments",
    [{}, {"fname": "foo"}, {"fname": "foo.tar.gz"}, {"fname": "foo.tgz"}, {"fname": "foo.gz"}, {"fname": "foo.v2"}],
)
@pytest.mark.parametrize("extract", ["no", "untar", "extract"])
def test_paths_are_those_of_keras(server, tmp_path, arguments, extract):
    server.files["data.tar.gz"] = tar(("d/a", b"1"), ("b", b"2"))
    options = {**arguments, "origin": server.url + "data.tar.gz", **({} if extract == "no" else {extract: True})}
    keras = keras_peer.call("utils.files_on_keras:get_file", options=options, folder=str(tmp_path / "keras"))
    found = get_file(**options, cache_dir=tmp_path / "ours")
    assert os.path.relpath(found, tmp_path / "ours") == os.path.relpath(keras, tmp_path / "keras")
    assert tree(tmp_path / "ours") == tree(tmp_path / "keras")
