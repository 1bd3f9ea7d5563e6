"""State of layers that is not a tensor: files in the folder of assets."""

from __future__ import annotations

import copy
import io
import os
import pickle
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

from keraslite import Input, Model, Sequential, callbacks, layers, ops, saving
from keraslite.errors import CorruptFileError, SerializationError, UnsafeModelError

X = np.linspace(-1, 1, 12).reshape(4, 3).astype("float32")


@saving.register_keras_serializable(package="test_assets")
class Factor(layers.Layer):
    """Multiplies by a number that only a file keeps."""

    factor = 1.0
    file_name = "notes/factor.txt"

    def call(self, x):
        return ops.multiply(x, self.factor)

    def save_assets(self, dir_path):
        path = Path(dir_path, self.file_name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(self.factor))

    def load_assets(self, dir_path):
        assert [p.as_posix() for p in Path(dir_path).rglob("*.txt")] == [f"{dir_path}/{self.file_name}"]
        self.factor = float(Path(dir_path, self.file_name).read_text())


@saving.register_keras_serializable(package="test_assets")
class Pair(Factor):
    """Has files itself and another layer with files in it."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = Factor()

    def call(self, x):
        return self.inner(super().call(x))


def model():
    x = Input((3,), name="x")
    net = Model(x, layers.Dense(2)(Pair(name="pair")(Factor(name="own")(x))), name="net")
    net.get_layer("own").factor = 3.0
    net.get_layer("pair").factor = 5.0
    net.get_layer("pair").inner.factor = 7.0
    return net


def factors(net):
    return [net.get_layer("own").factor, net.get_layer("pair").factor, net.get_layer("pair").inner.factor]


def changed(path, members, mode=None):
    """The file with other members besides those of assets."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if not name.startswith("assets/")}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in [*kept.items(), *members]:
            info = zipfile.ZipInfo(name)
            info.external_attr = (mode or 0) << 16 if name.startswith("assets/") else 0
            archive.writestr(info, content)
    return path


@pytest.fixture
def path(tmp_path, backend):
    place = tmp_path / "net.keras"
    model().save(place)
    return place


def test_files_stand_where_the_variables_of_their_layers_stand(path):
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("assets/")]
    assert sorted(names) == [
        "assets/layers/factor/notes/factor.txt",
        "assets/layers/pair/inner/notes/factor.txt",
        "assets/layers/pair/notes/factor.txt",
    ]


@pytest.mark.parametrize("way", ["file", "pickle", "deepcopy", "checkpoint"])
def test_models_keep_their_files(tmp_path, backend, way):
    net = model()
    if way == "checkpoint":
        checkpoint = callbacks.ModelCheckpoint(tmp_path / "best.keras")
        checkpoint.set_model(net)
        checkpoint.on_epoch_end(0, {})
        again = saving.load_model(tmp_path / "best.keras")
    elif way == "file":
        net.save(tmp_path / "net.keras")
        again = saving.load_model(tmp_path / "net.keras")
    else:
        again = copy.deepcopy(net) if way == "deepcopy" else pickle.loads(pickle.dumps(net))
    assert factors(again) == [3.0, 5.0, 7.0]
    np.testing.assert_allclose(again.predict(X, verbose=0), net.predict(X, verbose=0), rtol=1e-6)


def test_a_model_may_have_files_itself(tmp_path, backend):
    @saving.register_keras_serializable(package="test_assets")
    class Whole(Sequential):
        note = ""

        def save_assets(self, dir_path):
            Path(dir_path, "note.txt").write_text(self.note)

        def load_assets(self, dir_path):
            assert os.listdir(dir_path) == ["note.txt"]
            self.note = Path(dir_path, "note.txt").read_text()

    net = Whole([Input((3,)), Factor(name="own")])
    net.note = "mine"
    net.layers[0].factor = 2.0
    net.save(tmp_path / "whole.keras")
    again = saving.load_model(tmp_path / "whole.keras")
    assert (again.note, again.layers[0].factor) == ("mine", 2.0)


@pytest.mark.parametrize(
    "name", ["assets/../x", "assets//etc/x", "assets/./x", "assets/a\\b", "assets/c:d", "assets/\t"]
)
def test_names_that_lead_elsewhere_are_refused(path, name):
    with pytest.raises(UnsafeModelError, match="in its own folder"):
        saving.load_model(changed(path, [(name, "1")]))


def test_links_are_refused(path):
    hostile = changed(path, [("assets/layers/factor/notes/factor.txt", "/etc/passwd")], stat.S_IFLNK | 0o777)
    with pytest.raises(UnsafeModelError, match="in its own folder"):
        saving.load_model(hostile)


@pytest.mark.parametrize(
    "members",
    [
        [("assets/a", "1"), ("assets/a/b", "2")],
        [("assets/a", "1"), ("assets/A", "2")],
        [("assets/a/b/c", "1"), ("assets/a", "2")],
    ],
)
def test_names_that_are_in_the_way_of_each_other_are_refused(path, members):
    with pytest.raises(CorruptFileError):
        saving.load_model(changed(path, members))


def test_a_name_twice_is_refused(path):
    with pytest.warns(UserWarning, match="Duplicate"):
        hostile = changed(path, [("assets/a", "1"), ("assets/a", "2")])
    with pytest.raises(CorruptFileError, match="each once"):
        saving.load_model(hostile)


def test_files_that_would_fill_the_memory_are_refused(path):
    content = path.read_bytes()
    buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        block = bytes(100 << 20)
        for i in range(3):
            archive.writestr(f"assets/{i}", block)
    path.write_bytes(buffer.getvalue())
    with pytest.raises(UnsafeModelError, match=r"at most 66\.\d MiB of memory"):
        saving.load_model(path)


def test_a_link_written_by_a_layer_is_refused_and_the_old_file_stays(path, tmp_path):
    class Linking(Factor):
        def save_assets(self, dir_path):
            os.symlink("/etc", Path(dir_path, "etc"))

    before = path.read_bytes()
    net = Sequential([Input((3,)), Linking()])
    with pytest.raises(SerializationError, match="link"):
        net.save(path)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.keras"]


def test_what_a_layer_raises_leaves_the_old_file(path):
    class Failing(Factor):
        def save_assets(self, dir_path):
            raise OSError("no")

    before = path.read_bytes()
    with pytest.raises(OSError, match="no"):
        Sequential([Input((3,)), Failing()]).save(path)
    assert path.read_bytes() == before


def test_files_of_nobody_are_left_alone(path):
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("assets/layers/dense/other.txt", "1")
    assert factors(saving.load_model(path)) == [3.0, 5.0, 7.0]
