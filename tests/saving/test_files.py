"""Writing files: links, modes, remains of killed saves, and errors of the disk."""

from __future__ import annotations

import errno
import io
import os
import stat

import pytest

from keraslite import Input, Sequential, layers, models
from keraslite.atomic_files import temporary_file
from keraslite.errors import ArgumentError, FileError, KerasliteError
from keraslite.saving import files

OLD, NEW = b"what was there", b"what is new"


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "net.keras"
    path.write_bytes(OLD)
    return path


def names(folder):
    return sorted(os.listdir(folder))


def test_a_link_stays_and_its_target_is_written(target, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link, second = tmp_path / "elsewhere" / "link.keras", tmp_path / "second.keras"
    link.symlink_to("../net.keras")
    second.symlink_to(link)
    files.write_file(second, NEW, overwrite=True)
    assert target.read_bytes() == NEW
    assert link.is_symlink()
    assert second.is_symlink()
    assert names(tmp_path / "elsewhere") == ["link.keras"]
    with pytest.raises(ArgumentError, match="overwrite=True"):
        files.write_file(link, OLD, overwrite=False)


def test_a_link_to_nothing(tmp_path):
    link, missing = tmp_path / "link.keras", tmp_path / "missing.keras"
    link.symlink_to(missing)
    with pytest.raises(ArgumentError, match="overwrite=True"):
        files.write_file(link, NEW, overwrite=False)
    assert names(tmp_path) == ["link.keras"]
    files.write_file(link, NEW, overwrite=True)
    assert link.is_symlink()
    assert missing.read_bytes() == NEW


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_a_file_keeps_its_mode(target, mode):
    target.chmod(mode)
    files.write_file(target, NEW, overwrite=True)
    assert stat.S_IMODE(target.stat().st_mode) == mode


def test_a_new_file_has_the_usual_mode(tmp_path):
    before = os.umask(0o027)
    try:
        files.write_file(tmp_path / "new.keras", NEW, overwrite=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.keras").stat().st_mode) == 0o640


def test_what_a_killed_save_left_is_removed(target, tmp_path):
    descriptor, left = temporary_file(target)
    os.write(descriptor, b"half")
    os.close(descriptor)  # as the system does when a process is killed
    for other in (".net.keras.backup", ".net.keras.0123456789ab", ".other.keras.0123456789ab.saving"):
        (tmp_path / other).write_bytes(b"somebody's")
    files.write_file(target, NEW, overwrite=True)
    assert not left.exists()
    assert names(tmp_path) == [
        ".net.keras.0123456789ab", ".net.keras.backup", ".other.keras.0123456789ab.saving", "net.keras",
    ]  # fmt: skip


def test_a_save_that_is_running_is_left_alone(target):
    descriptor, running = temporary_file(target)
    files.write_file(target, NEW, overwrite=True)
    assert running.exists()
    os.close(descriptor)


def test_a_long_name(tmp_path):
    path = tmp_path / f"{'n' * 245}.keras"
    files.write_file(path, NEW, overwrite=True)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
def test_errors_of_the_disk_name_the_file_and_leave_it(target, tmp_path, monkeypatch, call):
    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(FileError, match=r"net\.keras cannot be written.*No space left.*as before") as caught:
        files.write_file(target, NEW, overwrite=True)
    monkeypatch.undo()
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(target)
    assert target.read_bytes() == OLD
    assert names(tmp_path) == ["net.keras"]
    assert isinstance(caught.value, (OSError, KerasliteError))


def test_an_interrupt_leaves_nothing(target, tmp_path, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write_file(target, NEW, overwrite=True)
    assert target.read_bytes() == OLD
    assert names(tmp_path) == ["net.keras"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is protected against root")
def test_a_protected_file_is_not_replaced(target):
    target.chmod(0o444)
    with pytest.raises(FileError, match="Permission denied"):
        files.write_file(target, NEW, overwrite=True)
    assert target.read_bytes() == OLD


def test_paths_that_are_no_files(tmp_path):
    folder = tmp_path / "net.keras"
    folder.mkdir()
    net = Sequential([Input((3,)), layers.Dense(2)])
    with pytest.raises(ArgumentError, match="is a directory"):
        net.save(folder)
    with pytest.raises(ArgumentError, match="needs a file. Received .*, where there is none"):
        models.load_model(folder)
    with pytest.raises(ArgumentError, match="is no directory"):
        net.save_weights(tmp_path / "none" / "net.weights.h5")


def test_reading(target, monkeypatch):
    def fail(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", fail)
    with pytest.raises(FileError, match=r"net\.keras cannot be read.*Permission denied"):
        models.load_model(target)


def test_a_pipe_is_written_to(tmp_path):
    pipe = tmp_path / "pipe.keras"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    files.write_file(pipe, NEW, overwrite=True)
    assert os.read(reader, 100) == NEW
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


class OfAPath:
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return str(self.path)


@pytest.mark.parametrize("name", ["ünï ☃", "a b", "$HOME", "line\nbreak", "q?*", "A.B"])
@pytest.mark.parametrize("kind", [str, os.fspath, os.fsencode, OfAPath], ids=["text", "path", "bytes", "fspath"])
def test_a_path_of_any_kind(tmp_path, name, kind):
    model = Sequential([Input((3,)), layers.Dense(2)])
    whole, weights = kind(tmp_path / f"{name}.keras"), kind(tmp_path / f"{name}.weights.h5")
    model.save(whole)
    model.save_weights(weights)
    assert names(tmp_path) == [f"{name}.keras", f"{name}.weights.h5"]
    loaded = models.load_model(whole)
    loaded.load_weights(weights)
    for a, b in zip(loaded.get_weights(), model.get_weights(), strict=True):
        assert (a == b).all()


@pytest.mark.parametrize(
    "path", [None, 3, ["net.keras"], io.BytesIO(), "\ud800.keras", "null\0.keras"], ids=lambda path: type(path).__name__
)
def test_what_is_no_path(path):
    model = Sequential([Input((3,)), layers.Dense(2)])
    for name, call in {"save_model": model.save, "load_model": models.load_model, "save_weights": model.save_weights,
                       "load_weights": model.load_weights}.items():  # fmt: skip
        with pytest.raises(ArgumentError, match=f"`{name}` needs a path"):
            call(path)
